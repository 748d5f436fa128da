"""Each test has its own display, home and project; nothing of the account's is touched."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.end2end.desktop import Application, Display

Open = Callable[..., Application]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.end2end)
            item.add_marker(pytest.mark.timeout(900))  # several windows and runs, one after another


@pytest.fixture
def display() -> Iterator[Display]:
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("Xvfb or xdotool is not installed; packaging/test installs both")
    shown = Display()
    yield shown
    shown.close()


@pytest.fixture
def open_application(display: Display, tmp_path: Path) -> Iterator[Open]:
    """Open the application on the display; what a test leaves open is killed."""
    opened: list[Application] = []

    def open_it(*arguments: object) -> Application:
        opened.append(Application(display, tmp_path / "home", *map(str, arguments)))
        return opened[-1]

    yield open_it
    for application in opened:
        if application.process.poll() is None:
            application.kill()
    for process in psutil.process_iter(["cmdline"]):  # a run outlives its window
        if any(str(tmp_path) in part for part in process.info["cmdline"] or ()):
            with suppress(psutil.NoSuchProcess):
                process.kill()
