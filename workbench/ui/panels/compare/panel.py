"""The Compare panel: one prompt, two models, and which answer is better."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import Changed, Changes
from workbench.core.errors import KnownError
from workbench.core.generation import Done, Sampling, Token
from workbench.core.preferences import Choice, Prompt, Side, Split
from workbench.store import Project
from workbench.ui import operations
from workbench.ui.bridge import Latest
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.compare.column_card import ColumnCard
from workbench.ui.panels.compare.comparison import Column, Comparison
from workbench.ui.panels.compare.host import HostLink
from workbench.ui.panels.compare.nothing_yet import NothingYet, is_training
from workbench.ui.panels.compare.prompt_bar import PromptBar
from workbench.ui.panels.compare.standings import (
    Standings,
    StandingsCard,
    VotesCard,
    read_standings,
)
from workbench.ui.panels.compare.subjects import Subject, read_subjects
from workbench.ui.panels.compare.vote_bar import VoteBar
from workbench.ui.tokens import SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.recipe_form import RecipeForm
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button
from workbench.ui.wording import count as counted

_SUBJECT_WIDTH = 220


class ComparePanel(Panel):
    interests: ClassVar[Changed] = (
        Changed.RUNS | Changed.VOTES | Changed.DATASETS | Changed.PAIRS | Changed.VERDICTS
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Compare"),
            self.tr("The same prompt, side by side: a model before and after it was trained."),
        )
        self.setObjectName("compare")
        self._comparison: Comparison | None = None
        self._wanted_run_id = ""
        self._subjects_reading = Latest(session.bridge, self)
        self._prompts_reading = Latest(session.bridge, self)
        self._standings_reading = Latest(session.bridge, self)
        self._training_reading = Latest(session.bridge, self)
        self._host = HostLink(session.bridge, self)
        self._host.progressed.connect(self._show_progress)
        self._host.wrote.connect(self._take)
        self._host.finished.connect(self._show_vote_state)
        self._host.failed.connect(self._show_failure)
        self._build_header()
        self._build_body()

    def refresh(self, changes: Changes) -> None:
        project = self.session.project
        if changes.flags & Changed.RUNS:
            self._subjects_reading.run(lambda: read_subjects(project), self._show_subjects)
        if changes.flags & (Changed.DATASETS | Changed.PAIRS):
            self._prompts_reading.run(
                partial(_read_prompts, project, self._reviewer),
                lambda found: self._show_prompts(*found),
            )
        if changes.flags & (Changed.VOTES | Changed.PAIRS | Changed.RUNS):
            self._read_standings()
        if changes.flags & Changed.RUNS:
            self._training_reading.run(lambda: is_training(project), self._nothing.show_training)

    def show_item(self, **what: object) -> None:
        """Choose the run `run_id`."""
        self._wanted_run_id = str(what.get("run_id", ""))
        self._choose_wanted_run()

    def commands(self) -> list[Command]:
        return [Command(self.tr("Write answers"), self._write, "send")]

    def close_down(self) -> None:
        self._host.close()

    # Asking and showing.

    @Slot()
    def _write(self) -> None:
        subject, prompt = self._subject(), self._prompts.prompt
        sampling = self._sampling_form.result(Sampling)
        if subject is None or prompt is None or sampling is None:
            return
        self._comparison = Comparison(subject, prompt, sampling, blind=self._blind.isChecked())
        for card in self._cards.values():
            card.clear()
        self._show_names()
        try:
            self._host.write(subject, self._comparison.rows(), sampling)
        except KnownError as error:
            self._comparison = None
            self.session.show_error(error)
        self._show_vote_state()

    @Slot()
    def _write_as_typed(self) -> None:
        """From now on keys are votes: what was typed is asked."""
        self._write()
        if self._comparison is not None:
            self.setFocus()

    @Slot(object)
    def _take(self, reply: Token | Done) -> None:
        if self._comparison is None:
            return
        column = self._comparison.take(reply)
        card = self._cards[self._comparison.side(column)]
        if isinstance(reply, Token):
            card.append(reply.text)
        else:
            card.show_done(reply)
        self._show_vote_state()

    @Slot(str)
    def _show_progress(self, doing: str) -> None:
        waiting = self.tr("Waiting for the first words…") if self._host.is_busy else ""
        self._votes.say(f"{doing[:1].upper()}{doing[1:]}…" if doing else waiting)

    @Slot(str, bool)
    def _show_failure(self, message: str, is_known: bool) -> None:
        self._votes.say("")
        if self._comparison is not None and not self._comparison.is_complete:
            self._comparison = None  # answers that are whole need nobody who writes
        self._show_vote_state()
        self.session.show_error(KnownError(message) if is_known else RuntimeError(message))

    def _show_vote_state(self) -> None:
        comparison = self._comparison
        can_vote = comparison is not None and comparison.can_vote
        for widget in self._actions_shown:
            widget.setVisible(self._subjects.count() > 0)
        for card in self._cards.values():
            card.allow_vote(can_vote)
        self._votes.allow_vote(can_vote)
        self._votes.allow_next(comparison is not None and comparison.is_complete)
        self._write_button.setText(
            self.tr("Stop") if self._host.is_busy else self.tr("Write answers")
        )
        self._votes_card.offer_training_prompts(self._prompts.measures_only)
        can_ask = self._subject() is not None and self._prompts.prompt is not None
        self._write_button.setEnabled(can_ask)
        if comparison is None:
            return
        if comparison.voted is not None:
            self._votes.say(self.tr("Vote saved. N shows the next prompt."))
        elif can_vote:
            self._votes.say(self.tr("Which answer is better?"))
        elif any(answer.text for answer in comparison.answers.values()):
            self._votes.say(self.tr("Writing…"))

    def _show_names(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        subject = comparison.subject
        kind = self.tr("whole model") if subject.is_whole_model else self.tr("adapter")
        note = self.tr("step {0} · {1}").format(subject.step, kind) if subject.step else kind
        for column, name, extra in (
            (Column.BASE, self.tr("Base"), subject.model.name),
            (Column.TRAINED, subject.run_name, note),
        ):
            card = self._cards[comparison.side(column)]
            if comparison.names_are_shown:
                card.name_writer(name, extra)
            else:
                card.name_writer("", "")

    # Voting.

    @Slot(Side)
    def _prefer(self, side: Side) -> None:
        self._vote(lambda one: one.vote_for_side(self.session.project, self._reviewer, side))

    @Slot(Choice)
    def _choose(self, choice: Choice) -> None:
        self._vote(lambda one: one.vote(self.session.project, self._reviewer, choice))

    def _vote(self, vote: Callable[[Comparison], Changes]) -> None:
        comparison = self._comparison
        if comparison is None or not comparison.can_vote:
            return
        if not self.session.change(lambda: vote(comparison)):
            return
        winners = {Choice.FIRST: Column.BASE, Choice.SECOND: Column.TRAINED}
        if comparison.voted in winners:
            side = comparison.side(winners[comparison.voted])
            self._cards[side].show_outcome(preferred=True)
        self._show_names()
        self._show_vote_state()

    @Slot()
    def _next(self) -> None:
        self._prompts.step(1)
        self._write()

    @Slot()
    def _prompt_changed(self) -> None:
        """Answers to another prompt are no longer what is in view."""
        self._host.cancel()
        self._comparison = None
        for card in self._cards.values():
            card.clear()
        self._votes.say("")
        self._show_vote_state()

    @Slot()
    def _write_or_stop(self) -> None:
        if not self._host.is_busy:
            self._write()
            return
        self._prompt_changed()

    @Slot()
    def _make_pairs(self) -> None:
        project = self.session.project
        count = project.votes.convertible()
        if not count:
            return  # the button was pressed twice
        if self.session.change(lambda: operations.make_pairs_of_votes(project)):
            made = counted(count, self.tr("labelled pair"), self.tr("labelled pairs"))
            self.session.window.show_notice(
                self.tr("{0} more to learn from in the next run.").format(made),
                action=self.tr("Set up a run"),
                on_action=lambda: self.session.navigate("train"),
            )

    @property
    def _reviewer(self) -> str:
        return self.session.settings.annotator

    # What can be chosen.

    def _subject(self) -> Subject | None:
        chosen = self._subjects.currentData()
        return chosen if isinstance(chosen, Subject) else None

    def _show_subjects(self, subjects: list[Subject]) -> None:
        before = self._subject()
        self._subjects.clear()
        for subject in subjects:
            text = subject.run_name
            if subject.step is not None:
                text = self.tr("{0} · step {1}").format(subject.run_name, subject.step)
            self._subjects.addItem(text, subject)
        if before in subjects:
            self._subjects.setCurrentIndex(subjects.index(before))
        self._choose_wanted_run()
        if self._subject() != before:
            self._subject_changed()
        self._pages.setCurrentIndex(1 if subjects else 0)
        self._show_vote_state()

    def _show_prompts(
        self, by_split: Mapping[Split, Sequence[Prompt]], reviewed: Collection[str] = ()
    ) -> None:
        self._prompts.show_prompts(by_split, reviewed)
        self._show_vote_state()

    def _choose_wanted_run(self) -> None:
        for place in range(self._subjects.count()):
            subject = self._subjects.itemData(place)
            if subject.run_id == self._wanted_run_id:
                self._subjects.setCurrentIndex(place)
                self._wanted_run_id = ""
                self._subject_changed()
                return

    @Slot()
    def _subject_changed(self) -> None:
        if self._comparison is not None and self._comparison.subject != self._subject():
            self._prompt_changed()
        self._read_standings()

    def _read_standings(self) -> None:
        project, subject = self.session.project, self._subject()
        run_id = subject.run_id if subject else None
        name = subject.run_name if subject else self.tr("No run")
        self._standings_reading.run(
            lambda: read_standings(project, run_id), partial(self._show_standings, name)
        )

    def _show_standings(self, name: str, standings: Standings) -> None:
        self._standings.show_standings(name, standings.rate)
        self._votes_card.show_convertible(standings.convertible)

    # Building.

    def _build_header(self) -> None:
        self._subjects = CalmComboBox()
        self._subjects.setObjectName("compare.subject")
        self._subjects.setAccessibleName(self.tr("Which trained model"))
        self._subjects.setMinimumWidth(_SUBJECT_WIDTH)
        self._subjects.setMaximumWidth(2 * _SUBJECT_WIDTH)
        self._subjects.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._subjects.activated.connect(self._subject_changed)
        self._blind = QCheckBox(self.tr("Blind"))
        self._blind.setObjectName("compare.blind")
        self._blind.setChecked(True)
        self._blind.setToolTip(self.tr("Hides which model wrote which until you voted"))
        self._sampling_button = button(self.tr("Sampling"), kind="quiet")
        self._sampling_button.setCheckable(True)
        self._sampling_button.setObjectName("compare.sampling")
        self._write_button = button(self.tr("Write answers"), self._write_or_stop, kind="primary")
        self._write_button.setObjectName("compare.write")
        # “Stop” is shorter: what stands beside it keeps its place.
        self._write_button.ensurePolished()
        self._write_button.setMinimumWidth(self._write_button.sizeHint().width())
        self._actions_shown = (
            self._subjects, self._blind, self._sampling_button, self._write_button,
        )  # fmt: skip
        for widget in self._actions_shown:
            self.add_action(widget)

    def _build_body(self) -> None:
        """From the outside in: what is put into another widget is styled with all it holds."""
        self._nothing = NothingYet(self.session)
        self._pages = QStackedWidget()
        self.body.addWidget(self._pages, 1)
        self._pages.addWidget(self._nothing)
        work = QWidget()
        self._pages.addWidget(work)
        column = QVBoxLayout(work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_16)
        self._prompts = PromptBar()
        column.addWidget(self._prompts)
        self._prompts.wanted.connect(self._write_as_typed)
        self._prompts.changed.connect(self._prompt_changed)
        self._prompts.edited.connect(self._show_vote_state)
        sampling_card = Card()
        sampling_card.hide()
        column.addWidget(sampling_card)
        self._sampling_form = RecipeForm(
            [Sampling], object_name="compare.sampling", most_columns=4, parent=sampling_card
        )
        sampling_card.body.addWidget(self._sampling_form)
        self._sampling_button.toggled.connect(sampling_card.setVisible)
        self._cards = {
            Side.LEFT: ColumnCard(Side.LEFT, "←"),
            Side.RIGHT: ColumnCard(Side.RIGHT, "→"),
        }
        columns = QHBoxLayout()
        columns.setSpacing(SPACE_16)
        column.addLayout(columns, 1)
        for card in self._cards.values():
            card.preferred.connect(self._prefer)
            columns.addWidget(card, 1)
        self._votes = VoteBar(keys_of=self)
        column.addWidget(self._votes)
        self._votes.side_preferred.connect(self._prefer)
        self._votes.choice_given.connect(self._choose)
        self._votes.next_wanted.connect(self._next)
        self._standings = StandingsCard()
        self._votes_card = VotesCard()
        self._votes_card.pairs_wanted.connect(self._make_pairs)
        self._votes_card.training_prompts_wanted.connect(self._prompts.show_training_prompts)
        below = QHBoxLayout()
        below.setSpacing(SPACE_16)
        column.addLayout(below)
        below.addWidget(self._standings, 3)
        below.addWidget(self._votes_card, 2)
        self._show_vote_state()


def _read_prompts(
    project: Project, reviewer: str
) -> tuple[Mapping[Split, Sequence[Prompt]], Collection[str]]:
    by_split = {split: project.datasets.prompts(split) for split in Split}
    return by_split, project.votes.reviewed_prompts(reviewer)
