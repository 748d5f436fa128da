"""What a run starts from: model, data, what is held out, its name and its device."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from workbench.core.recipes import DataKind, ModelRef
from workbench.store.rows import Dataset
from workbench.ui.panels.train.material import LeftOut, Material, suggested_name
from workbench.ui.tokens import CONTROL_HEIGHT
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.recipe_form_grid import FieldCell, GroupGrid
from workbench.ui.wording import count


class StartFrom(QWidget):
    """`edited` follows every change by a person; `data_changed` when other data is chosen."""

    edited = Signal()
    data_changed = Signal()

    def __init__(self, project_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project_name = project_name
        self._taken: set[str] = set()
        self._method = ""
        self._wanted_model = ""
        self._names_itself = True
        self._no_model = ""
        self._is_full = False
        self._is_data_chosen = False
        self._words = {
            DataKind.EXAMPLES: (self.tr("example"), self.tr("examples")),
            DataKind.PAIRS: (self.tr("pair"), self.tr("pairs")),
            DataKind.JUDGED: (self.tr("judged answer"), self.tr("judged answers")),
            DataKind.PROMPTS: (self.tr("prompt"), self.tr("prompts")),
        }
        self._model = self._combo("model", self.tr("Model"))
        self._data = self._combo("data", self.tr("Data"))
        self._device = self._combo("device", self.tr("Device"))
        self._held_out = QLineEdit()
        self._held_out.setObjectName("train.held_out")
        self._held_out.setAccessibleName(self.tr("Held out"))
        self._held_out.setReadOnly(True)
        self._held_out.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._name = QLineEdit()
        self._name.setObjectName("train.name")
        self._name.setAccessibleName(self.tr("Run name"))
        self._name.textEdited.connect(self._on_name_edited)
        self._model.activated.connect(self._on_model_chosen)
        self._data.activated.connect(self._on_data_chosen)
        self._device.activated.connect(self.edited)
        for control in (self._held_out, self._name):
            control.setMinimumHeight(CONTROL_HEIGHT)
        grid = GroupGrid(self)
        self._model_cell = FieldCell(self.tr("Model"), self._model, parent=grid)
        self._data_cell = FieldCell(self.tr("Data"), self._data, parent=grid)
        held_out_help = self.tr("never trained on")
        self._held_out_cell = FieldCell(
            self.tr("Held out"), self._held_out, held_out_help, parent=grid
        )
        self._name_cell = FieldCell(self.tr("Run name"), self._name, parent=grid)
        self._device_cell = FieldCell(self.tr("Device"), self._device, parent=grid)
        grid.add_group(
            self.tr("Start from"),
            [self._model_cell, self._data_cell, self._held_out_cell, self._name_cell,
             self._device_cell],
        )  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(grid)

    @property
    def model(self) -> ModelRef | None:
        """The chosen model, or None when there is none that can be used."""
        chosen = self._model.currentData()
        return chosen if isinstance(chosen, ModelRef) else None

    @property
    def dataset_ids(self) -> tuple[str, ...]:
        """The data set on show, or none for all."""
        shown = self._data.currentData()
        return (shown,) if shown else ()

    @property
    def chosen_data(self) -> tuple[str, ...] | None:
        """The data sets that a person chose, None until one does: each method gets its own."""
        return self.dataset_ids if self._is_data_chosen else None

    @property
    def device(self) -> str:
        return self._device.currentData() or "auto"

    @property
    def name(self) -> str:
        return self._name.text().strip()

    @property
    def name_problem(self) -> str:
        """What is wrong with the name, empty when nothing is."""
        if not self.name:
            return self.tr("must not be empty")
        if self.name in self._taken:
            return self.tr("another run has this name")
        return ""

    def show_material(self, material: Material) -> None:
        """Offer what there is, and keep what was chosen where it is still there."""
        self._method = material.learnable.method
        self._taken = {run.name for run in material.runs}
        self._fill_models(material)
        self._fill_data(material)
        self._fill_devices(material)
        prompts = count(material.held_out_prompts, self.tr("prompt"), self.tr("prompts"))
        self._held_out.setText(prompts)
        if self._names_itself:
            self._suggest_name()
        self._check_name()

    def want_model(self, path: str) -> None:
        """Choose the model in this folder, now or once it is known."""
        self._wanted_model = path
        self._take_wanted_model()

    @property
    def waits_for_model(self) -> bool:
        """Whether a model is wanted that is not among those to choose from."""
        return bool(self._wanted_model)

    def want_data(self, dataset_ids: tuple[str, ...]) -> None:
        """Choose this data set if it is the only one and still there, else all."""
        place = self._data.findData(dataset_ids[0]) if len(dataset_ids) == 1 else 0
        self._data.setCurrentIndex(max(0, place))

    def keep_data(self) -> None:
        """The data sets on show, and those wanted next, are chosen as if by a person."""
        self._is_data_chosen = True

    def want_device(self, name: str) -> None:
        place = self._device.findData(name)
        if place >= 0:
            self._device.setCurrentIndex(place)

    def show_tuning(self, is_full: bool) -> None:
        """Say what becomes of the model."""
        self._is_full = is_full
        self._show_model_help()

    def begin_next(self) -> None:
        """After a start: the next run gets a name of its own again."""
        self._names_itself = True

    def _fill_models(self, material: Material) -> None:
        before = self.model
        self._model.clear()
        for model in material.models:
            if model.details is not None:
                self._model.addItem(model.name, model.ref)
                tip = f"{model.details.architecture} · {model.folder}"
                self._model.setItemData(self._model.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._model.setEnabled(self._model.count() > 0)
        if before is not None:
            self._choose_model(before.path)
        self._take_wanted_model()
        none = "" if self._model.count() else self.tr("No model is ready yet.")
        self._no_model = none
        self._show_model_help()

    def _show_model_help(self) -> None:
        is_kept = self.tr("stays as it is: an adapter is trained")
        becomes = self.tr("stays as it is: a whole new model is made")
        self._model_cell.set_help(self._no_model or (becomes if self._is_full else is_kept))

    def _fill_data(self, material: Material) -> None:
        chosen = material.learnable.dataset_ids
        self._data.clear()
        self._data.addItem(self.tr("All data sets"), "")
        for dataset in material.datasets:
            self._data.addItem(self._dataset_title(dataset), dataset.id)
        self.want_data(chosen)
        found = len(material.learnable)
        kind = material.learnable.kind
        words = count(found, *self._words[kind])
        if answers := len(material.learnable.right_answers):
            words = self.tr("{0}, {1:,} with a right answer").format(words, answers)
        counts_pairs = kind in (DataKind.PAIRS, DataKind.JUDGED)
        left_out = self._left_out(material.left_out) if counts_pairs and not chosen else ""
        self._data_cell.set_help("; ".join(part for part in (words, left_out) if part))

    def _fill_devices(self, material: Material) -> None:
        before = self.device
        self._device.clear()
        for choice in material.devices:
            title = choice.device.title
            if choice.name == "auto":
                title = self.tr("Automatic: {0}").format(title)
            self._device.addItem(title[:1].upper() + title[1:], choice.name)
        self.want_device(before)
        self._device_cell.set_help(self.tr("Runs on one device wait for each other."))

    def _dataset_title(self, dataset: Dataset) -> str:
        return f"{dataset.name} · {dataset.row_count:,}"

    def _left_out(self, left_out: LeftOut) -> str:
        parts = [
            count(left_out.ties, self.tr("tie"), self.tr("ties")) if left_out.ties else "",
            self.tr("{0:,} both-bad").format(left_out.both_bad) if left_out.both_bad else "",
            self.tr("{0:,} skipped").format(left_out.skipped) if left_out.skipped else "",
            self.tr("{0:,} held out, identical or disputed").format(left_out.other)
            if left_out.other
            else "",
        ]
        named = [part for part in parts if part]
        if not named:
            return ""
        *most, last = named
        listed = self.tr("{0} and {1}").format(", ".join(most), last) if most else last
        return self.tr("{0} left out").format(listed)

    def _suggest_name(self) -> None:
        topic = self._data.currentText().rpartition(" · ")[0] if self.dataset_ids else ""
        name = suggested_name(self._method, topic or self._project_name, self._taken)
        self._name.setText(name)
        self._name.setCursorPosition(0)

    def _choose_model(self, path: str) -> bool:
        for place in range(self._model.count()):
            if self._model.itemData(place).path == path:
                self._model.setCurrentIndex(place)
                return True
        return False

    def _take_wanted_model(self) -> None:
        if self._wanted_model and self._choose_model(self._wanted_model):
            self._wanted_model = ""

    def _on_model_chosen(self) -> None:
        self._wanted_model = ""
        self.edited.emit()

    def _on_data_chosen(self) -> None:
        self._is_data_chosen = True
        self.data_changed.emit()

    def _on_name_edited(self, text: str) -> None:
        self._names_itself = not text.strip()
        self._check_name()
        self.edited.emit()

    def _check_name(self) -> None:
        self._name_cell.set_problem(self.name_problem)

    def _combo(self, name: str, title: str) -> CalmComboBox:
        combo = CalmComboBox()
        combo.setObjectName(f"train.{name}")
        combo.setAccessibleName(title)
        combo.setMinimumHeight(CONTROL_HEIGHT)
        # Long names are cut off in the field rather than widening the form.
        combo.setSizeAdjustPolicy(
            CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        combo.setMinimumContentsLength(8)
        return combo
