"""The control that edits one setting: a line, several lines, a combo box, a check box."""

from __future__ import annotations

import contextlib
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from workbench.ui.tokens import CONTROL_HEIGHT
from workbench.ui.widgets.recipe_form_fields import FieldKind, FieldSpec, shown

_INDENT = "    "
_SHOWN_LINES = 7
_TEXT_MARGIN = 2  # what the style leaves free at both ends of a text


class CalmComboBox(QComboBox):
    """A combo box that the wheel changes only while it has the focus.

    Otherwise scrolling a long form would change whatever lies under the pointer. A text that is
    longer than the field ends in an ellipsis and is whole in the tooltip.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def shown_text(self) -> str:
        """As much of the current text as there is room for."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - 2 * _TEXT_MARGIN
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)

    @property
    def text_when_cut(self) -> str:
        """The whole current text where there is no room for it, else empty."""
        text = self.currentText()
        return text if self.shown_text != text else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def event(self, event: QEvent) -> bool:
        text = self.text_when_cut if event.type() is QEvent.Type.ToolTip else ""
        if text and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class WholeNumberEdit(QLineEdit):
    """A line for a whole number; the up and down keys change it by one."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        try:
            value = int(self.text())
        except ValueError:
            step = None
        if step is None:
            super().keyPressEvent(event)
            return
        self.setText(str(value + step))
        self.textEdited.emit(self.text())


class CodeEdit(QPlainTextEdit):
    """Several lines in a font of one width. Tab indents, Shift+Tab goes to the control before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "mono")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)

    def fit_lines(self, lines: int) -> None:
        """Be as high as this many lines; more scroll."""
        margins = 2 * (self.document().documentMargin() + self.frameWidth() + 4)
        self.setFixedHeight(int(lines * self.fontMetrics().lineSpacing() + margins))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Tab:
            self.insertPlainText(_INDENT)
        elif event.key() == Qt.Key.Key_Backtab:
            self.focusNextPrevChild(False)
        elif event.key() == Qt.Key.Key_Return and not event.modifiers():
            line = self.textCursor().block().text()
            indent = line[: len(line) - len(line.lstrip())]
            self.insertPlainText("\n" + indent + (_INDENT if line.rstrip().endswith(":") else ""))
        else:
            super().keyPressEvent(event)


class FieldEditor(QObject):
    """Makes and reads the `control` of one setting. `value` is what was entered, not yet checked.

    `edited` follows what a person does, not `set_value`.
    """

    edited = Signal()

    def __init__(self, spec: FieldSpec, object_name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.control = self._make_control()
        self.control.setObjectName(object_name)
        self.control.setAccessibleName(spec.title)
        self.control.setAccessibleDescription(spec.help)
        self.control.setMinimumHeight(CONTROL_HEIGHT)

    def value(self) -> Any:
        control = self.control
        if isinstance(control, QCheckBox):
            return control.isChecked()
        if isinstance(control, QComboBox):
            return control.currentData()
        if isinstance(control, QPlainTextEdit):
            return control.toPlainText()
        return control.text().strip()

    def text_of(self, value: Any) -> str:
        """How the control writes `value`; a number in whatever form a person typed is the same."""
        if self.spec.kind in (FieldKind.INTEGER, FieldKind.NUMBER):
            with contextlib.suppress(ValueError):
                return shown(float(value))
        return shown(value)

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        control = self.control
        if isinstance(control, QCheckBox):
            control.setChecked(bool(value))
            self._name_state(control)
        elif isinstance(control, QComboBox):
            control.setCurrentIndex(control.findData(str(value)))
        elif isinstance(control, QPlainTextEdit):
            control.blockSignals(True)
            control.setPlainText(str(value))
            control.blockSignals(False)
        else:
            control.setText(shown(value))

    def _make_control(self) -> QLineEdit | QComboBox | QCheckBox | QPlainTextEdit:
        if self.spec.kind is FieldKind.SWITCH:
            switch = QCheckBox()
            switch.clicked.connect(lambda: self._name_state(switch))
            switch.clicked.connect(self.edited)
            return switch
        if self.spec.kind is FieldKind.CHOICE:
            choices = CalmComboBox()
            for place, choice in enumerate(self.spec.choices):
                choices.addItem(self.spec.choice_titles.get(choice, choice), choice)
                tip = self.spec.choice_help.get(choice)
                choices.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
            choices.activated.connect(self.edited)
            return choices
        if self.spec.kind is FieldKind.LONG_TEXT:
            area = CodeEdit()
            area.fit_lines(_SHOWN_LINES)
            area.textChanged.connect(self.edited)
            return area
        line = WholeNumberEdit() if self.spec.kind is FieldKind.INTEGER else QLineEdit()
        line.textEdited.connect(self.edited)
        return line

    def _name_state(self, switch: QCheckBox) -> None:
        switch.setText(self.tr("On") if switch.isChecked() else self.tr("Off"))
