"""The control that edits one setting: a line for numbers and words, a combo box, a check box."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from workbench.ui.tokens import CONTROL_HEIGHT
from workbench.ui.widgets.recipe_form_fields import FieldKind, FieldSpec, shown


class CalmComboBox(QComboBox):
    """A combo box that the wheel changes only while it has the focus.

    Otherwise scrolling a long form would change whatever lies under the pointer.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

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
            return control.currentText()
        return control.text().strip()

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        control = self.control
        if isinstance(control, QCheckBox):
            control.setChecked(bool(value))
            self._name_state(control)
        elif isinstance(control, QComboBox):
            control.setCurrentText(str(value))
        else:
            control.setText(shown(value))

    def _make_control(self) -> QLineEdit | QComboBox | QCheckBox:
        if self.spec.kind is FieldKind.SWITCH:
            switch = QCheckBox()
            switch.clicked.connect(lambda: self._name_state(switch))
            switch.clicked.connect(self.edited)
            return switch
        if self.spec.kind is FieldKind.CHOICE:
            choices = CalmComboBox()
            choices.addItems(self.spec.choices)
            choices.activated.connect(self.edited)
            return choices
        line = WholeNumberEdit() if self.spec.kind is FieldKind.INTEGER else QLineEdit()
        line.textEdited.connect(self.edited)
        return line

    def _name_state(self, switch: QCheckBox) -> None:
        switch.setText(self.tr("On") if switch.isChecked() else self.tr("Off"))
