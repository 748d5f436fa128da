"""What stands under a reward function of a person's own: what it is, and whether it works."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.confined.check import check
from workbench.core.rewards import PythonReward
from workbench.ui import theme
from workbench.ui.bridge import Bridge, Task
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.texts import button, label


class OwnFunction(QWidget):
    """Tries the function on an example answer, off the GUI thread, where it is asked to."""

    def __init__(
        self, bridge: Bridge, read: Callable[[], PythonReward | None], object_name: str
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._read = read
        self._checking: Task | None = None
        says = self.tr("This is code. It runs on this computer, in its own process, with limits.")
        self._check = button(self.tr("Check"), self.check)
        self._check.setObjectName(f"{object_name}.check")
        self._outcome = label("", "small", wrap=True)
        self._outcome.setObjectName(f"{object_name}.outcome")
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addWidget(self._check)
        row.addWidget(self._outcome, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(label(says, "caution", wrap=True))
        layout.addLayout(row)

    def check(self) -> None:
        """Run it once, as a run would, and say what came of it.

        The button stays as it is meanwhile, so that it keeps the keyboard.
        """
        reward = self._read()
        if reward is None or self._checking is not None:
            return
        self._say(self.tr("Trying it on an example answer…"), "small")
        try_it = partial(
            check, reward.source, timeout_s=reward.timeout_s, memory_mb=reward.memory_mb
        )
        self._checking = self._bridge.run(try_it, self._show, self._show_error, owner=self)

    def forget(self) -> None:
        """The source is another one now: what was found says nothing of it."""
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
        self._say("", "small")

    def _show(self, problem: str | None) -> None:
        self._checking = None
        if problem is None:
            self._say(self.tr("It works on an example answer."), "good")
        else:
            self._say(problem, "bad")

    def _show_error(self, error: BaseException) -> None:
        self._checking = None
        self._say(self.tr("It could not be tried: {0}").format(error), "bad")

    def _say(self, text: str, role: str) -> None:
        theme.set_property(self._outcome, "role", role)
        self._outcome.setText(text)
