"""What can be said of a pair beside the verdict: aspects, reasons, a note, a flag, marked words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.preferences import Side
from workbench.ui.panels.label.actions import Action, KeyMap
from workbench.ui.panels.label.pending import Pending
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import icon_button, label, plain_area

_WIDTH = 264
_NOTE_HEIGHT = 72
_ANSWER_WIDTH = 34
_TAG_COLUMNS = 2


class _Note(QPlainTextEdit):
    """Ends with Esc or Ctrl+Enter; Tab leads on, as in a form."""

    done = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape or (
            is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.done.emit()
        else:
            super().keyPressEvent(event)


class _Reason(QLineEdit):
    """Ends with Esc or Enter."""

    done = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.done.emit()
        else:
            super().keyPressEvent(event)


class DetailsDrawer(Card):
    """Writes into the `Pending` it shows and emits `changed`; `left` gives the keys back."""

    changed = Signal()
    left = Signal()

    def __init__(self, keymap: KeyMap) -> None:
        super().__init__(self.tr("Details"))
        self._keymap = keymap
        self.setObjectName("label.details")
        self.setFixedWidth(_WIDTH)
        self._pending = Pending()
        self._shown_marks: tuple[object, ...] = ()
        self._aspects: tuple[str, ...] = ()
        self._tags: tuple[str, ...] = ()
        self._aspect_groups: dict[str, QButtonGroup] = {}
        self._tag_buttons: dict[str, QPushButton] = {}
        self._aspect_rows = QGridLayout()
        self._aspect_rows.setHorizontalSpacing(SPACE_4)
        self._aspect_rows.setVerticalSpacing(SPACE_4)
        self._tag_rows = QGridLayout()
        self._tag_rows.setSpacing(SPACE_4)
        self._area = QScrollArea()
        self._marks = QVBoxLayout()
        self._marks.setSpacing(0)
        self.note_field = _Note()
        self.note_field.setObjectName("label.note")
        self.note_field.setAccessibleName(self.tr("Note"))
        self.note_field.setPlaceholderText(self.tr("Anything worth knowing later"))
        self.note_field.setFixedHeight(_NOTE_HEIGHT)
        self.note_field.setTabChangesFocus(True)
        self.note_field.textChanged.connect(self._note_changed)
        self.note_field.done.connect(self.left)
        self.flag_field = _Reason()
        self.flag_field.setObjectName("label.flag")
        self.flag_field.setAccessibleName(self.tr("Flag"))
        self.flag_field.setPlaceholderText(self.tr("What is wrong with this pair?"))
        self.flag_field.textEdited.connect(self._flag_changed)
        self.flag_field.done.connect(self.left)
        self._lay_out()

    def set_choices(self, aspects: Sequence[str], tags: Sequence[str]) -> None:
        """Which aspects and reasons this project has."""
        if (tuple(aspects), tuple(tags)) == (self._aspects, self._tags):
            return
        self._aspects, self._tags = tuple(aspects), tuple(tags)
        _clear(self._aspect_rows)
        _clear(self._tag_rows)
        self._aspect_groups = {}
        self._tag_buttons = {}
        for number, aspect in enumerate(self._aspects):
            self._add_aspect(number, aspect)
        for number, tag in enumerate(self._tags):
            self._add_tag(number, tag)

    def show_keys(self, keymap: KeyMap) -> None:
        """Name these keys from now on."""
        self._keymap = keymap
        self._show_marks()

    def show_pending(self, pending: Pending) -> None:
        """Show what was said of the pair in view so far."""
        self._pending = pending
        if self.isVisible():
            self._show()

    def write_into(self, field: QWidget) -> None:
        """Give a field the keyboard, and bring it into view."""
        self.show()
        field.setFocus()
        self._show_field()

    def _show_field(self) -> None:
        for field in (self.note_field, self.flag_field):
            if field.hasFocus():
                self._area.ensureWidgetVisible(field)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _show(self) -> None:
        pending = self._pending
        for aspect, group in self._aspect_groups.items():
            places = {Side.LEFT: 0, None: 1, Side.RIGHT: 2}
            place = places[pending.aspects[aspect]] if aspect in pending.aspects else -1
            group.setExclusive(False)
            for made in group.buttons():
                made.setChecked(group.id(made) == place)
            group.setExclusive(True)
        for tag, made in self._tag_buttons.items():
            made.setChecked(tag in pending.tags)
        if self.note_field.toPlainText() != pending.note:
            self.note_field.blockSignals(True)
            self.note_field.setPlainText(pending.note)
            self.note_field.blockSignals(False)
        if self.flag_field.text().strip() != (pending.flag or ""):
            self.flag_field.setText(pending.flag or "")
        self._show_marks()

    def _show_marks(self) -> None:
        now = (*self._pending.spans, self._how_to_mark())
        if now == self._shown_marks:
            return  # laying the drawer out anew at every letter typed makes it flicker
        self._shown_marks = now
        _clear(self._marks)
        for span in self._pending.spans:
            row = QHBoxLayout()
            row.addWidget(label("+" if span.is_good else "−", "good" if span.is_good else "bad"))
            row.addWidget(ElidedLabel(" ".join(span.text.split()), "secondary"), 1)
            remove = icon_button("close", self.tr("Remove this mark"), self._remover(span))
            row.addWidget(remove)
            self._marks.addLayout(row)
        if not self._pending.spans:
            self._marks.addWidget(label(self._how_to_mark(), "small", wrap=True))

    def _how_to_mark(self) -> str:
        good, bad = (self._keymap.shown(key) for key in (Action.GOOD_SPAN, Action.BAD_SPAN))
        if not (good and bad):
            return self.tr("Select words in an answer, then click “good” or “bad” below.")
        said = self.tr(
            "Select words in an answer, then press {good} for good or {bad} for bad; without a"
            " selection these keys let you choose words with the arrows."
        )
        return said.format(good=good, bad=bad)

    def _remover(self, span: object) -> Callable[[], None]:
        def remove() -> None:
            self._pending.spans = [other for other in self._pending.spans if other != span]
            self.changed.emit()

        return remove

    def _add_aspect(self, row: int, aspect: str) -> None:
        self._aspect_rows.addWidget(label(aspect.capitalize()), row, 0)
        group = QButtonGroup(self)
        answers: tuple[tuple[str, str, Side | None], ...] = (
            ("←", self.tr("{aspect}: left").format(aspect=aspect), Side.LEFT),
            ("=", self.tr("{aspect}: tie").format(aspect=aspect), None),
            ("→", self.tr("{aspect}: right").format(aspect=aspect), Side.RIGHT),
        )
        for place, (text, name, side) in enumerate(answers):
            made = QPushButton(text)
            made.setCheckable(True)
            made.setProperty("kind", "chip")
            made.setFixedWidth(_ANSWER_WIDTH)
            made.setAccessibleName(name)
            made.setToolTip(name)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            made.clicked.connect(self._aspect_setter(aspect, side))
            group.addButton(made, place)
            self._aspect_rows.addWidget(made, row, place + 1)
        self._aspect_rows.setColumnStretch(0, 1)
        self._aspect_groups[aspect] = group

    def _aspect_setter(self, aspect: str, side: Side | None) -> Callable[[], None]:
        def choose() -> None:
            self._pending.aspects[aspect] = side
            self.changed.emit()

        return choose

    def _add_tag(self, number: int, tag: str) -> None:
        made = QPushButton(tag)
        made.setCheckable(True)
        made.setProperty("kind", "chip")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(self._tag_toggler(tag))
        self._tag_rows.addWidget(made, number // _TAG_COLUMNS, number % _TAG_COLUMNS)
        self._tag_buttons[tag] = made

    def _tag_toggler(self, tag: str) -> Callable[[], None]:
        def toggle() -> None:
            self._pending.toggle_tag(tag)
            self.changed.emit()

        return toggle

    def _note_changed(self) -> None:
        self._pending.note = self.note_field.toPlainText()
        self.changed.emit()

    def _flag_changed(self, text: str) -> None:
        self._pending.flag = text.strip() or None
        self.changed.emit()

    def _lay_out(self) -> None:
        inside = plain_area(QWidget())
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_8)
        for heading, part in (
            (self.tr("Aspects"), self._aspect_rows),
            (self.tr("Reasons"), self._tag_rows),
            (self.tr("Note"), self.note_field),
            (self.tr("Flag"), self.flag_field),
            (self.tr("Marked words"), self._marks),
        ):
            column.addWidget(label(heading, "small"))
            if isinstance(part, QWidget):
                column.addWidget(part)
            else:
                column.addLayout(part)
            column.addSpacing(SPACE_12 - SPACE_8)
        column.addStretch(1)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        # It has its place once all is laid out, which follows the range.
        self._area.verticalScrollBar().rangeChanged.connect(
            lambda: QTimer.singleShot(0, self, self._show_field)
        )
        self.body.addWidget(self._area, 1)


def _clear(layout: QGridLayout | QVBoxLayout | QHBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QHBoxLayout):
            _clear(inner)
