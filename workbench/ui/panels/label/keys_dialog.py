"""Changing keys: one line an action; a key that is taken is refused with a sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.ui import theme
from workbench.ui.panels.label.actions import DEFAULT_KEYS, Action, KeyMap, KeyTakenError, title
from workbench.ui.tokens import SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.texts import button, label, plain_area

_SIZE = (520, 620)


class KeysDialog(QDialog):
    """`keymap` holds what was chosen once the dialog was accepted."""

    def __init__(self, keymap: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.setObjectName("label.keys")
        self.resize(*_SIZE)
        self.keymap = KeyMap(keymap.changed())
        self._fields: dict[Action, QLineEdit] = {}
        self.problem = label("", "bad", wrap=True)
        self.problem.setObjectName("label.keys.problem")
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setHorizontalSpacing(SPACE_16)
        form.setVerticalSpacing(SPACE_8)
        for action in Action:
            form.addRow(label(title(action)), self._field(action))
        inside = plain_area(QWidget())
        inside.setLayout(form)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_16, SPACE_16, SPACE_16, SPACE_16)
        column.setSpacing(SPACE_12)
        hint = self.tr(
            "Write keys as B, Shift+Left or F2, with commas between several. They are yours alone,"
            " and never fire while you type."
        )
        column.addWidget(label(hint, "secondary", wrap=True))
        column.addWidget(area, 1)
        column.addWidget(self.problem)
        column.addLayout(self._buttons())
        self._fields[Action.LEFT_MUCH].setFocus()

    def accept(self) -> None:
        """Take over every line, or say which one can't be."""
        chosen = KeyMap()
        # Nothing has a key at first, so that two actions can swap theirs.
        for action in Action:
            chosen.clear(action)
        for field in self._fields.values():
            theme.set_property(field, "invalid", False)
        for action, field in self._fields.items():
            try:
                chosen.change(action, field.text())
            except KeyTakenError as error:
                self.problem.setText(f"{title(action)}: {error}")
                theme.set_property(field, "invalid", True)
                field.setFocus()
                return
        self.keymap = chosen
        super().accept()

    def _field(self, action: Action) -> QLineEdit:
        made = QLineEdit(", ".join(self.keymap.keys(action)))
        made.setObjectName(f"label.keys.{action.value}")
        made.setAccessibleName(title(action))
        self._fields[action] = made
        return made

    def _usual(self) -> None:
        for action, field in self._fields.items():
            field.setText(", ".join(DEFAULT_KEYS[action]))

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(button(self.tr("Usual keys"), self._usual, kind="quiet"))
        row.addStretch(1)
        row.addWidget(button(self.tr("Cancel"), self.reject))
        use = button(self.tr("Use these keys"), self.accept, kind="primary")
        use.setDefault(True)
        row.addWidget(use)
        return row
