"""A form made from pydantic recipes: groups, titles, help, ranges and defaults come from them.

Every keystroke is checked by the recipe itself; a bad value is marked at its field, with the
reason in place of the help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from workbench.ui import icons, theme
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.recipe_form_editors import FieldEditor
from workbench.ui.widgets.recipe_form_fields import FieldSpec, fields_of, problems_of, shown
from workbench.ui.widgets.texts import label

R = TypeVar("R", bound=BaseModel)

COLUMNS = 3
_COLUMN_WIDTH = 220


class FieldCell(QWidget):
    """A title, the control, and under it the help or what is wrong."""

    def __init__(self, title: str, control: QWidget, help_text: str = "") -> None:
        super().__init__()
        self._help = help_text
        self._note = label(help_text, "small", wrap=True)
        name = label(title, "secondary")
        name.setBuddy(control)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_4)
        layout.addWidget(name)
        layout.addWidget(control)
        layout.addWidget(self._note)
        layout.addStretch(1)
        self._control = control

    @property
    def note(self) -> str:
        """What stands under the control now."""
        return self._note.text()

    def set_help(self, text: str) -> None:
        """Replace the text that stands there while nothing is wrong."""
        self._help = text
        if not self._control.property("invalid"):
            self._note.setText(text)

    def set_problem(self, problem: str) -> None:
        """Mark the control and say why; an empty text takes the mark away."""
        theme.set_property(self._control, "invalid", bool(problem))
        theme.set_property(self._note, "role", "bad" if problem else "small")
        self._note.setText(problem or self._help)


class FieldGrid(QWidget):
    """Cells in as many columns as there is room for, three at most."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._cells: list[QWidget] = []
        self._columns = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(label(title, "card_title"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE_16)
        self._grid.setVerticalSpacing(SPACE_12)
        layout.addLayout(self._grid)

    def add(self, cell: QWidget) -> None:
        self._cells.append(cell)
        self._arrange(self._columns or COLUMNS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = max(1, min(COLUMNS, (self.width() + SPACE_16) // (_COLUMN_WIDTH + SPACE_16)))
        if columns != self._columns:
            self._arrange(columns)

    def _arrange(self, columns: int) -> None:
        self._columns = columns
        for place, cell in enumerate(self._cells):
            self._grid.addWidget(cell, place // columns, place % columns)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class RecipeForm(QWidget):
    """Edits the settings of one or more recipes, whose fields must have different names.

    `edited` follows every change that a person makes.
    """

    edited = Signal()

    def __init__(
        self,
        recipes: Sequence[type[BaseModel]],
        *,
        object_name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._recipes = tuple(recipes)
        self._object_name = object_name
        self._editors: dict[str, FieldEditor] = {}
        self._cells: dict[str, FieldCell] = {}
        self._problems: dict[str, str] = {}
        self._advanced = QWidget()
        self._fold = self._make_fold()
        self._build()
        self._check()

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong, by field name; empty when everything is right."""
        return self._problems

    def title_of(self, name: str) -> str:
        """What the field is called on screen."""
        return _translated(self._editors[name].spec.title)

    def cell(self, name: str) -> FieldCell:
        """The cell of a field, to put something else than its help under it."""
        return self._cells[name]

    def result(self, recipe: type[R]) -> R | None:
        """The recipe as entered, or None while something is wrong with it."""
        try:
            return recipe.model_validate(self._entered(recipe))
        except ValidationError:
            return None

    def values(self) -> dict[str, Any]:
        """What was entered, unchecked, by field name."""
        return {name: editor.value() for name, editor in self._editors.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; names that the form does not have are passed over."""
        for name, value in values.items():
            if name in self._editors:
                self._editors[name].set_value(value)
        self._check()

    def focus(self, name: str) -> None:
        """Put the cursor into a field, unfolding the advanced ones if it is there."""
        if self._editors[name].spec.advanced:
            self._fold.setChecked(True)
        self._editors[name].control.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_16)
        folded = QVBoxLayout(self._advanced)
        folded.setContentsMargins(0, 0, 0, 0)
        folded.setSpacing(SPACE_16)
        specs = [spec for recipe in self._recipes for spec in fields_of(recipe)]
        for group in _groups([spec for spec in specs if not spec.advanced]):
            layout.addWidget(self._grid(group))
        advanced = [spec for spec in specs if spec.advanced]
        self._fold.setText(self.tr("Advanced ({0})").format(len(advanced)))
        self._fold.setVisible(bool(advanced))
        layout.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        for group in _groups(advanced):
            folded.addWidget(self._grid(group))
        self._advanced.setVisible(False)
        layout.addWidget(self._advanced)

    def _make_fold(self) -> QPushButton:
        fold = QPushButton()
        fold.setProperty("kind", "link")
        fold.setCheckable(True)
        fold.setAutoDefault(False)
        fold.setObjectName(f"{self._object_name}.advanced")
        fold.setIcon(icons.icon("expand", "accent"))
        fold.toggled.connect(self._set_unfolded)
        return fold

    def _set_unfolded(self, is_open: bool) -> None:
        self._fold.setIcon(icons.icon("collapse" if is_open else "expand", "accent"))
        self._advanced.setVisible(is_open)

    def _grid(self, specs: Sequence[FieldSpec]) -> FieldGrid:
        grid = FieldGrid(_translated(specs[0].group))
        for spec in specs:
            editor = FieldEditor(spec, f"{self._object_name}.{spec.name}", self)
            editor.set_value(spec.default)
            editor.control.setToolTip(self._tip(spec))
            editor.edited.connect(self._on_edited)
            cell = FieldCell(_translated(spec.title), editor.control, _translated(spec.help))
            self._editors[spec.name] = editor
            self._cells[spec.name] = cell
            grid.add(cell)
        return grid

    def _tip(self, spec: FieldSpec) -> str:
        parts = [spec.name, spec.limits, self.tr("default {0}").format(shown(spec.default))]
        return " · ".join(part for part in parts if part)

    def _on_edited(self) -> None:
        self._check()
        self.edited.emit()

    def _check(self) -> None:
        self._problems = {}
        for recipe in self._recipes:
            try:
                recipe.model_validate(self._entered(recipe))
            except ValidationError as error:
                self._problems |= problems_of(error)
        for name, cell in self._cells.items():
            cell.set_problem(self._problems.get(name, ""))

    def _entered(self, recipe: type[BaseModel]) -> dict[str, Any]:
        names = (name for name in recipe.model_fields if name in self._editors)
        return {name: self._editors[name].value() for name in names}


def _groups(specs: Sequence[FieldSpec]) -> list[list[FieldSpec]]:
    """Fields of one group together, groups in the order in which they first appear."""
    groups: dict[str, list[FieldSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.group, []).append(spec)
    return list(groups.values())


def _translated(text: str) -> str:
    return QCoreApplication.translate("Recipe", text)
