"""The strip at the bottom: the running job, the GPU, CPU and memory."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from workbench.core.telemetry import GpuReading, MachineReading
from workbench.ui import theme
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_16, SPACE_24, STRIP_HEIGHT
from workbench.ui.widgets.dot import Dot
from workbench.ui.widgets.meter import Meter
from workbench.ui.widgets.texts import label
from workbench.ui.wording import gigabytes

_METER_WIDTH = 88


@dataclass(frozen=True)
class JobLine:
    """The job that the strip names: its state's colour, its name, and how far it is."""

    name: str
    progress: str
    color: str = "good"


class _JobArea(QWidget):
    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()


class _Figure(QWidget):
    """A name, an optional meter and a value; hidden as one."""

    def __init__(self, name: str, *, meter: bool = False) -> None:
        super().__init__()
        self.meter = Meter(name, _METER_WIDTH) if meter else None
        self._value = label("", "strong")
        self._rest = label("", "small")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_4)
        layout.addWidget(label(name, "secondary"))
        if self.meter is not None:
            layout.addWidget(self.meter)
        layout.addWidget(self._value)
        layout.addWidget(self._rest)

    def show_value(self, value: str, rest: str = "") -> None:
        self._value.setText(value)
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))


class DeviceStrip(QFrame):
    """Shows what `show_job` and `show_reading` were given last."""

    palette_wanted = Signal()
    job_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("area", "strip")
        self.setFixedHeight(STRIP_HEIGHT)
        self._dot = Dot()
        self._job = label(self.tr("No run at work"), "secondary")
        self._progress = label("", "secondary")
        self._busy = _Figure(self.tr("GPU busy"))
        self._tensor = _Figure(self.tr("Tensor pipe"))
        self._gpu_memory = _Figure(self.tr("GPU memory"), meter=True)
        self._temperature = label("", "secondary")
        self._no_gpu = label("", "small")
        self._cpu = _Figure(self.tr("CPU"))
        self._memory = _Figure(self.tr("RAM"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_16, 0, SPACE_16, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(self._job_area())
        layout.addStretch(1)
        layout.addWidget(self._machine())
        layout.addSpacing(SPACE_8)
        layout.addWidget(self._palette_button())
        self._show_gpu(None, "")

    def _job_area(self) -> QWidget:
        area = _JobArea()
        area.clicked.connect(self.job_clicked)
        layout = QHBoxLayout(area)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        for widget in (self._dot, self._job, self._progress):
            layout.addWidget(widget)
        return area

    def _machine(self) -> QWidget:
        machine = QWidget()
        layout = QHBoxLayout(machine)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_24 - SPACE_4)
        figures: tuple[QWidget, ...] = (
            self._no_gpu, self._busy, self._tensor, self._gpu_memory, self._temperature,
            self._cpu, self._memory,
        )  # fmt: skip
        for widget in figures:
            layout.addWidget(widget)
        return machine

    def _palette_button(self) -> QPushButton:
        made = QPushButton("Ctrl K")
        made.setProperty("kind", "key")
        made.setToolTip(self.tr("Find any action"))
        made.setAccessibleName(self.tr("Find any action"))
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(lambda: self.palette_wanted.emit())
        return made

    def show_job(self, job: JobLine | None) -> None:
        """Name the job at work, or say that there is none."""
        self._dot.set_color(job.color if job else "text3")
        self._job.setText(job.name if job else self.tr("No run at work"))
        theme.set_property(self._job, "role", "strong" if job else "secondary")
        self._progress.setText(job.progress if job else "")

    def show_reading(self, reading: MachineReading) -> None:
        """Show the machine's figures; what is not available is left out or said in words."""
        gpu = reading.gpus[0] if reading.gpus else None
        self._show_gpu(gpu, reading.no_gpu_reason or self.tr("No NVIDIA GPU here"))
        percent = reading.cpu_percent
        self._cpu.show_value("–" if percent is None else f"{percent:.0f} %")
        used, total = reading.memory_used_bytes, reading.memory_total_bytes
        self._memory.show_value(gigabytes(used), f"/ {gigabytes(total)} GB")

    def _show_gpu(self, gpu: GpuReading | None, reason: str) -> None:
        self._no_gpu.setText(reason)
        self._no_gpu.setVisible(gpu is None and bool(reason))
        self._busy.setVisible(gpu is not None and gpu.busy_percent is not None)
        self._tensor.setVisible(gpu is not None and gpu.tensor_active_percent is not None)
        self._gpu_memory.setVisible(gpu is not None and gpu.memory_used_bytes is not None)
        self._temperature.setVisible(gpu is not None and gpu.temperature_c is not None)
        if gpu is None:
            return
        self._busy.show_value(f"{gpu.busy_percent or 0:.0f} %")
        self._tensor.show_value(f"{gpu.tensor_active_percent or 0:.0f} %")
        self._temperature.setText(f"{gpu.temperature_c or 0:.0f} °C")
        self._show_gpu_memory(gpu)

    def _show_gpu_memory(self, gpu: GpuReading) -> None:
        used, total = gpu.memory_used_bytes or 0, gpu.memory_total_bytes
        rest = f"/ {gigabytes(total)} GB" if total else "GB"
        self._gpu_memory.show_value(gigabytes(used), rest)
        if self._gpu_memory.meter is not None:
            self._gpu_memory.meter.setVisible(bool(total))
            self._gpu_memory.meter.set_share(used / total if total else 0.0)

    def texts(self) -> list[str]:
        """Everything it says at the moment, from left to right."""
        labels = self.findChildren(QLabel)
        return [item.text() for item in labels if item.text() and item.isVisibleTo(self)]
