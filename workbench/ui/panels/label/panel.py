"""The Label panel: one pair, one key, the next pair."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.changes import Changed, Changes
from workbench.core.labelling import PickedBy
from workbench.core.preferences import Choice, Side
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.panel import Panel
from workbench.ui.panels.label.actions import VERDICTS, Action, Given, KeyMap
from workbench.ui.panels.label.answers import AnswersView
from workbench.ui.panels.label.attention import Attention
from workbench.ui.panels.label.details_drawer import DetailsDrawer
from workbench.ui.panels.label.editing import Editing
from workbench.ui.panels.label.header import Header, PeopleMenu, QueueMenu
from workbench.ui.panels.label.keyboard import Keyboard
from workbench.ui.panels.label.modes import Modes
from workbench.ui.panels.label.notice_line import NoticeLine
from workbench.ui.panels.label.pages import NothingToDecide
from workbench.ui.panels.label.queue import LabelQueue, ShownPair
from workbench.ui.panels.label.reader import Reader
from workbench.ui.panels.label.requests import Requests
from workbench.ui.panels.label.scoring import Scoring
from workbench.ui.panels.label.stopwatch import Stopwatch
from workbench.ui.panels.label.verdict_bar import VerdictBar
from workbench.ui.panels.label.word_choice import WordChoice
from workbench.ui.tokens import SPACE_12, SPACE_16

_SCROLL_PART = 0.85


class LabelPanel(Panel):
    interests: ClassVar[Changed] = (
        Changed.PAIRS | Changed.VERDICTS | Changed.DATASETS | Changed.RUNS
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Label"),
            self.tr("Which answer is better? Sides are shuffled, models hidden."),
        )
        self.setObjectName("label")
        self._stopwatch = Stopwatch()
        self._attention = Attention(self, self._stopwatch)
        self._queue = LabelQueue(session.project, session.settings.annotator, self._stopwatch)
        self._keymap = KeyMap(session.settings.label_keys)
        self._deciding = False
        self._queue_menu = QueueMenu(self)
        self._people_menu = PeopleMenu(self)
        self._header = Header(self._queue_menu, self._people_menu)
        for widget in self._header.widgets:
            self.add_action(widget)
        self._notice = NoticeLine()
        self._answers = AnswersView()
        self._verdicts = VerdictBar(self._keymap)
        self._drawer = DetailsDrawer(self._keymap)
        self._drawer.hide()
        self._keyboard = Keyboard(self, self._keymap)
        self._reader = Reader(session, lambda: self._queue)
        words = WordChoice((self._answers.left, self._answers.right))
        self._modes = Modes(lambda: self._queue, self._keyboard, self._verdicts.ask, words)
        self._requests = Requests(self, session, lambda: self._queue)
        self._scoring = Scoring(session, lambda: self._queue)
        self._pages = QStackedWidget()
        self._editing = Editing(session, lambda: self._queue, self._keyboard, self._pages)
        self._work = self._work_page()
        self._nothing = NothingToDecide(session, self._queue_menu.disagreements_wanted.emit)
        self._blank = QWidget()
        for page in (self._blank, self._work, *self._nothing.pages, self._editing.page):
            self._pages.addWidget(page)
        self.body.addWidget(self._pages, 1)
        self._connect()

    # What the window asks.

    def refresh(self, changes: Changes) -> None:
        self._scoring.look_for_newer(changes)
        if changes.flags == Changed.RUNS:
            return  # a run at work says so every moment
        # Its own verdicts are in the queue already: reading it again would only cost time.
        if not self._deciding:
            if changes.flags & (Changed.PAIRS | Changed.DATASETS):
                self._queue.forget_waiting()
                self._queue.read_current_again()
                self._reader.read_ahead()
            self._reader.read_standing()
        self._show()

    def show_item(self, **what: object) -> None:
        """`pair_ids` shows exactly these pairs, decided or not; `why` says so above them.

        With `settle` the verdicts given on them settle disagreements. `score_run_id` lets the
        model of a run score the pairs that wait.
        """
        if isinstance(run_id := what.get("score_run_id"), str):
            self._scoring.start(run_id)
        pair_ids = what.get("pair_ids")
        if isinstance(pair_ids, Sequence) and not isinstance(pair_ids, str):
            picked_by = PickedBy.ADJUDICATION if what.get("settle") else PickedBy.ASKED
            self._show_only([str(item) for item in pair_ids], str(what.get("why", "")), picked_by)

    def commands(self) -> list[Command]:
        menu = self._queue_menu
        return [
            Command(self.tr("Undo the last verdict"), self._undo, "undo", "Ctrl+Z"),
            Command(self.tr("Redo the verdict"), self._redo, "next", "Ctrl+Shift+Z"),
            Command(self.tr("Change the label keys"), menu.keys_wanted.emit, "settings"),
            Command(self.tr("How pairs are picked"), menu.settings_wanted.emit, "settings"),
            Command(self.tr("Score the waiting pairs with a model"), self._scoring.choose, "next"),
            Command(self.tr("Make this pair a gold item"), menu.gold_wanted.emit, "check"),
            Command(self.tr("Look at the gold items"), menu.gold_items_wanted.emit, "check"),
            Command(self.tr("Settle disagreements"), menu.disagreements_wanted.emit, "label"),
            Command(self.tr("Label as somebody else"), self._people_menu.new_wanted.emit, "add"),
            Command(self.tr("Merge another copy of this project"), self._requests.merge, "import"),
        ]

    def close_down(self) -> None:
        self._editing.keep_now()
        self._scoring.stop()
        self._reader.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus()
        self._attention.look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._editing.keep_now()
        self._attention.look()

    # Verdicts and the way back.

    def _act(self, action: Action) -> None:
        if action in VERDICTS:
            self._decide(VERDICTS[action])
        elif action in self._others:
            self._others[action]()

    def _decide(self, given: Given) -> None:
        queue = self._queue
        if queue.current is None:
            return
        if given.choice is Choice.SKIP and queue.is_settling:
            self._pass_over()
            return
        side, strength, choice = given.side, given.strength, given.choice
        if side is not None and strength is not None:
            saved = self._change(lambda: queue.decide_side(side, strength))
        else:
            assert choice is not None
            saved = self._change(lambda: queue.decide(choice))
        if saved:
            said = self.tr("Saved {clock}").format(clock=time.strftime("%H:%M:%S"))
            self._verdicts.saved.show_text(said)

    def _pass_over(self) -> None:
        self._end_what_is_under_way()
        self._queue.pass_over()
        self._show()
        self._get_ahead()
        self._verdicts.saved.show_text(self.tr("Left for later"))

    def _undo(self) -> None:
        before = self._queue.current
        if self._change(self._queue.undo):
            nothing = self._queue.current is before
            said = self.tr("Nothing to undo") if nothing else self.tr("Taken back")
            self._verdicts.saved.show_text(said)

    def _redo(self) -> None:
        before = self._queue.given
        if self._change(self._queue.redo):
            nothing = self._queue.given == before
            said = self.tr("Nothing to redo") if nothing else self.tr("Given again")
            self._verdicts.saved.show_text(said)

    def _change(self, operation: Callable[[], Changes]) -> bool:
        self._end_what_is_under_way()
        self._deciding = True
        try:
            return self.session.change(operation)
        finally:
            self._deciding = False
            self._answers.paint_now()
            # Only now: the next pair never waits for this.
            QTimer.singleShot(0, self, self._get_ahead)

    def _end_what_is_under_way(self) -> None:
        """An edit or a question is about the pair in view, which is about to change."""
        self._editing.leave()
        self._modes.end()

    def _get_ahead(self) -> None:
        self._prepare_next()
        if self._queue.needs_more:
            self._reader.read_ahead()
        if self._queue.current is None:
            self._reader.read_standing()  # the last verdicts may disagree with somebody's

    def _show_arrived(self, before: ShownPair | None) -> None:
        settings = self._queue.settings
        self._drawer.set_choices(settings.aspects, settings.tags)
        if before is None or self._queue.current is not before:
            self._show()
        self._header.show_queue(self._queue)
        QTimer.singleShot(0, self, self._prepare_next)

    def _prepare_next(self) -> None:
        following = self._queue.next_pair
        if following is not None:
            self._answers.prepare(following.pair)

    def _show_counted(self) -> None:
        self._queue_menu.show_queue(self._queue)
        if self._queue.current is not None:  # else it would be the place of what is still to come
            self._answers.show_place(*self._queue.place)
        self._show_around()

    # Showing.

    def _show(self) -> None:
        queue = self._queue
        self._keyboard.set_can_decide(queue.current is not None)
        self._verdicts.set_can_decide(queue.current is not None)
        if queue.current is not None:
            if self._answers.shown is not queue.current:  # else its marks and its place stay
                self._answers.show_pair(queue.current, *queue.place)
                if queue.pending.spans:  # of a verdict that was taken back
                    self._answers.show_marks(queue.pending.spans)
            self._drawer.show_pending(queue.pending)
            self._verdicts.show_attached(self._queue.pending)
            if not self._editing.is_open:
                self._pages.setCurrentWidget(self._work)
        elif queue.is_list and queue.is_loaded and queue.left_in_list == 0:
            self._back_to_queue()
        self._show_around()

    def _show_around(self) -> None:
        """The header, the line above, and the page for when there is nothing to decide."""
        queue = self._queue
        self._header.show_queue(queue)
        self._notice.show_state(queue)
        if queue.current is not None or not queue.is_known or self._reader.is_reading:
            return
        self._pages.setCurrentWidget(self._nothing.page_for(queue))

    def _pending_changed(self) -> None:
        self._drawer.show_pending(self._queue.pending)
        self._answers.show_marks(self._queue.pending.spans)
        self._verdicts.show_attached(self._queue.pending)

    # The other keys.

    def _mark(self, *, is_good: bool) -> None:
        if (span := self._answers.selected(is_good=is_good)) is None:
            self._modes.ask_words(are_good=is_good)
        else:
            self._queue.pending.add_span(span)
            self._pending_changed()

    def _toggle_difference(self) -> None:
        self._answers.shows_difference = not self._answers.shows_difference
        self._answers.show_marks(self._queue.pending.spans)

    def _toggle_scrolling(self) -> None:
        self._answers.scrolls_together = not self._answers.scrolls_together
        together, apart = self.tr("Scrolling together"), self.tr("Scrolling apart")
        self._verdicts.saved.show_text(together if self._answers.scrolls_together else apart)

    def _toggle_drawer(self) -> None:
        self._drawer.setVisible(not self._drawer.isVisible())

    def _write_into(self, field: QWidget) -> None:
        if self._queue.current is not None:
            self._drawer.write_into(field)

    def _edit(self, side: Side) -> None:
        shown = self._queue.in_view()
        self._editing.begin(shown.left if side is Side.LEFT else shown.right)

    def _edited(self) -> None:
        """Back on the pair; the edit is saved, or its draft is kept."""
        self._pages.setCurrentWidget(self._work)
        self.setFocus()

    # Lists, people, keys.

    def _show_only(
        self, pair_ids: list[str], why: str, picked_by: PickedBy = PickedBy.ASKED
    ) -> None:
        self._end_what_is_under_way()
        self._queue.show_only(pair_ids, why, picked_by)
        self._pages.setCurrentWidget(self._blank)
        self._reader.read_ahead()
        self._show()

    def _back_to_queue(self) -> None:
        self._end_what_is_under_way()
        self._queue.show_all()
        self._pages.setCurrentWidget(self._blank)
        self._reader.read_ahead()
        self._reader.read_standing()
        self._show_around()

    def _label_as(self, name: str) -> None:
        if name == self._queue.annotator:
            return
        self._end_what_is_under_way()
        self.session.project.queue.release(self._queue.annotator)
        self.session.settings.annotator = name
        self.session.settings.save()
        self._queue = LabelQueue(self.session.project, name, self._stopwatch)
        self._verdicts.saved.show_text("")  # what was saved was somebody else's
        self._back_to_queue()
        self.session.apply(Changes(Changed.ANNOTATOR))

    def _use_keys(self, keymap: KeyMap) -> None:
        self._keymap = keymap
        self.session.settings.label_keys = keymap.changed()
        self.session.settings.save()
        for use in (self._keyboard.use, self._verdicts.show_keys, self._drawer.show_keys):
            use(keymap)

    # Putting it together.

    def _work_page(self) -> QWidget:
        page = QWidget()
        middle = QHBoxLayout()
        middle.setSpacing(SPACE_16)
        middle.addWidget(self._answers, 1)
        middle.addWidget(self._drawer)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_12)
        column.addWidget(self._notice)
        column.addWidget(self._scoring.newer)
        column.addWidget(self._scoring)
        column.addLayout(middle, 1)
        column.addWidget(self._verdicts)
        return page

    def _connect(self) -> None:
        self._others: dict[Action, Callable[[], object]] = {
            Action.UNDO: self._undo,
            Action.REDO: self._redo,
            Action.FLAG: lambda: self._write_into(self._drawer.flag_field),
            Action.NOTE: lambda: self._write_into(self._drawer.note_field),
            Action.EDIT: self._modes.ask_edit_side,
            Action.DIFFERENCE: self._toggle_difference,
            Action.ASPECTS: self._modes.ask_aspects,
            Action.TAGS: self._modes.ask_tags,
            Action.GOOD_SPAN: lambda: self._mark(is_good=True),
            Action.BAD_SPAN: lambda: self._mark(is_good=False),
            Action.DETAILS: self._toggle_drawer,
            Action.AS_WRITTEN: self._answers.toggle_as_written,
            Action.SCROLL_TOGETHER: self._toggle_scrolling,
            Action.SCROLL_DOWN: lambda: self._answers.scroll_pages(_SCROLL_PART),
            Action.SCROLL_UP: lambda: self._answers.scroll_pages(-_SCROLL_PART),
        }
        self._reader.arrived.connect(self._show_arrived)
        self._reader.counted.connect(self._show_counted)
        self._verdicts.chosen.connect(self._act)
        self._keyboard.pressed.connect(self._act)
        self._modes.changed.connect(self._pending_changed)
        self._modes.edit_chosen.connect(self._edit)
        self._modes.words_chosen.connect(lambda are_good: self._mark(is_good=are_good))
        self._drawer.changed.connect(self._pending_changed)
        self._drawer.left.connect(self.setFocus)
        self._editing.ended.connect(self._edited)
        edit_saved = self.tr("Edit saved as a pair; these two wait")
        self._editing.saved.connect(lambda: self._verdicts.saved.show_text(edit_saved))
        self._notice.back_asked.connect(self._back_to_queue)
        menu = self._queue_menu
        menu.aboutToShow.connect(self._reader.read_standing)  # verdicts make and settle disputes
        menu.all_wanted.connect(self._back_to_queue)
        menu.disagreements_wanted.connect(lambda: self._requests.settle(self._show_only))
        menu.flagged_wanted.connect(lambda: self._requests.look_at_flagged(self._show_only))
        menu.judge_wanted.connect(self._scoring.choose)
        menu.keys_wanted.connect(lambda: self._requests.keys(self._keymap, self._use_keys))
        self._requests.answer(menu, self._people_menu)
        self._people_menu.chosen.connect(self._label_as)
        self._people_menu.new_wanted.connect(lambda: self._requests.new_annotator(self._label_as))
