"""Editing an answer of the pair in view: opening, keeping drafts, saving."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from workbench.core.changes import NO_CHANGES, Changes
from workbench.core.errors import KnownError
from workbench.core.labelling import Picked
from workbench.core.preferences import Response
from workbench.store.edited_answers import Edit
from workbench.ui import label_operations
from workbench.ui.context import Session
from workbench.ui.panels.label.answers import prompt_text
from workbench.ui.panels.label.edit_page import EditPage
from workbench.ui.panels.label.keyboard import Keyboard, Mode
from workbench.ui.panels.label.queue import LabelQueue


class Editing(QObject):
    """`ended` follows when the edit was saved, left or given up; `saved` only after the first."""

    ended = Signal()
    saved = Signal()

    def __init__(
        self,
        session: Session,
        queue: Callable[[], LabelQueue],
        keyboard: Keyboard,
        pages: QStackedWidget,
    ) -> None:
        super().__init__()
        self.page = EditPage()
        self._session = session
        self._queue = queue
        self._keyboard = keyboard
        self._pages = pages
        self._picked: Picked | None = None
        self._writing = threading.Lock()
        self._draft_number = 0  # an older draft that comes to be written later is none any more
        self._kept_number = 0
        self.page.save_asked.connect(self._save)
        self.page.left.connect(self.leave)
        self.page.discarded.connect(self._discard)
        self.page.draft_changed.connect(self._keep)

    @property
    def is_open(self) -> bool:
        return self._picked is not None

    def begin(self, response: Response) -> None:
        """Open the page on an answer of the pair in view, with its draft if there is one."""
        queue = self._queue()
        self._picked = queue.in_view().picked
        self._kept_number = self._draft_number
        self._keyboard.enter(Mode.EDITING)
        draft = self._session.project.edited_answers.draft(
            queue.annotator, self._picked.pair.id, response.id
        )
        self._pages.setCurrentWidget(self.page)
        self.page.begin(prompt_text(self._picked.pair), response, draft)

    def keep_now(self) -> None:
        """Write down what was typed and is in no draft yet, before the page goes away."""
        is_on_its_way = self._kept_number != self._draft_number
        if self.is_open and (self.page.has_unkept_changes or is_on_its_way):
            self.page.stop_timers()
            self._session.change(self._draft_operation())

    def leave(self) -> None:
        """Go back to the pair, if something is being edited; its draft is kept."""
        if self.is_open:
            self.keep_now()
            self._end()

    def _keep(self) -> None:
        if self.is_open:
            self._session.change_later(self._draft_operation(), owner=self)

    def _draft_operation(self) -> Callable[[], Changes]:
        pair_id, response_id = self._place()
        keep = partial(
            label_operations.keep_draft,
            self._session.project, self._queue().annotator, pair_id, response_id, self.page.text,
        )  # fmt: skip
        self._draft_number += 1
        number = self._draft_number

        def keep_unless_old() -> Changes:
            with self._writing:
                if number != self._draft_number:
                    return NO_CHANGES
                changes = keep()
                self._kept_number = number
                return changes

        return keep_unless_old

    def _forget_drafts(self) -> None:
        """None that is still to be written is written after this."""
        self._draft_number += 1
        with self._writing:  # nor while what follows is written
            pass

    def _save(self) -> None:
        if self._picked is None or self.page.response is None:
            return
        queue = self._queue()
        edit = Edit(
            pair=self._picked.pair,
            original=self.page.response,
            text=self.page.text,
            annotator=queue.annotator,
            elapsed_s=queue.stopwatch.elapsed_s,
        )
        try:
            self._forget_drafts()
            changes = label_operations.save_edit(self._session.project, edit)
        except KnownError as error:
            self.page.problem.setText(str(error))
            self._keep()
            return
        self._end()
        self._session.apply(changes)
        self.saved.emit()

    def _discard(self) -> None:
        pair_id, response_id = self._place()
        annotator = self._queue().annotator
        project = self._session.project
        self.page.stop_timers()
        self._forget_drafts()
        self._session.change(
            lambda: label_operations.drop_draft(project, annotator, pair_id, response_id)
        )
        self._end()

    def _place(self) -> tuple[str, str]:
        if self._picked is None or self.page.response is None:
            raise RuntimeError("nothing is being edited")
        return self._picked.pair.id, self.page.response.id

    def _end(self) -> None:
        self.page.stop_timers()
        self._picked = None
        self._keyboard.enter(Mode.VERDICTS)
        self.ended.emit()
