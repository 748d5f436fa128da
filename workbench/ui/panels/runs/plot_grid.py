"""The grid of plots: those of the method, then those of the machine, with one crosshair."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.ui.panels.runs.figures import (
    EXACT,
    MachineSpec,
    PlotSpec,
    ShownRun,
    curves,
    legend,
    machine_curves,
    machine_plots,
    plots_for,
)
from workbench.ui.tokens import SPACE_4, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.plots.plot_card import PlotCard
from workbench.ui.widgets.plots.redraw import RedrawClock
from workbench.ui.widgets.texts import plain_area

_CARD_HEIGHT = 216
_WIDE = 1300


class PlotGrid(QScrollArea):
    """Shows the selected runs; made of cards that stay while their plot is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._clock = RedrawClock(self)
        self._cards: dict[str, PlotCard] = {}
        self._order: list[str] = []
        self._shown: tuple[ShownRun, ...] = ()
        self._axis = "step"
        self._smoothing = 0.0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = inside = plain_area(QWidget())
        self._no_gpu = Card(self.tr("GPU"))
        self._no_gpu.setParent(inside)
        self._no_gpu.hide()
        self._lacks_gpu = False
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE_4, 0)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE_12)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)

    def show_runs(self, shown: Sequence[ShownRun]) -> None:
        """Draw these; the first one's machine readings stand below."""
        self._shown = tuple(shown)
        self._feed()

    def make_one(self, shown: Sequence[ShownRun]) -> bool:
        """Make one card more of those that `show_runs` will need; False when all are there."""
        machine = machine_plots(shown[0]) if shown else ()
        wanted: list[PlotSpec | MachineSpec] = [*plots_for(shown), *machine]
        missing = next((spec for spec in wanted if spec.key not in self._cards), None)
        if missing is None:
            return False
        self._cards[missing.key] = self._make(missing)
        return True

    def set_axis(self, axis: str) -> None:
        """`step`, or `time` in minutes since each run began."""
        self._axis = axis
        self._feed()

    def set_smoothing(self, weight: float) -> None:
        """The weight of the moving average, 0 to 0.999."""
        self._smoothing = weight
        for key, card in self._cards.items():
            card.plot.set_smoothing(0.0 if key in EXACT else weight)

    def card(self, key: str) -> PlotCard:
        """The card of one plot; KeyError when it is not shown."""
        return self._cards[key]

    def keys(self) -> list[str]:
        """The plots shown, in their order."""
        return list(self._order)

    @property
    def no_gpu_text(self) -> str:
        """What stands in place of GPU plots; empty where there are some."""
        return self._no_gpu.note if self._lacks_gpu else ""

    @Slot(int)
    def point_at(self, step: int) -> None:
        """Stand the crosshair of every plot at `step`."""
        self._share_crosshair(float(step))

    def _feed(self) -> None:
        specs = plots_for(self._shown)
        machine = machine_plots(self._shown[0]) if self._shown else ()
        self._arrange([*specs, *machine])
        ends = [float(item.run.total_steps or 0) for item in self._shown]
        x_end = max(ends, default=0.0) if self._axis == "step" else None
        for spec in specs:
            lines = curves(spec, self._shown, self._axis)
            named = legend(lines, len(self._shown))
            self._cards[spec.key].set_curves(lines, x_end=x_end, named=named)
        for plot in machine:
            lines = machine_curves(plot, self._shown[0], self._axis)
            self._cards[plot.key].set_curves(lines, x_end=x_end)

    def _arrange(self, specs: Sequence[PlotSpec | MachineSpec]) -> None:
        wanted = [spec.key for spec in specs]
        self._show_no_gpu()
        if wanted == self._order:
            return
        for key in set(self._cards) - set(wanted):
            self._cards.pop(key).deleteLater()
        for spec in specs:
            if spec.key not in self._cards:
                self._cards[spec.key] = self._make(spec)
        self._order = wanted
        self._place()

    def _make(self, spec: PlotSpec | MachineSpec) -> PlotCard:
        title = QCoreApplication.translate("Plots", spec.title)
        note = QCoreApplication.translate("Plots", spec.note) if spec.note else ""
        card = PlotCard(title, self._clock, note=note, fixed_range=spec.fixed_range)
        card.setParent(self._inside)
        card.ensurePolished()
        card.setFixedHeight(_CARD_HEIGHT)
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        card.plot.set_smoothing(0.0 if spec.key in EXACT else self._smoothing)
        card.hovered.connect(self._share_crosshair)
        return card

    def _show_no_gpu(self) -> None:
        machine = self._shown[0].measured.machine if self._shown else None
        reason = (machine.no_gpu_reason if machine else "") or self.tr("No NVIDIA GPU here")
        self._no_gpu.set_title(self.tr("GPU"), reason)
        lacks_gpu = machine is not None and len(machine.t) > 0 and not machine.gpu_names
        if lacks_gpu != self._lacks_gpu:
            self._lacks_gpu = lacks_gpu
            self._place()

    def _columns(self) -> int:
        return 3 if self.viewport().width() >= _WIDE else 2

    def _place(self) -> None:
        while self._grid.takeAt(0) is not None:
            pass
        columns = self._columns()
        cards = [self._cards[key] for key in self._order]
        for position, card in enumerate(cards):
            self._grid.addWidget(card, position // columns, position % columns)
        self._no_gpu.setVisible(self._lacks_gpu)
        if self._lacks_gpu:
            self._grid.addWidget(self._no_gpu, -(-len(cards) // columns), 0, 1, columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    @Slot(float)
    def _share_crosshair(self, x: float) -> None:
        for card in self._cards.values():
            card.show_crosshair(x if math.isfinite(x) else math.nan)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before = 3 if event.oldSize().width() >= _WIDE else 2
        if before != self._columns():
            self._place()
