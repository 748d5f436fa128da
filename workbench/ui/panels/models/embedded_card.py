"""The embedded model before it was made: what it is, and a button that makes it."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout

from workbench.core.errors import KnownError
from workbench.runner.make_embedded import USUAL_S, MakingStoppedError, make_embedded_model
from workbench.ui.context import Session
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.meter import Meter
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import duration

_BEAT_MS = 500


class EmbeddedCard(Card):
    """`made` follows when the model is in the cache."""

    made = Signal()

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(name)
        self.setObjectName("models.embedded")
        self._session = session
        self._cancel = threading.Event()
        self._started_at = 0.0
        self._message = label("", "secondary", wrap=True)
        self._message.setObjectName("models.embedded.message")
        self._meter = Meter(self.tr("Making the embedded model"))
        self._make = button(self.tr("Make it now"), self.start, kind="primary")
        self._stop = button(self.tr("Cancel"), self.give_up, kind="quiet")
        self._make.setObjectName("models.embedded.make")
        self._stop.setObjectName("models.embedded.cancel")
        self._clock = QTimer(self)
        self._clock.setInterval(_BEAT_MS)
        self._clock.timeout.connect(self._show_time)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_8)
        buttons.addWidget(self._make)
        buttons.addWidget(self._stop)
        buttons.addStretch(1)
        self.body.addWidget(self._message)
        self.body.addWidget(self._meter)
        self.body.addLayout(buttons)
        self.body.addStretch(1)
        self._idle(
            self.tr(
                "This small model ships with Workbench. It must be made ready once, which takes"
                " about {0} and 0.6 GB of disk."
            ).format(duration(USUAL_S))
        )

    @property
    def message(self) -> str:
        return self._message.text()

    def start(self) -> None:
        """Make the model in a process of its own."""
        self._cancel = threading.Event()
        self._started_at = time.monotonic()
        self.set_tone("plain")
        self._make.hide()
        self._stop.show()
        self._meter.show()
        self._show_time()
        self._clock.start()
        making = partial(make_embedded_model, self._cancel)
        self._session.bridge.run(making, self._finish, self._show_error, owner=self)

    def give_up(self) -> None:
        """Stop the making; nothing of it stays."""
        self._cancel.set()

    def _show_time(self) -> None:
        elapsed_s = time.monotonic() - self._started_at
        self._message.setText(
            self.tr("Converting and checking it: {0} of about {1}.").format(
                duration(elapsed_s), duration(USUAL_S)
            )
        )
        if elapsed_s < USUAL_S:
            self._meter.set_share(elapsed_s / USUAL_S)
        else:
            self._meter.set_busy()

    def _finish(self, folder: Path) -> None:
        self._idle(self.tr("It is ready in {0}.").format(folder))
        self.made.emit()

    def _show_error(self, error: BaseException) -> None:
        if isinstance(error, KnownError):
            is_stopped = isinstance(error, MakingStoppedError)
            self._idle(str(error), tone="plain" if is_stopped else "bad")
        else:
            self._idle("")
            self._session.show_error(error)

    def _idle(self, text: str, *, tone: str = "plain") -> None:
        self._clock.stop()
        self._message.setText(text)
        self.set_tone(tone)
        self._meter.hide()
        self._stop.hide()
        self._make.show()
