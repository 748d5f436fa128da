"""A form made from pydantic recipes: groups, titles, help, ranges and defaults come from them.

Every keystroke is checked by the recipe itself; a bad value is marked at its field, with the
reason in place of the help. Settings without effect beside the others' values are hidden, and
count as their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.core.fields import is_relevant
from workbench.ui import icons
from workbench.ui.tokens import SPACE_16
from workbench.ui.widgets.recipe_form_editors import FieldEditor
from workbench.ui.widgets.recipe_form_fields import (
    FieldKind,
    FieldSpec,
    fields_of,
    problems_of,
    shown,
)
from workbench.ui.widgets.recipe_form_grid import COLUMNS, FieldCell, GroupGrid

R = TypeVar("R", bound=BaseModel)


class RecipeForm(QWidget):
    """Edits the settings of one or more recipes, whose fields must have different names.

    `leave_out` names fields that are edited elsewhere. `edited` follows every change that a
    person makes.
    """

    edited = Signal()

    def __init__(
        self,
        recipes: Sequence[type[BaseModel]],
        *,
        object_name: str,
        leave_out: Sequence[str] = (),
        has_titles: bool = True,
        most_columns: int = COLUMNS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._leave_out = frozenset(leave_out)
        self._has_titles = has_titles
        self._most_columns = most_columns
        self._recipes = tuple(recipes)
        self._object_name = object_name
        self._editors: dict[str, FieldEditor] = {}
        self._cells: dict[str, FieldCell] = {}
        self._grids: list[GroupGrid] = []
        self._problems: dict[str, str] = {}
        self._advanced = QWidget(self)
        self._advanced.hide()
        self._fold = self._make_fold()
        self._build()
        self._show_state()

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

    def defaults(self) -> dict[str, Any]:
        """The default of every field, by name."""
        return {name: editor.spec.default for name, editor in self._editors.items()}

    def texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Values as the form writes them, so that 1 and "1.0" can be told to be the same."""
        return {
            name: editor.text_of(values[name])
            for name, editor in self._editors.items()
            if name in values
        }

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; names that the form does not have are passed over."""
        for name, value in values.items():
            if name in self._editors:
                self._editors[name].set_value(value)
        self._show_state()

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
        every = (spec for recipe in self._recipes for spec in fields_of(recipe))
        specs = [spec for spec in every if spec.name not in self._leave_out]
        groups = list(dict.fromkeys(spec.group for spec in specs))
        plain = self._grid(groups, [spec for spec in specs if not spec.advanced], self)
        layout.addWidget(plain)
        layout.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        every_other = [spec for spec in specs if spec.advanced]
        folded.addWidget(self._grid(groups, every_other, self._advanced))
        layout.addWidget(self._advanced)

    def _make_fold(self) -> QPushButton:
        fold = QPushButton()
        fold.setProperty("kind", "link")
        fold.setCheckable(True)
        fold.setAutoDefault(False)
        fold.setObjectName(f"{self._object_name}.advanced")
        fold.setIcon(icons.icon("expand", "accent"))
        fold.toggled.connect(self._set_unfolded)
        fold.clicked.connect(self._opened_by_hand)
        return fold

    def _set_unfolded(self, is_open: bool) -> None:
        self._fold.setIcon(icons.icon("collapse" if is_open else "expand", "accent"))
        self._advanced.setVisible(is_open)

    def _opened_by_hand(self) -> None:
        if self._fold.isChecked():
            QTimer.singleShot(0, self, self._scroll_to_unfolded)  # laid out by then

    def _scroll_to_unfolded(self) -> None:
        """What was unfolded below the visible part comes into view, its first line before all."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(self._advanced)
            above.ensureWidgetVisible(self._fold)

    def _grid(
        self, groups: Sequence[str], specs: Sequence[FieldSpec], parent: QWidget
    ) -> GroupGrid:
        grid = GroupGrid(parent, self._most_columns)
        for group in groups:
            cells = [self._cell(spec, grid) for spec in specs if spec.group == group]
            if cells:
                grid.add_group(_translated(group) if self._has_titles else "", cells)
        self._grids.append(grid)
        return grid

    def _cell(self, spec: FieldSpec, parent: QWidget) -> FieldCell:
        editor = FieldEditor(spec, f"{self._object_name}.{spec.name}", self)
        editor.set_value(spec.default)
        editor.control.setToolTip(self._tip(spec))
        editor.edited.connect(self._on_edited)
        is_wide = spec.kind is FieldKind.LONG_TEXT
        title, help_text = _translated(spec.title), _translated(spec.help)
        cell = FieldCell(title, editor.control, help_text, is_wide=is_wide, parent=parent)
        self._editors[spec.name] = editor
        self._cells[spec.name] = cell
        return cell

    def _tip(self, spec: FieldSpec) -> str:
        default = shown(spec.default)
        if spec.kind is FieldKind.LONG_TEXT or not default:
            return spec.name
        help_text = _translated(spec.help) if spec.choice_help else ""
        parts = [help_text, spec.name, spec.limits, self.tr("default {0}").format(default)]
        return " · ".join(part for part in parts if part)

    def _on_edited(self) -> None:
        self._show_state()
        self.edited.emit()

    def _show_state(self) -> None:
        self._show_relevant()
        self._show_choices()
        self._check()

    def _show_relevant(self) -> None:
        values = self.values()
        changed = False
        for name, cell in self._cells.items():
            relevant = is_relevant(self._editors[name].spec.info, values)
            changed |= relevant != cell.is_relevant
            cell.is_relevant = relevant
        if changed:
            for grid in self._grids:
                grid.rearrange()
        folded = sum(
            editor.spec.advanced and self._cells[name].is_relevant
            for name, editor in self._editors.items()
        )
        self._fold.setText(self.tr("Advanced ({0})").format(folded))
        self._fold.setVisible(folded > 0)

    def _show_choices(self) -> None:
        """Under a choice stands what the chosen one does."""
        for name, editor in self._editors.items():
            said = editor.spec.choice_help.get(str(editor.value()))
            if said:
                self._cells[name].set_help(_translated(said))

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
        return {
            name: self._editors[name].value()
            for name in recipe.model_fields
            if name in self._editors and self._cells[name].is_relevant
        }


def _translated(text: str) -> str:
    return QCoreApplication.translate("Recipe", text)
