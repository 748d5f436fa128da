"""What goes on in the background: words, a bar, how long it may take, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.tokens import SPACE_4, SPACE_12
from workbench.ui.widgets.meter import Meter
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import duration


class ProgressRow(QWidget):
    """Hidden until `begin`; `cancelled` when somebody gives it up."""

    cancelled = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._words = label("", "secondary")
        self._words.setObjectName("data.progress")
        self._meter = Meter(name)
        self._cancel = button(self.tr("Cancel"), self._give_up, kind="quiet")
        self._cancel.setObjectName("data.cancel")
        left = QVBoxLayout()
        left.setSpacing(SPACE_4)
        left.addWidget(self._words)
        left.addWidget(self._meter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_12)
        layout.addLayout(left, 1)
        layout.addWidget(self._cancel)
        self.hide()

    @property
    def text(self) -> str:
        return self._words.text()

    def begin(self, words: str) -> None:
        """Show that work begins, whose end can't be told yet."""
        self._words.setText(words)
        self._meter.set_busy()
        self._cancel.setEnabled(True)
        self.show()
        self._cancel.setFocus()  # the button that began it is greyed out now

    def tell(self, words: str, share: float | None, remaining_s: float | None = None) -> None:
        """Say how far it is; None for what can't be told."""
        if remaining_s is not None and remaining_s >= 1:
            words = self.tr("{0} · about {1} left").format(words, duration(remaining_s))
        self._words.setText(words)
        if share is None:
            self._meter.set_busy()
        else:
            self._meter.set_share(share)

    def end(self) -> None:
        """Hide it."""
        self.hide()

    def _give_up(self) -> None:
        self.setFocus()  # else the keyboard would go to where the window begins
        self._cancel.setEnabled(False)
        self._words.setText(self.tr("Stopping…"))
        self._meter.set_busy()
        self.cancelled.emit()
