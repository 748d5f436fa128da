"""The real window: navigation, the palette, errors in place, projects, a clean end."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.core.changes import Changed, Changes
from workbench.core.errors import KnownError, ProjectError
from workbench.core.telemetry import GpuReading, MachineReading
from workbench.store.project import Project
from workbench.ui import theme
from workbench.ui.app import use_size
from workbench.ui.context import Session
from workbench.ui.main_window import MainWindow
from workbench.ui.panel import Panel
from workbench.ui.panel_table import PANELS
from workbench.ui.settings import Settings
from workbench.ui.tokens import WINDOW_MINIMUM
from workbench.ui.widgets.device_strip import DeviceStrip, JobLine


def rail_button(window: MainWindow, name: str) -> QToolButton:
    buttons = window.findChildren(QToolButton)
    return next(item for item in buttons if item.accessibleName().lower() == name)


def activate(qtbot: QtBot, window: MainWindow) -> None:
    """Shortcuts are heard by the active window alone."""
    with qtbot.waitActive(window):
        window.activateWindow()


@pytest.mark.parametrize("entry", PANELS, ids=lambda entry: entry.name)
def test_every_panel_opens_from_the_rail(window: MainWindow, qtbot: QtBot, entry: object) -> None:
    name = entry.name
    qtbot.mouseClick(rail_button(window, name), Qt.MouseButton.LeftButton)
    assert window.current_panel.accessibleName() or window.current_panel.isVisible()
    assert rail_button(window, name).isChecked()
    assert window.messages.text == ""


def test_ctrl_and_a_digit_go_to_a_panel(window: MainWindow, qtbot: QtBot) -> None:
    activate(qtbot, window)
    number = [entry.name for entry in PANELS].index("runs") + 1
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: rail_button(window, "runs").isChecked())


def test_the_palette_goes_where_it_is_told(window: MainWindow, qtbot: QtBot) -> None:
    activate(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.palette_popup
    qtbot.waitUntil(palette.isVisible)
    qtbot.keyClicks(palette.field, "go run")
    assert palette.titles()[0] == "Go to Runs"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert rail_button(window, "runs").isChecked()


def test_actions_of_panels_that_were_not_seen_yet_are_found_and_shown(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open_palette()
    palette = window.palette_popup
    qtbot.keyClicks(palette.field, "import data")
    qtbot.waitUntil(lambda: palette.titles()[:1] == ["Import data…"])
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert rail_button(window, "data").isChecked()


def test_escape_closes_the_palette(window: MainWindow, qtbot: QtBot) -> None:
    window.open_palette()
    qtbot.keyClick(window.palette_popup.field, Qt.Key.Key_Escape)
    assert not window.palette_popup.isVisible()


def test_the_palette_changes_the_look(
    window: MainWindow, qtbot: QtBot, settings: Settings, look: theme.Theme
) -> None:
    window.open_palette()
    qtbot.keyClicks(window.palette_popup.field, "theme light")
    qtbot.keyClick(window.palette_popup.field, Qt.Key.Key_Return)
    assert not look.is_dark
    assert Settings.load(settings.path).theme == "light"
    look.set_mode("dark")


def test_the_size_of_everything_is_chosen_for_the_next_start(
    window: MainWindow, qtbot: QtBot, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_palette()
    qtbot.keyClicks(window.palette_popup.field, "size 125")
    qtbot.keyClick(window.palette_popup.field, Qt.Key.Key_Return)
    assert "125 %" in window.notice.text
    monkeypatch.setenv("QT_SCALE_FACTOR", "2")
    use_size(Settings.load(settings.path))
    assert os.environ["QT_SCALE_FACTOR"] == "2"  # somebody said so already
    monkeypatch.delenv("QT_SCALE_FACTOR")
    use_size(Settings.load(settings.path))
    assert os.environ["QT_SCALE_FACTOR"] == "1.25"


def test_a_known_error_is_a_sentence_without_a_report(window: MainWindow) -> None:
    window.show_error(KnownError("The disk is full: free some space."))
    assert window.messages.text == "The disk is full: free some space."
    assert window.messages.action_text == ""


def test_a_bug_offers_a_report(window: MainWindow, qtbot: QtBot) -> None:
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError as error:
        window.show_error(error)
    assert "ZeroDivisionError: division by zero" in window.messages.text
    assert window.messages.action_text == "Copy report"
    copy = next(
        item for item in window.messages.findChildren(QPushButton) if item.text() == "Copy report"
    )
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    report = QGuiApplication.clipboard().text()
    assert "Traceback" in report
    assert "Workbench" in report


def test_a_notice_moves_nothing_and_leads_on(window: MainWindow, qtbot: QtBot) -> None:
    before = window.current_panel.geometry()
    go_on = partial(window.navigate, "label")
    window.show_notice("45 rows imported.", action="Label them", on_action=go_on)
    assert window.current_panel.geometry() == before
    assert window.notice.isVisible()
    assert window.notice.text == "45 rows imported."
    inside = window.notice.parentWidget()
    window.resize(window.width() - 40, window.height() - 30)
    assert inside is not None
    qtbot.waitUntil(lambda: inside.rect().contains(window.notice.geometry()))
    go = next(item for item in window.notice.findChildren(QPushButton) if item.text())
    qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    assert rail_button(window, "label").isChecked()
    assert not window.notice.isVisible()


def test_a_notice_stays_behind_with_its_panel(window: MainWindow, qtbot: QtBot) -> None:
    window.show_notice("45 rows imported.", action="Label them", on_action=lambda: None)
    window.navigate("home")
    assert window.notice.isVisible()
    qtbot.mouseClick(rail_button(window, "train"), Qt.MouseButton.LeftButton)
    assert not window.notice.isVisible()


def test_enter_presses_the_button_that_has_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    pressed: list[str] = []
    window.show_notice("Done.", action="Go on", on_action=lambda: pressed.append("once"))
    go = next(item for item in window.notice.findChildren(QPushButton) if item.text())
    qtbot.keyClick(go, Qt.Key.Key_Return)
    assert pressed == ["once"]


def test_the_keyboard_stays_in_the_panel_when_what_had_it_goes(window: MainWindow) -> None:
    window.activateWindow()
    window.navigate("home")
    button = window.findChild(QPushButton, "home.new")
    assert button is not None
    button.setFocus()
    button.hide()
    focused = window.focusWidget()
    assert focused is not None
    assert window.current_panel in (focused, *_parents(focused))


def _parents(widget: QWidget) -> list[QWidget]:
    found = []
    while (parent := widget.parentWidget()) is not None:
        found.append(parent)
        widget = parent
    return found


class Counting(Panel):
    """Counts its refreshes."""

    interests: ClassVar[Changed] = Changed.PAIRS

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Counting", "Counts.")
        self.seen: list[Changed] = []

    def refresh(self, changes: Changes) -> None:
        self.seen.append(changes.flags)


def test_a_panel_refreshes_when_it_is_seen(session: Session, qtbot: QtBot) -> None:
    panel = Counting(session)
    qtbot.addWidget(panel)
    assert panel.seen == []
    panel.show()
    assert panel.seen == [Changed.EVERYTHING]
    panel.apply_changes(Changes(Changed.RUNS))
    assert len(panel.seen) == 1
    panel.apply_changes(Changes(Changed.PAIRS | Changed.RUNS))
    assert panel.seen[1:] == [Changed.PAIRS]
    panel.hide()
    panel.apply_changes(Changes(Changed.PAIRS))
    panel.apply_changes(Changes(Changed.PAIRS))
    assert len(panel.seen) == 2
    panel.show()
    assert len(panel.seen) == 3


def test_another_project_takes_the_place_of_this_one(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    other = Project.create(tmp_path / "other", "Support replies")
    other.close()
    window.navigate("runs")
    window.open_project(tmp_path / "other")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("Support replies"))
    assert window.session.project.folder == (tmp_path / "other").resolve()
    assert rail_button(window, "home").isChecked()
    # The first one is closed: it can be opened again.
    Project.open(tmp_path / "project").close()


def test_of_two_projects_that_are_wanted_the_last_is_opened_and_the_other_left_free(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for name in ("other", "third"):
        Project.create(tmp_path / name, name).close()
    window.open_project(tmp_path / "other")
    window.open_project(tmp_path / "other")
    window.open_project(tmp_path / "third")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("third"))
    assert window.messages.text == ""
    Project.open(tmp_path / "other").close()


def test_a_project_that_is_open_elsewhere_is_refused_in_place(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "other", "Other"):
        window.open_project(tmp_path / "other")
        qtbot.waitUntil(lambda: "already open" in window.messages.text)
    assert window.session.project.name == "Concise answers"


def test_without_a_project_only_home_can_be_used(qtbot: QtBot, settings: Settings) -> None:
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    window.navigate("runs")
    assert rail_button(window, "home").isChecked()
    assert not rail_button(window, "runs").isEnabled()
    window.close()


def test_the_window_comes_back_where_it_was(
    qtbot: QtBot, settings: Settings, tmp_path: Path
) -> None:
    first = MainWindow(settings)
    qtbot.addWidget(first)
    first.resize(1210, 740)
    first.show()
    first.close()
    second = MainWindow(Settings.load(settings.path))
    qtbot.addWidget(second)
    # The width alone is no proof: Qt fits a restored window into a small screen.
    assert second.height() == 740
    second.close()
    (tmp_path / "window.json").write_text("not JSON")
    assert Settings.load(tmp_path / "window.json").theme == "system"


def test_opened_projects_are_remembered(window: MainWindow, settings: Settings) -> None:
    stored = Settings.load(settings.path)
    assert stored.recent_projects == [str(window.session.project.folder)]


def test_the_strip_says_what_there_is(qtbot: QtBot) -> None:
    strip = DeviceStrip()
    qtbot.addWidget(strip)
    reading = MachineReading(0.0, 42.0, int(9.2e9), int(64e9), no_gpu_reason="No NVIDIA GPU here")
    strip.show_reading(reading)
    strip.show_job(None)
    assert "No NVIDIA GPU here" in strip.texts()
    assert "42 %" in strip.texts()
    assert "GPU busy" not in strip.texts()
    gpu = GpuReading(0, "u", "H100", 91.0, memory_used_bytes=int(1e9))
    strip.show_reading(MachineReading(1.0, None, 0, 1, (gpu,)))
    strip.show_job(JobLine("dpo-2", "step 3 of 9"))
    texts = strip.texts()
    assert {"dpo-2", "step 3 of 9", "GPU busy", "91 %"} <= set(texts)
    assert "Tensor pipe" not in texts  # not available on this GPU: never a zero
    assert "No NVIDIA GPU here" not in texts


def test_the_strip_is_fed(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.machine() is not None)
    assert any("/ " in text and "GB" in text for text in window.strip.texts())


_BLOCKED = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "peft", "accelerate"}:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Block())
from PySide6.QtCore import QTimer
from workbench.ui import app, main_window
from workbench.ui.panel_table import PANELS
shown = []
class Window(main_window.MainWindow):
    def showEvent(self, event):
        super().showEvent(event)
        if not shown:
            shown.append(True)
            QTimer.singleShot(0, self.visit)
    def visit(self):
        for entry in PANELS:
            self.navigate(entry.name)
            assert self.messages.text == "", self.messages.text
        print("visited", len(PANELS))
        self.close()
app.MainWindow = Window
sys.exit(app.main(sys.argv[1:]))
"""


def test_the_window_opens_with_torch_blocked(tmp_path: Path, home: Path) -> None:
    Project.create(tmp_path / "p", "Blocked").close()
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED, str(tmp_path / "p")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"visited {len(PANELS)}" in done.stdout
    assert home.is_dir()


def test_a_second_window_says_that_the_project_is_open(tmp_path: Path) -> None:
    from workbench.ui.app import _open

    with Project.create(tmp_path / "p", "Open"):
        opened, problem = _open([str(tmp_path / "p")], Settings.load(tmp_path / "s.json"))
    assert opened is None
    assert isinstance(problem, ProjectError)
    assert "already open" in str(problem)


def test_a_notice_covers_nothing_that_can_be_pressed(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(*WINDOW_MINIMUM)
    for entry in PANELS:
        window.navigate(entry.name)
        panel = window.current_panel
        window.show_notice("“Answers of the model before” is a gold item now: others are asked it.")
        qtbot.waitUntil(partial(stands_in_heading, window, panel))
        notice = window.notice.geometry()
        for pressed in panel.findChildren(QWidget):
            if isinstance(pressed, QAbstractButton | QComboBox | QLineEdit) and pressed.isVisible():
                at = QRect(pressed.mapTo(panel, QPoint()), pressed.size())
                assert not notice.intersects(at), (entry.name, pressed.objectName())


def stands_in_heading(window: MainWindow, panel: QWidget) -> bool:
    assert isinstance(panel, Panel)
    notice = window.notice.geometry()
    return notice.left() == panel.heading.left() and notice.right() <= panel.heading.right()
