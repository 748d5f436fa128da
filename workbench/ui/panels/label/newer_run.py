"""One line that a newer run has ended than the one by whose scores the queue asks."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import button, icon_button, pill


class NewerRun(QWidget):
    """Emits `wanted` with the run's id. It names no run: pairs are judged beside it."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._run_id = ""
        self._declined: set[str] = set()
        self._words = ElidedLabel(role="secondary")
        self._words.setObjectName("label.newer_run")
        score = button(self.tr("Score with it"), self._want, kind="link")
        score.setObjectName("label.newer_run.score")
        close = icon_button("close", self.tr("Not now"), self._decline)
        close.setObjectName("label.newer_run.close")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        row.addWidget(pill(self.tr("Newer run"), "accent"))
        row.addWidget(self._words, 1)
        for made in (score, close):
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the pair
            row.addWidget(made)
        self.hide()

    def offer(self, run_id: str, *, is_busy: bool) -> None:
        """Offer to score with this run, unless that was declined; without one, hide.

        `is_busy` says that another run is at work.
        """
        self._run_id = run_id
        self.setVisible(bool(run_id) and run_id not in self._declined)
        said = self.tr("A run has finished since the waiting pairs were scored.")
        if is_busy:
            said += " " + self.tr("Another is at work now, and scoring would slow it down.")
        self._words.show_text(said)

    def _want(self) -> None:
        self.wanted.emit(self._run_id)

    def _decline(self) -> None:
        self._declined.add(self._run_id)
        self.hide()
