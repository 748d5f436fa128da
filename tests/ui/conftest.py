"""Real projects and real windows; every test has its own home folder."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.held_bridge import HeldBridge
from workbench.store.project import Project
from workbench.ui import theme
from workbench.ui.context import Session
from workbench.ui.formulas import typesetter
from workbench.ui.main_window import MainWindow
from workbench.ui.settings import Settings

_PATIENCE_MS = 30_000


class PatientBot(QtBot):
    """Waits longer by default: a busy machine is no failure, and what comes soon costs nothing."""

    def waitUntil(
        self, callback: Callable[[], bool | None], *, timeout: int = _PATIENCE_MS
    ) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = _PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(self, signals: Any, *, timeout: int = _PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignals(signals, timeout=timeout, **options)

    def waitActive(self, widget: QWidget, *, timeout: int = _PATIENCE_MS) -> Any:
        return super().waitActive(widget, timeout=timeout)

    def waitExposed(self, widget: QWidget, *, timeout: int = _PATIENCE_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(request: pytest.FixtureRequest) -> QtBot:
    request.getfixturevalue("qapp")
    return PatientBot(request)


@pytest.fixture(autouse=True)
def _garbage_goes_between_tests() -> Iterator[None]:
    """As in the application, no worker thread ever destroys what is Qt's."""
    gc.collect()  # only now is nothing of the test before held any more
    gc.freeze()  # what was imported stays: looking through it after each test would cost most of it
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def _no_key_stays_held(qapp: QApplication) -> Iterator[None]:
    """After a key with Ctrl Qt takes Ctrl as held until the next key, and rows select otherwise."""
    yield
    if qapp.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        QTest.keyRelease(QWidget(), Qt.Key.Key_Control)


@pytest.fixture(scope="session", autouse=True)
def _nothing_stays_in_the_clipboard(qapp: QApplication) -> Iterator[None]:
    """Offscreen, Qt destroys what was copied after Python has ended, and crashes over it."""
    yield
    qapp.clipboard().clear()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep caches, settings and projects of a test inside its own folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> theme.Theme:
    """The theme is installed once per process, as in the application."""
    return theme.install(qapp, "dark")


@pytest.fixture(autouse=True)
def _own_formulas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test finds formulas that another one had set; their process starts with the first."""
    shared: list[typesetter.Typesetter] = []
    monkeypatch.setattr(typesetter, "_shared", shared)
    yield
    for made in shared:
        made.close()


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a closed project, to be copied: that is sooner done than to make one."""
    folder = tmp_path_factory.mktemp("empty") / "project"
    Project.create(folder, "Concise answers").close()
    return folder


@pytest.fixture
def project(tmp_path: Path, empty_project: Path) -> Iterator[Project]:
    """An empty project in its own folder, closed at the end."""
    shutil.copytree(empty_project, tmp_path / "project")
    made = Project.open(tmp_path / "project")
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "window.json")


@pytest.fixture
def window(qtbot: QtBot, project: Project, settings: Settings) -> Iterator[MainWindow]:
    """The real window, shown, with `project` open; closing it must end all of its threads."""
    before = set(threading.enumerate())
    shown = MainWindow(settings, project)
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.close()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not left, f"threads outlived the window: {left}"


class QuietWindow:
    """Stands where a panel's window is, for tests of one panel: keeps what it was told."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.notices: list[str] = []
        self.actions: list[object] = []
        self.visits: list[tuple[str, dict[str, object]]] = []
        self.opened: list[Path] = []
        self.panels: list[object] = []
        self.active: tuple[object, ...] = ()

    def navigate(self, panel: str, **what: object) -> None:
        self.visits.append((panel, what))

    def apply(self, changes: object) -> None:
        for panel in self.panels:
            panel.apply_changes(changes)

    def show_error(self, error: BaseException) -> None:
        self.errors.append(error)

    def show_notice(self, text: str, *, action: str = "", on_action: object = None) -> None:
        self.notices.append(text)
        self.actions.append(on_action)

    def open_project(self, folder: Path) -> None:
        self.opened.append(folder)

    def create_project(self, folder: Path, name: str) -> None:
        self.opened.append(folder)

    def machine(self) -> None:
        return None

    def active_runs(self) -> tuple[object, ...]:
        return self.active


@pytest.fixture
def session(project: Project, settings: Settings) -> Iterator[Session]:
    """A session for a panel that is tried without the main window."""
    bridge = HeldBridge()
    window = QuietWindow()
    bridge.failed.connect(window.show_error)
    yield Session(window, bridge, settings, project)
    bridge.close()
    assert not window.errors, window.errors


@pytest.fixture
def bridge(session: Session) -> HeldBridge:
    """The bridge of `session`, to keep outcomes back."""
    assert isinstance(session.bridge, HeldBridge)
    return session.bridge
