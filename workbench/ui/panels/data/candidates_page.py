"""Generating candidates: which prompts, who writes, and how it goes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit

from workbench.core.changes import Changed, Changes
from workbench.core.preferences import Prompt
from workbench.runner.candidates import (
    CandidateOrder,
    CandidateProgress,
    CandidateReport,
    write_candidates,
)
from workbench.runner.generation_client import HOST_MODULE
from workbench.store.dataset_prompts import prompts_of
from workbench.store.rows import Dataset
from workbench.ui.context import Session
from workbench.ui.panels.data.browser import Place
from workbench.ui.panels.data.number_field import WholeField
from workbench.ui.panels.data.progress_row import ProgressRow
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.panels.data.writer_rows import WriterChoice, WriterRows, read_choices
from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_MOST_PROMPTS = 100_000
_NAME_WIDTH = 280
_PROMPTS_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class _Material:
    datasets: list[Dataset]
    choices: list[WriterChoice]


class CandidatesPage(ToolPage):
    """Goes on in the background while other panels are looked at."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.set_heading(
            self.tr("Generate candidates"),
            self.tr("Several answers to each prompt, paired for you to label."),
        )
        self.host_module = HOST_MODULE
        self._session = session
        self._stop = threading.Event()
        self._is_busy = False
        self._datasets: list[Dataset] = []
        self._wanted = ""
        self.prompts = CalmComboBox()
        self.prompts.setAccessibleName(self.tr("Prompts from"))
        self.prompts.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.prompts.setMinimumContentsLength(_PROMPTS_CHARACTERS)
        self.prompts.activated.connect(self._on_dataset)
        self.first = WholeField(self.tr("How many prompts"), 0, 0, _MOST_PROMPTS)
        self.first.setSpecialValueText(self.tr("all of them"))
        self.first.setPrefix(self.tr("first "))
        self.first.valueChanged.connect(self._show_plan)
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the queue"))
        self.name.setMaximumWidth(_NAME_WIDTH)
        self.writers = WriterRows()
        self.writers.changed.connect(self._show_plan)
        self._plan = label("", "secondary", wrap=True)
        self._plan.setObjectName("data.candidates.plan")
        self._go = button(self.tr("Generate"), self.start, kind="primary", icon="play")
        self._go.setObjectName("data.candidates.go")
        self.progress = ProgressRow(self.tr("Answers written"))
        self.progress.cancelled.connect(self._cancel)
        self.setFocusProxy(self.prompts)
        self._lay_out()

    def offer(self, place: Place) -> None:
        """Ask for candidates to the prompts of these rows."""
        self._wanted = next(iter(place.dataset_ids), "")
        project = self._session.project
        self._session.bridge.run(
            lambda: _Material(project.datasets.all(), read_choices(project)),
            self._show_material,
            self._session.show_error,
            owner=self,
        )

    def start(self) -> None:
        """Begin to write; the pairs land in a new data set as they are complete."""
        if self._is_busy or not self._datasets:
            return
        self._is_busy = True
        self._stop = threading.Event()
        self._go.setEnabled(False)
        self.progress.begin(self.tr("Starting…"))
        project, dataset = self._session.project, self._datasets[self.prompts.currentIndex()]
        name, writers = self.name.text().strip() or self.tr("Candidates"), self.writers.writers
        limit = self.first.value() or -1
        tell = self._session.bridge.forward(self._tell, owner=self)
        stop, host_module = self._stop, self.host_module

        def work() -> CandidateReport:
            prompts: list[Prompt] = prompts_of(project.database, dataset, limit)
            order = CandidateOrder(name, prompts, writers)
            return write_candidates(project, order, tell, stop.is_set, host_module=host_module)

        self._session.bridge.run(work, self._on_done, self._on_error, owner=self)

    def close_down(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        self._stop.set()

    def _show_material(self, material: _Material) -> None:
        self._datasets = material.datasets
        chosen = self._wanted or self.prompts.currentData()
        self.prompts.clear()
        for dataset in material.datasets:
            rows = count(dataset.row_count, self.tr("row"), self.tr("rows"))
            self.prompts.addItem(f"{dataset.name} · {rows}", dataset.id)
        self.prompts.setCurrentIndex(max(0, self.prompts.findData(chosen)))
        self.writers.show_choices(material.choices)
        self._on_dataset()

    def _on_dataset(self) -> None:
        if self._datasets:
            dataset = self._datasets[self.prompts.currentIndex()]
            self.name.setText(self.tr("Candidates for {0}").format(dataset.name))
        self._show_plan()

    def _show_plan(self) -> None:
        answers = sum(writer.answers for writer in self.writers.writers)
        problem = ""
        if not self._datasets:
            problem = self.tr("There are no prompts yet: import some, or add one by hand.")
        elif not self.writers.writers:
            problem = self.tr("There is no model yet: get one in Models first.")
        elif answers < 2:
            problem = self.tr("A pair needs two answers: ask for two, or add a writer.")
        self._go.setEnabled(not problem and not self._is_busy)
        if problem:
            self._plan.setText(problem)
            return
        rows = self._datasets[self.prompts.currentIndex()].row_count
        prompts = min(self.first.value() or rows, rows)
        self._plan.setText(
            self.tr("{0} answers to each of up to {1}: {2:,} in all.").format(
                answers, count(prompts, self.tr("prompt"), self.tr("prompts")), answers * prompts
            )
        )

    def _tell(self, progress: CandidateProgress) -> None:
        if not self._is_busy or self._stop.is_set():
            return
        answers = self.tr("{0:,} of {1:,} answers").format(progress.answers, progress.total)
        pairs = count(progress.pairs, self.tr("pair"), self.tr("pairs"))
        words = f"{progress.doing} · {answers} · {pairs}"
        share = progress.answers / progress.total if progress.answers else None
        self.progress.tell(words, share, progress.remaining_s)

    def _on_done(self, report: CandidateReport) -> None:
        self._end()
        self._session.apply(Changes(Changed.DATASETS | Changed.PAIRS))
        pairs = count(report.pairs, self.tr("pair"), self.tr("pairs"))
        words = self.tr("{0} wait in Label.").format(pairs)
        if not report.pairs:
            words = self.tr("No pair was made: the answers to each prompt are the same.")
        elif report.without_pair:
            words += " " + self.tr("{0} had no two different answers.").format(
                count(report.without_pair, self.tr("prompt"), self.tr("prompts"))
            )
        if report.is_cancelled and not report.pairs:
            words = self.tr("Stopped before the first pair was complete.")
        if report.problem:
            words = f"{words} {report.problem}"
        go = partial(self._session.navigate, "label")
        if report.pairs:
            self._session.window.show_notice(words, action=self.tr("Label them"), on_action=go)
        else:
            self._session.window.show_notice(words)

    def _on_error(self, error: BaseException) -> None:
        self._end()
        self._session.show_error(error)

    def _end(self) -> None:
        self._is_busy = False
        self.progress.end()
        self._show_plan()
        if self.isVisible():
            self._go.setFocus()

    def _lay_out(self) -> None:
        asked = QHBoxLayout()
        asked.setSpacing(SPACE_8)
        asked.addWidget(label(self.tr("Answer the prompts of"), "secondary"))
        asked.addWidget(self.prompts)
        asked.addWidget(self.first)
        asked.addSpacing(SPACE_12)
        asked.addWidget(label(self.tr("into the queue"), "secondary"))
        asked.addWidget(self.name, 1)
        prompts = Card(self.tr("Prompts"))
        prompts.body.addLayout(asked)
        writers = Card(self.tr("Who answers"), self.tr("model names are hidden in Label"))
        writers.body.addWidget(self.writers)
        row = QHBoxLayout()
        row.addWidget(self.writers.more)
        row.addStretch(1)
        writers.body.addLayout(row)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE_12)
        bottom.addWidget(self._go)
        bottom.addWidget(self._plan, 1)
        self.body.addWidget(prompts)
        self.body.addWidget(writers)
        self.body.addLayout(bottom)
        self.body.addWidget(self.progress)
        self.body.addStretch(1)
