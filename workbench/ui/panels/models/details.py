"""What is known of one model, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.modelfiles.chat_template import read_chat_template
from workbench.modelfiles.inspect import ModelDetails
from workbench.ui import theme
from workbench.ui.model_list import ListedModel, Place
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label, line, pill, set_pill
from workbench.ui.wording import size

_COLUMNS = 3


class ModelDetailsCard(Card):
    """Facts, chat template and actions of the chosen model."""

    train_wanted = Signal()
    remove_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("-")
        self.setObjectName("models.details")
        self._place = pill("")
        self.add_header_widget(self._place)
        self._problem = label("", "bad", wrap=True)
        self._problem.setObjectName("models.problem")
        self._facts = Facts()
        self._template = QPlainTextEdit()
        self._template.setObjectName("models.chat_template")
        self._template.setProperty("role", "mono")
        self._template.setReadOnly(True)
        self._template.setFont(theme.font("mono"))
        self._template.setAccessibleName(self.tr("Chat template"))
        self._template_title = label(self.tr("Chat template"), "secondary")
        self._template_note = label("", "small", wrap=True)
        self._train = button(
            self.tr("Train with this model"), self.train_wanted.emit, kind="raised", icon="train"
        )
        self._remove = button(
            self.tr("Remove from the project"), self.remove_wanted.emit, kind="quiet",
            icon="remove", tip=self.tr("The model's files stay where they are"),
        )  # fmt: skip
        self._train.setObjectName("models.train")
        self._remove.setObjectName("models.remove")
        self._build()

    def show_model(self, model: ListedModel) -> None:
        """Show a model; one that can't be used shows why."""
        self.set_title(model.name)
        places = {
            Place.EMBEDDED: self.tr("ships with Workbench"),
            Place.PROJECT: self.tr("in this project"),
            Place.TRAINED: self.tr("trained here"),
            Place.CACHE: self.tr("Hugging Face cache"),
        }
        set_pill(self._place, places[model.place], "neutral")
        self._problem.setText(model.problem)
        self._problem.setVisible(bool(model.problem))
        self._train.setVisible(model.details is not None)
        self._remove.setVisible(model.place is Place.PROJECT)
        self._facts.setVisible(model.details is not None)
        if model.details is not None:
            self._facts.show_facts(self._facts_of(model.details))
        self._show_template(model)

    def _show_template(self, model: ListedModel) -> None:
        template = read_chat_template(model.folder) if model.details else None
        self._template.setPlainText(template or "")
        self._template.setVisible(template is not None)
        self._template_title.setVisible(model.details is not None)
        self._template_note.setVisible(model.details is not None)
        if template is None:
            self._template_note.setText(
                self.tr("None: prompts and answers are joined as plain text.")
            )
        else:
            self._template_note.setText(self.tr("How messages are put to the model."))

    def _facts_of(self, details: ModelDetails) -> list[tuple[str, str]]:
        unknown = self.tr("not said")
        tokens = self.tr("{0:,} tokens")
        context, vocabulary = details.context_length, details.vocab_size
        return [
            (self.tr("Parameters"), parameters(details.parameters)),
            (self.tr("Architecture"), details.architecture),
            (self.tr("Context"), tokens.format(context) if context else unknown),
            (self.tr("Size on disk"), size(details.size_bytes)),
            (self.tr("Number type"), details.dtype),
            (self.tr("Vocabulary"), tokens.format(vocabulary) if vocabulary else unknown),
            (self.tr("Licence"), details.licence or unknown),
            (self.tr("Type"), details.model_type),
            (self.tr("Folder"), str(details.folder)),
        ]

    def _build(self) -> None:
        actions = QHBoxLayout()
        actions.setSpacing(SPACE_8)
        actions.addWidget(self._train)
        actions.addWidget(self._remove)
        actions.addStretch(1)
        self.body.setSpacing(SPACE_12)
        for widget in (self._problem, self._facts):
            self.body.addWidget(widget)
        self.body.addLayout(actions)
        self.body.addWidget(line())
        template = QVBoxLayout()
        template.setSpacing(SPACE_4)
        for text in (self._template_title, self._template_note):
            template.addWidget(text)
        template.addWidget(self._template, 1)
        template.addStretch(0)
        self.body.addLayout(template, 1)


class Facts(QWidget):
    """Names and values in three columns; a long last one takes a whole line."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_16)
        self._grid.setVerticalSpacing(SPACE_4)
        self._values: list[QLabel] = []

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        if not self._values:
            self._make_labels([name for name, _ in facts])
        for shown, (_, value) in zip(self._values, facts, strict=True):
            shown.setText(value)
            shown.setToolTip(value)

    def _make_labels(self, names: list[str]) -> None:
        for place, name in enumerate(names):
            is_last = place == len(names) - 1
            row = (place // _COLUMNS if not is_last else -(-place // _COLUMNS)) * 2
            column = 0 if is_last else place % _COLUMNS
            span = _COLUMNS if is_last else 1
            value = label("", "body", wrap=is_last)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            title = label(name, "small")
            title.setContentsMargins(0, SPACE_8 if row else 0, 0, 0)
            self._grid.addWidget(title, row, column, 1, span)
            self._grid.addWidget(value, row + 1, column, 1, span)
            self._values.append(value)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)


def parameters(number: int) -> str:
    """`135 M`, `1.7 B`: how people speak of a model's size."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} B"
    if number >= 1e6:
        return f"{number / 1e6:.0f} M"
    return f"{number:,}"
