"""A display of the tests' own, and the application on it, driven with keys and the mouse."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtGui import QColor, QImage

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
PATIENCE_S = 90  # a busy machine is no failure, and what comes soon costs nothing
_POLL_S = 0.05


def wait_for(what: str, look: Callable[[], T | None], *, timeout_s: float = PATIENCE_S) -> T:
    """Return the first true value that `look` gives; fails with `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(_POLL_S)


class Display:
    """Xvfb with a number that nobody uses yet. There is no window manager."""

    def __init__(self) -> None:
        reader, writer = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1440x900x24", "-nolisten", "tcp",
             "-noreset", "-r"],  # without -r a key is repeated where its release comes late
            pass_fds=(writer,), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(writer)
        with os.fdopen(reader) as numbers:
            self.name = f":{numbers.readline().strip()}"

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()

    def window_named(self, pattern: str) -> str:
        """The id of a visible window, empty while there is none."""
        done = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", pattern],
            env=os.environ | {"DISPLAY": self.name}, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        # A window that goes away just then ends the search; the next one finds what is left.
        assert not done.stderr or "BadWindow" in done.stderr, done.stderr
        return "" if done.stderr else done.stdout.partition("\n")[0]

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=os.environ | {"DISPLAY": self.name}, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert not done.stderr, done.stderr
        return done.stdout.strip()


@dataclass(frozen=True)
class Widget:
    """What the driver told about a visible widget."""

    kind: str
    name: str
    accessible: str
    x: int
    y: int
    width: int
    height: int
    enabled: bool
    shown: Mapping[str, Any]

    @property
    def text(self) -> str:
        words = ("text", "plainText", "currentText", "title", "windowTitle")
        return next((str(self.shown[word]) for word in words if self.shown.get(word)), "")

    @property
    def center(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


class Application:
    """The real application in its own process. Ends with `close`, or dies with `kill`."""

    def __init__(self, display: Display, home: Path, *arguments: str) -> None:
        self.display = display
        self._folder = tempfile.TemporaryDirectory(prefix="wb-")
        self._socket = Path(self._folder.name) / "s"
        self.log = home.parent / "window.log"
        environment = {
            name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"
        }
        environment |= {
            "DISPLAY": display.name, "WORKBENCH_HOME": str(home), "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
        }  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-W", "error", "-m", "tests.end2end.driver",
                    str(self._socket), *arguments,
                ],
                env=environment, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        display.xdotool("windowfocus", "--sync", wait_for("the window", self._window_id))

    # Looking.

    def widgets(self) -> list[Widget]:
        return [
            Widget(
                *(item.pop(key) for key in ("kind", "name", "accessible")),
                *(item.pop(key) for key in ("x", "y", "width", "height", "enabled")),
                shown=item,
            )
            for item in self._ask("widgets")
        ]

    def find(self, word: str) -> Widget | None:
        """The visible widget of this object name, else text, else accessible name."""
        widgets = self.widgets()
        for attribute in ("name", "text", "accessible"):
            for widget in widgets:
                if getattr(widget, attribute) == word:
                    return widget
        return None

    def wait_for(self, word: str, *, timeout_s: float = PATIENCE_S) -> Widget:
        return self.wait_until(f"“{word}”", lambda: self.find(word), timeout_s=timeout_s)

    def wait_until(
        self, what: str, look: Callable[[], T | None], *, timeout_s: float = PATIENCE_S
    ) -> T:
        """Like `wait_for`, with a picture of the screen and the log if it fails."""
        try:
            return wait_for(what, look, timeout_s=timeout_s)
        except AssertionError as error:
            picture = self.log.with_name("screen.png")
            self._ask(f"screenshot {picture}")
            texts = sorted({widget.text for widget in self.widgets() if widget.text})
            raise AssertionError(
                f"{error}\nscreen: {picture}\ntexts: {texts}\nlog: {self.log.read_text()[-3000:]}"
            ) from None

    def text(self, word: str) -> str:
        return self.wait_for(word).text

    def columns_with(self, colour: str, widget: Widget) -> list[int]:
        """Columns of pixels, counted from its left edge, in which a widget shows `#rrggbb`."""
        path = self._socket.with_name("screen.png")
        self._ask(f"screenshot {path}")
        image = QImage(str(path)).copy(widget.x, widget.y, widget.width, widget.height)
        wanted = QColor(colour).rgb()
        return [
            x
            for x in range(image.width())
            if any(image.pixel(x, y) == wanted for y in range(image.height()))
        ]

    # Acting, as a person does.

    def keys(self, *keys: str) -> None:
        """Press keys, such as `Left` or `ctrl+4`."""
        for key in keys:
            self.display.xdotool("key", key)

    def type(self, text: str) -> None:
        self.display.xdotool("type", "--delay", "8", text)

    def fill(self, word: str, text: str) -> None:
        """Replace the content of a field."""
        self.click(word)
        self.keys("ctrl+a")
        self.type(text)
        self.wait_until(f"“{word}” to show {text}", lambda: self.text(word) == text)

    def click(self, word: str) -> None:
        """Click where a widget stands once it is enabled and stays where it is."""
        places: list[tuple[int, int]] = []

        def has_settled() -> bool:
            found = self.find(word)
            places.append(found.center if found and found.enabled else (-1, -1))
            return places[-1] != (-1, -1) and places[-2:-1] == places[-1:]

        self.wait_until(f"“{word}” to be enabled and to stand still", has_settled)
        x, y = places[-1]
        self.display.xdotool("mousemove", "--sync", str(x), str(y), "click", "1")

    # Ending.

    def close(self) -> None:
        """Ask the window to close, as a window manager does; the process must end well."""
        self._ask("close")
        status = self.process.wait(timeout=PATIENCE_S)
        self._folder.cleanup()
        assert status == 0, self.log.read_text()[-3000:]

    def kill(self) -> None:
        """kill -9: nothing of the process gets to run any more."""
        self.process.kill()
        self.process.wait()
        self._folder.cleanup()

    def _window_id(self) -> str:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        return self.display.window_named("Workbench$")

    def _ask(self, request: str) -> Any:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(self._socket))
            connection.sendall(f"{request}\n".encode())
            with connection.makefile(encoding="utf-8") as answers:
                return json.loads(answers.readline())
