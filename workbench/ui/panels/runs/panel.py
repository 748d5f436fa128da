"""The Runs panel."""

from __future__ import annotations

from workbench.ui.context import Session
from workbench.ui.panel import Panel


class RunsPanel(Panel):
    """Everything that trained or waits to."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Runs",
            "Everything that trained or waits to. A run goes on when this window is closed.",
        )
