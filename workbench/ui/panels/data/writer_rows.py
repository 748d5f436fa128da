"""Who writes the candidates, a row each: model or checkpoint, and how its answers are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from workbench.core.generation import Sampling
from workbench.core.recipes import ModelRef
from workbench.runner.candidates import Writer
from workbench.store.project import Project
from workbench.ui.model_list import project_models
from workbench.ui.panels.data.number_field import DecimalField, WholeField
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.tab_order import tab_before
from workbench.ui.widgets.texts import button, icon_button, label

_ADAPTER_WEIGHTS = "adapter_model.safetensors"
_MOST_ANSWERS = 16
_MOST_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class WriterChoice:
    """A model, or what a run made of it; `step` None is the run's result."""

    title: str
    model: ModelRef
    adapter: Path | None = None
    run_id: str | None = None
    run_name: str | None = None
    step: int | None = None
    device: str = "auto"


def read_choices(project: Project) -> list[WriterChoice]:
    """Every model that can write: base models, then the adapters of the newest runs first.

    Reward models only score, so they are left out.
    """
    found = [
        WriterChoice(model.name, model.ref)
        for model in project_models(project)
        if model.details is not None
    ]
    for run in project.runs.all():
        if run.method == "reward" or not Path(run.spec.model.path).is_dir():
            continue
        made: list[tuple[int | None, Path]] = [(None, run.folder.adapter)]
        steps = reversed(run.folder.checkpoint_steps())
        made += [(step, run.folder.checkpoint(step)) for step in steps]
        for step, folder in made:
            if (folder / _ADAPTER_WEIGHTS).is_file():
                title = run.name if step is None else f"{run.name} · step {step}"
                found.append(
                    WriterChoice(
                        title, run.spec.model, folder, run.id, run.name, step, run.spec.device
                    )
                )
    return found


@dataclass(slots=True)
class _Row:
    model: QComboBox
    temperature: DecimalField
    top_p: DecimalField
    longest: WholeField
    seed: WholeField
    answers: WholeField
    remove: QWidget

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return (
            self.model, self.answers, self.temperature, self.top_p, self.longest, self.seed,
            self.remove,
        )  # fmt: skip


class WriterRows(QWidget):
    """`changed` follows each change of what is asked for; `more` is the button that adds one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._choices: list[WriterChoice] = []
        self._rows: list[_Row] = []
        self.more = button(self.tr("Add a writer"), self.add, kind="link")
        self.more.setObjectName("data.candidates.add")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_8)
        self._grid.setVerticalSpacing(SPACE_8)
        self._grid.setColumnStretch(0, 1)
        heads = (
            self.tr("Model or checkpoint"), self.tr("Answers"), self.tr("Temperature"),
            self.tr("Top p"), self.tr("Longest, tokens"), self.tr("Seed"),
        )  # fmt: skip
        for column, head in enumerate(heads):
            self._grid.addWidget(label(head, "small"), 0, column)

    @property
    def writers(self) -> list[Writer]:
        """What is chosen, in order."""
        return [self._writer(row) for row in self._rows if row.model.currentData() is not None]

    def show_choices(self, choices: Sequence[WriterChoice]) -> None:
        """Offer these; what was chosen stays where it is still there."""
        self._choices = list(choices)
        for row in self._rows:
            self._fill(row.model)
        if not self._rows:
            self.add()
        self.changed.emit()

    def add(self) -> None:
        """Add a writer like the last one, with the next model if there is one."""
        before = self._rows[-1] if self._rows else None
        row = self._make_row()
        self._fill(row.model)
        if before is not None:
            following = min(before.model.currentIndex() + 1, row.model.count() - 1)
            row.model.setCurrentIndex(following)
            row.answers.setValue(1)
            before.answers.setValue(1)
            row.seed.setValue(before.seed.value() + _MOST_ANSWERS)
        self._rows.append(row)
        place = self._grid.rowCount()
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, place, column)
        if self.more.window() is self.window():
            tab_before(self.more, row.widgets)
        self._show_removes()
        self.changed.emit()

    def _remove(self, row: _Row) -> None:
        self._rows.remove(row)
        for widget in row.widgets:
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        if len(self._rows) == 1:
            self._rows[0].answers.setValue(max(2, self._rows[0].answers.value()))
        self._show_removes()
        self.changed.emit()

    def _show_removes(self) -> None:
        for row in self._rows:
            row.remove.setVisible(len(self._rows) > 1)

    def _writer(self, row: _Row) -> Writer:
        choice: WriterChoice = self._choices[row.model.currentData()]
        return Writer(
            model=choice.model,
            sampling=Sampling(
                temperature=round(row.temperature.value(), 2),
                top_p=round(row.top_p.value(), 2),
                max_new_tokens=row.longest.value(),
                seed=row.seed.value(),
            ),
            answers=row.answers.value(),
            adapter=choice.adapter,
            run_id=choice.run_id,
            run_name=choice.run_name,
            checkpoint_step=choice.step,
            device=choice.device,
        )

    def _fill(self, combo: QComboBox) -> None:
        chosen = combo.currentText()
        combo.clear()
        for number, choice in enumerate(self._choices):
            combo.addItem(choice.title, number)
        combo.setCurrentIndex(max(0, combo.findText(chosen)))

    def _make_row(self) -> _Row:
        usual = Sampling(temperature=1.0)
        model = CalmComboBox()
        model.setAccessibleName(self.tr("Model or checkpoint"))
        model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        model.activated.connect(self.changed)
        row = _Row(
            model=model,
            temperature=self._decimal(self.tr("Temperature"), usual.temperature, 2.0),
            top_p=self._decimal(self.tr("Top p"), usual.top_p, 1.0, least=0.05),
            longest=self._whole(self.tr("Longest, tokens"), usual.max_new_tokens, _MOST_TOKENS),
            seed=self._whole(self.tr("Seed"), usual.seed, 2**31 - 1, least=0),
            answers=self._whole(self.tr("Answers"), 2, _MOST_ANSWERS),
            remove=QWidget(),
        )
        row.remove = icon_button(
            "remove", self.tr("Take this writer away"), lambda: self._remove(row)
        )
        return row

    def _decimal(self, name: str, value: float, most: float, least: float = 0.0) -> DecimalField:
        made = DecimalField(name, value, least, most)
        made.valueChanged.connect(self.changed)
        return made

    def _whole(self, name: str, value: int, most: int, least: int = 1) -> WholeField:
        made = WholeField(name, value, least, most)
        made.valueChanged.connect(self.changed)
        return made
