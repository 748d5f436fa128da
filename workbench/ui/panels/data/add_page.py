"""Adding a row by hand: a pair, an example to imitate, or a prompt."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import Changes
from workbench.core.conversation import user
from workbench.core.errors import KnownError, ProjectError
from workbench.core.preferences import Choice, Split
from workbench.store.added_rows import BY_HAND
from workbench.ui import data_operations, theme
from workbench.ui.context import Session
from workbench.ui.panels.data.conversation_edit import ConversationEdit, TextField
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label, plain_area

_ANSWER_HEIGHT = 140


class AddPage(ToolPage):
    """Rows go to the data set on screen, or where it holds other rows to that of `BY_HAND`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.set_heading(self.tr("Add a row"), self.tr("Written by hand, and kept as such."))
        self._session = session
        self._target: tuple[str, str | None, str] = ("pair", None, "")
        self._kind = "pair"
        self._dataset_id: str | None = None
        self._kinds = QButtonGroup(self)
        self._kind_buttons: dict[str, QRadioButton] = {}
        titles = {
            "pair": self.tr("Pair"),
            "example": self.tr("Example to imitate"),
            "prompt": self.tr("Prompt"),
        }
        kinds = QHBoxLayout()
        kinds.setSpacing(SPACE_16)
        for kind, title in titles.items():
            made = QRadioButton(title)
            made.setObjectName(f"data.add.{kind}")
            made.clicked.connect(partial(self._choose_kind, kind))
            self._kinds.addButton(made)
            self._kind_buttons[kind] = made
            kinds.addWidget(made)
        kinds.addStretch(1)
        self.prompt = ConversationEdit()
        self.first = TextField(self.tr("First answer"), height=_ANSWER_HEIGHT)
        self.second = TextField(self.tr("Second answer"), height=_ANSWER_HEIGHT)
        self._first_title = label("", "strong")
        self._second_title = label(self.tr("Rejected answer"), "strong")
        self._right = QLineEdit()
        self._right.setPlaceholderText(self.tr("Right answer, where one can be checked"))
        self._right.setAccessibleName(self.tr("Right answer"))
        self._undecided = QCheckBox(self.tr("Not decided yet: ask in Label which is better"))
        self._held_out = QCheckBox(self.tr("Held out: never train on this prompt"))
        self._where = label("", "small", wrap=True)
        self._add = button(self.tr("Add"), self.add, kind="primary")
        self._add.setObjectName("data.add.go")
        self._lay_out(kinds)

    def offer(self, kind: str, dataset_id: str | None, dataset_name: str) -> None:
        """Ask for a row of a kind, for this data set (none: a new one is made)."""
        self._target = (kind, dataset_id, dataset_name)
        self._choose_kind(kind if kind in self._kind_buttons else "pair")
        self.prompt.first_text.setFocus()

    def add(self) -> None:
        """Add what is written; the fields are empty again for the next one."""
        try:
            changes = self._operation()
        except KnownError as error:
            self._say(str(error), "bad")
            return
        self._session.apply(changes)
        self.prompt.show_messages(user(""))
        for field in (self.first, self.second):
            field.clear()
        self._right.clear()
        self.prompt.first_text.setFocus()
        self._say(self.tr("Added. Write the next one, or go back to the rows."))

    def _say(self, words: str, role: str = "small") -> None:
        self._where.setText(words)
        theme.set_property(self._where, "role", role)

    def _operation(self) -> Changes:
        messages = self.prompt.messages
        if not messages:
            raise ProjectError("The prompt is empty: write it first.")
        split = Split.HELD_OUT if self._held_out.isChecked() else Split.TRAIN
        project, dataset_id = self._session.project, self._dataset_id
        if self._kind == "prompt":
            right = self._right.text().strip() or None
            return data_operations.add_prompt(project, dataset_id, messages, split, right)
        first, second = self.first.toPlainText(), self.second.toPlainText()
        if self._kind == "example":
            return data_operations.add_example(project, dataset_id, messages, first, split)
        choice = None if self._undecided.isChecked() else Choice.FIRST
        annotator = self._session.settings.annotator
        return data_operations.add_pair(
            project, dataset_id, messages, (first, second), choice, annotator, split
        )

    def _choose_kind(self, kind: str) -> None:
        self._kind = kind
        self._kind_buttons[kind].setChecked(True)
        asked, dataset_id, name = self._target
        self._dataset_id = dataset_id if kind == asked else None
        target = name if self._dataset_id else BY_HAND
        self._say(self.tr("Goes to the data set “{0}”.").format(target))
        for widget in (self._second_title, self.second, self._undecided):
            widget.setVisible(kind == "pair")
        for widget in (self._first_title, self.first):
            widget.setVisible(kind != "prompt")
        self._right.setVisible(kind == "prompt")
        self._first_title.setText(
            self.tr("Chosen answer") if kind == "pair" else self.tr("Answer to imitate")
        )

    def _lay_out(self, kinds: QHBoxLayout) -> None:
        card = Card()
        card.body.setSpacing(SPACE_8)
        card.body.addLayout(kinds)
        card.body.addSpacing(SPACE_8)
        card.body.addWidget(label(self.tr("Prompt"), "strong"))
        card.body.addWidget(self.prompt)
        for title, field in ((self._first_title, self.first), (self._second_title, self.second)):
            card.body.addWidget(title)
            card.body.addWidget(field)
        card.body.addWidget(self._right)
        card.body.addWidget(self._undecided)
        card.body.addWidget(self._held_out)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE_16)
        bottom.addWidget(self._add)
        bottom.addWidget(self._where, 1)
        card.body.addLayout(bottom)
        inside = plain_area(QWidget())
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        self.body.addWidget(scroll, 1)
