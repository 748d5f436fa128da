"""Which panels there are, in the order of the rail. A panel is imported when it is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from workbench.ui.context import Session
from workbench.ui.panel import Panel

HOME = "home"
_CONTEXT = "Panels"


@dataclass(frozen=True)
class PanelEntry:
    """`workbench.ui.panels.<name>.panel` holds the class `<Name>Panel(session)`."""

    name: str
    title: str

    @property
    def shown_title(self) -> str:
        return QCoreApplication.translate(_CONTEXT, self.title)

    @property
    def module(self) -> str:
        return f"workbench.ui.panels.{self.name}.panel"

    def make(self, session: Session) -> Panel:
        kind = getattr(import_module(self.module), f"{self.name.capitalize()}Panel")
        panel = kind(session)
        assert isinstance(panel, Panel)
        return panel


_ALL: tuple[PanelEntry, ...] = (
    PanelEntry(HOME, str(QT_TRANSLATE_NOOP("Panels", "Home"))),
    PanelEntry("models", str(QT_TRANSLATE_NOOP("Panels", "Models"))),
    PanelEntry("data", str(QT_TRANSLATE_NOOP("Panels", "Data"))),
    PanelEntry("label", str(QT_TRANSLATE_NOOP("Panels", "Label"))),
    PanelEntry("train", str(QT_TRANSLATE_NOOP("Panels", "Train"))),
    PanelEntry("runs", str(QT_TRANSLATE_NOOP("Panels", "Runs"))),
    PanelEntry("compare", str(QT_TRANSLATE_NOOP("Panels", "Compare"))),
)
PANELS = tuple(
    entry
    for entry in _ALL
    if (Path(__file__).parent / "panels" / entry.name / "panel.py").is_file()
)
