"""Settings to begin with, above the form."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.core.recipes.presets import PRESETS, preset_values
from workbench.ui.tokens import SPACE_12
from workbench.ui.widgets.recipe_form import RecipeForm
from workbench.ui.widgets.segments import Segments
from workbench.ui.widgets.texts import label


class PresetBar(QWidget):
    """Emits `chosen` with the name of a preset. Other values than a preset's are "Custom"."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        titles = {name: self._words(info.title) for name, info in PRESETS.items()}
        self._segments = Segments(titles, object_name="train.preset")
        for name, info in PRESETS.items():
            self._segments.set_tip(name, self._words(info.purpose))
        self._segments.chosen.connect(self.chosen)
        self._note = label("", "small", wrap=True)
        self._note.setObjectName("train.preset.note")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_12)
        row.addWidget(self._segments)
        row.addWidget(self._note, 1)

    @property
    def current(self) -> str:
        """The preset whose values are shown; empty for values of a person's own."""
        return self._segments.current

    def show_values(self, method: str, form: RecipeForm) -> None:
        """Say which preset of the method the form's values are, if any."""
        preset = preset_of(method, form)
        self._segments.show_chosen(preset)
        custom = self.tr("Custom: these are settings of your own.")
        self._note.setText(self._words(PRESETS[preset].purpose) if preset else custom)

    def _words(self, text: str) -> str:
        return QCoreApplication.translate("Recipe", text)


def preset_of(method: str, form: RecipeForm) -> str:
    """Which preset of the method the form's values are; empty for none."""
    now = form.texts(form.values())
    return next(
        (
            name
            for name in PRESETS
            if now == form.texts({**form.defaults(), **preset_values(method, name)})
        ),
        "",
    )
