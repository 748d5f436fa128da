"""Which panels there are, in the order of the rail. A panel is imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from workbench.ui.context import Session
from workbench.ui.panel import Panel

HOME = "home"


@dataclass(frozen=True)
class PanelEntry:
    """`make(session)` imports the panel and builds it."""

    name: str
    title: str
    make: Callable[[Session], Panel]

    @property
    def shown_title(self) -> str:
        return QCoreApplication.translate("Panels", self.title)


def _home(session: Session) -> Panel:
    from workbench.ui.panels.home.panel import HomePanel

    return HomePanel(session)


def _models(session: Session) -> Panel:
    from workbench.ui.panels.models.panel import ModelsPanel

    return ModelsPanel(session)


def _data(session: Session) -> Panel:
    from workbench.ui.panels.data.panel import DataPanel

    return DataPanel(session)


def _label(session: Session) -> Panel:
    from workbench.ui.panels.label.panel import LabelPanel

    return LabelPanel(session)


def _quality(session: Session) -> Panel:
    from workbench.ui.panels.quality.panel import QualityPanel

    return QualityPanel(session)


def _train(session: Session) -> Panel:
    from workbench.ui.panels.train.panel import TrainPanel

    return TrainPanel(session)


def _runs(session: Session) -> Panel:
    from workbench.ui.panels.runs.panel import RunsPanel

    return RunsPanel(session)


def _compare(session: Session) -> Panel:
    from workbench.ui.panels.compare.panel import ComparePanel

    return ComparePanel(session)


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry(HOME, str(QT_TRANSLATE_NOOP("Panels", "Home")), _home),
    PanelEntry("models", str(QT_TRANSLATE_NOOP("Panels", "Models")), _models),
    PanelEntry("data", str(QT_TRANSLATE_NOOP("Panels", "Data")), _data),
    PanelEntry("label", str(QT_TRANSLATE_NOOP("Panels", "Label")), _label),
    PanelEntry("quality", str(QT_TRANSLATE_NOOP("Panels", "Quality")), _quality),
    PanelEntry("train", str(QT_TRANSLATE_NOOP("Panels", "Train")), _train),
    PanelEntry("runs", str(QT_TRANSLATE_NOOP("Panels", "Runs")), _runs),
    PanelEntry("compare", str(QT_TRANSLATE_NOOP("Panels", "Compare")), _compare),
)
