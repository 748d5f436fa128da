"""What Compare shows while no trained model is there: set up a run, or watch the one at work."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from workbench.store import Project
from workbench.ui.context import Session
from workbench.ui.widgets.empty_state import EmptyState


def is_training(project: Project) -> bool:
    """Whether a run is at work or waits to be; a query, so not on the GUI thread."""
    return any(run.state.is_active for run in project.runs.all())


class NothingYet(QStackedWidget):
    """Says what will stand here and how it comes about."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.addWidget(
            EmptyState(
                "compare",
                self.tr("Nothing to compare yet"),
                self.tr("A run leaves a trained model, which then stands here beside its base."),
                action=self.tr("Set up a run"),
                on_action=lambda: session.navigate("train"),
            )
        )
        self.addWidget(
            EmptyState(
                "waiting",
                self.tr("A run is at work"),
                self.tr("Once it has finished, its model stands here beside its base."),
                action=self.tr("Watch it"),
                on_action=lambda: session.navigate("runs"),
            )
        )

    def show_training(self, is_training: bool) -> None:
        """Say that a run is at work, or that there is none."""
        self.setCurrentIndex(1 if is_training else 0)
