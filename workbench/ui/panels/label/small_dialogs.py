"""Two questions: who is labelling, and what the known answer to a pair is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.core.errors import KnownError
from workbench.ui.panels.label.actions import VERDICTS, Action, Given, title
from workbench.ui.tokens import SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.tab_order import tab_before
from workbench.ui.widgets.texts import button, label

_WIDTH = 440


class _Question(QDialog):
    """A title, a sentence, fields, and two buttons."""

    def __init__(self, heading: str, text: str, yes: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(heading)
        self.setFixedWidth(_WIDTH)
        self.fields = QVBoxLayout()
        self.fields.setSpacing(SPACE_8)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_16, SPACE_16, SPACE_16, SPACE_16)
        column.setSpacing(SPACE_12)
        column.addWidget(label(text, "secondary", wrap=True))
        column.addLayout(self.fields)
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addStretch(1)
        self._cancel = button(self.tr("Cancel"), self.reject)
        row.addWidget(self._cancel)
        self.yes = button(yes, self.accept, kind="primary")
        self.yes.setDefault(True)
        row.addWidget(self.yes)
        column.addLayout(row)

    def ask_for(self, *fields: QWidget) -> None:
        """Put fields above the buttons; the first has the keyboard."""
        for field in fields:
            self.fields.addWidget(field)
        tab_before(self._cancel, fields)
        fields[0].setFocus()


class NameDialog(_Question):
    """Asks for a new annotator's name.

    `take` is given what was typed; where it raises a KnownError, the dialog stays and says why.
    """

    def __init__(self, take: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("New annotator"),
            self.tr(
                "Verdicts are signed with this name. It stays in the project, on this machine."
            ),
            self.tr("Label as this person"),
            parent,
        )
        self.setObjectName("label.name")
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setPlaceholderText(self.tr("Name"))
        self.problem = label("", "bad", wrap=True)
        self.problem.hide()
        self._take = take
        self.ask_for(self.name)
        self.fields.addWidget(self.problem)
        self.name.textChanged.connect(self._typed)
        self._typed("")

    def accept(self) -> None:
        try:
            self._take(self.name.text())
        except KnownError as error:
            self.problem.setText(str(error))
            self.problem.show()
            self.name.setFocus()
            return
        super().accept()

    def _typed(self, text: str) -> None:
        self.problem.hide()
        self.yes.setEnabled(bool(text.strip()))


class GoldDialog(_Question):
    """Asks for the known answer to the pair in view, in the sides it is shown on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Make this pair a gold item"),
            self.tr(
                "It comes up now and then for the other annotators, who are told afterwards whether"
                " they gave your answer. It never trains a model."
            ),
            self.tr("Make it a gold item"),
            parent,
        )
        self.setObjectName("label.gold")
        self.answer = QComboBox()
        self.answer.setAccessibleName(self.tr("Known answer"))
        for action in VERDICTS:
            if action is not Action.SKIP:
                self.answer.addItem(title(action), action)
        self.answer.setCurrentIndex(1)
        self.explanation = QLineEdit()
        self.explanation.setAccessibleName(self.tr("Why"))
        self.explanation.setPlaceholderText(self.tr("Why: shown to them afterwards"))
        self.ask_for(self.answer, self.explanation)

    @property
    def given(self) -> Given:
        return VERDICTS[Action(self.answer.currentData())]
