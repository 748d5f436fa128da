"""What a file does not say by itself: a name, whether its verdicts count, whether it may train."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.exchange.import_data import ImportOptions
from workbench.exchange.probe import Probe
from workbench.formats.records import Kind
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.flow import FlowLayout
from workbench.ui.widgets.texts import label

_NAME_WIDTH = 280


class ImportChoices(Card):
    def __init__(self) -> None:
        super().__init__()
        self.name = QLineEdit()
        self.name.setObjectName("data.import.name")
        self.name.setAccessibleName(self.tr("Name of the data set"))
        self.name.setFixedWidth(_NAME_WIDTH)
        self.decided = QRadioButton(self.tr("Keep the verdicts in the file"))
        self.decided.setObjectName("data.import.decided")
        self.ask_again = QRadioButton(self.tr("Ask in Label which answer is better"))
        self.ask_again.setObjectName("data.import.ask_again")
        self.held_out = QCheckBox(self.tr("Held out: never train on these prompts"))
        self.held_out.setObjectName("data.import.held_out")
        group = QButtonGroup(self)
        group.addButton(self.decided)
        group.addButton(self.ask_again)
        self._verdicts = QWidget()
        verdicts = FlowLayout(self._verdicts, gap=SPACE_16, asks_for_one_line=True)
        verdicts.addWidget(self.decided)
        verdicts.addWidget(self.ask_again)
        named = QHBoxLayout()
        named.setSpacing(SPACE_8)
        named.addWidget(label(self.tr("Name"), "secondary"))
        named.addWidget(self.name)
        named.addSpacing(SPACE_16)
        named.addWidget(self._verdicts, 1, Qt.AlignmentFlag.AlignVCenter)
        named.addStretch(0)  # has the room where nothing is asked
        layout = QVBoxLayout()
        layout.setSpacing(SPACE_8)
        layout.addLayout(named)
        layout.addWidget(self.held_out)
        self.body.addLayout(layout)

    def show_probe(self, found: Probe, *, is_new: bool) -> None:
        """Ask what this needs; of a new source everything is as usual again."""
        has_verdicts = any(row.choice is not None for row in found.preview)
        self._verdicts.setVisible(found.form.kind is Kind.PREFERENCE and has_verdicts)
        if is_new:
            self.name.setText(found.name)
            self.decided.setChecked(True)
            self.held_out.setChecked(False)

    @property
    def keeps_verdicts(self) -> bool:
        """Whether pairs come in decided, by what the file says."""
        return not self._verdicts.isHidden() and self.decided.isChecked()

    def options(self, given: ImportOptions) -> ImportOptions:
        """`given` with what is chosen here."""
        return replace(
            given,
            name=self.name.text().strip() or None,
            ask_again=self.ask_again.isChecked() and not self._verdicts.isHidden(),
            held_out=self.held_out.isChecked(),
        )
