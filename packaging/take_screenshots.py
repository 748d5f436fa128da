"""Pictures of every panel: a real project, a real run, real answers, in the real window."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QTextEdit

from workbench.core.control import Command
from workbench.core.events import RunState
from workbench.core.paths import embedded_model_dir
from workbench.core.recipes import AdapterConfig, DpoConfig, ModelRef, SftConfig
from workbench.runner.demo_project import create_demo_project
from workbench.runner.steering import request
from workbench.store import Project
from workbench.ui import operations, theme
from workbench.ui.app import application
from workbench.ui.main_window import MainWindow
from workbench.ui.operations import RunOrder
from workbench.ui.settings import Settings

PANELS = ("home", "models", "data", "label", "quality", "train", "runs", "compare")
RUN_TIME_S = 1200
SETTLE_MS = 1500


def main() -> int:
    """Take them all; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--size", default="1440x900", help="width x height (default %(default)s)")
    parser.add_argument("--steps", type=int, default=24, help="of the DPO run in the pictures")
    chosen = parser.parse_args()
    width, height = (int(part) for part in chosen.size.split("x"))
    chosen.out.mkdir(parents=True, exist_ok=True)
    model = embedded_model_dir()
    with tempfile.TemporaryDirectory() as home:
        # Keeps the person's own projects and settings out of the pictures.
        os.environ["WORKBENCH_HOME"] = os.environ["HOME"] = home
        embedded_model_dir().parent.mkdir(parents=True, exist_ok=True)
        embedded_model_dir().symlink_to(model)
        project = create_demo_project(Path(home) / "projects" / "concise-answers")
        project.set("name", "Concise answers")
        window = open_window(project, width, height)
        run_id = train(project, chosen.steps)
        label_some(window)
        compare_some(window)
        with_a_run_at_work(project, lambda: take(window, run_id, chosen.out))
        window.close()
    return 0


def open_window(project: Project, width: int, height: int) -> MainWindow:
    theme.install(application(), "dark")
    window = MainWindow(Settings.load(), project)
    window.resize(width, height)
    window.show()
    window.activateWindow()
    return window


def train(project: Project, steps: int) -> str:
    """A DPO run to its end; returns its id. The window reads it in as it goes."""
    dpo = RunOrder("dpo-concise-1", model_ref(), DpoConfig(max_steps=steps), AdapterConfig())
    _, run_id = operations.start_run(project, dpo)
    ended = {RunState.FINISHED, RunState.CRASHED, RunState.STOPPED}
    wait_for(lambda: project.runs.get(run_id).state in ended, RUN_TIME_S)
    return run_id


def with_a_run_at_work(project: Project, take_pictures: Callable[[], None]) -> None:
    """Take them while an SFT run is some steps on its way, and stop that run afterwards."""
    order = RunOrder("sft-house-style", model_ref(), SftConfig(max_steps=120), AdapterConfig())
    _, run_id = operations.start_run(project, order)
    wait_for(lambda: project.runs.get(run_id).step >= 12, RUN_TIME_S)
    take_pictures()
    request(project.runs.get(run_id).folder, Command.STOP)
    wait_for(lambda: not project.runs.get(run_id).state.is_active, RUN_TIME_S)


def model_ref() -> ModelRef:
    return ModelRef(name="SmolLM2-135M-Instruct", path=str(embedded_model_dir()))


def take(window: MainWindow, run_id: str, out: Path) -> None:
    for mode in ("dark", "light"):
        theme.active().set_mode(mode)
        for panel in PANELS:
            what: dict[str, object] = {"run_id": run_id} if panel == "runs" else {}
            window.navigate(panel, **what)
            wait(SETTLE_MS)
            path = out / f"{panel}-{mode}.png"
            window.grab().save(str(path))
            print(path, flush=True)


def label_some(window: MainWindow) -> None:
    window.navigate("label")
    wait(SETTLE_MS)
    keys = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_0, Qt.Key.Key_Right)
    for key in keys:
        QTest.keyClick(window, key)
        wait(4 * SETTLE_MS)


def compare_some(window: MainWindow) -> None:
    """Vote for the shorter answer a few times, then leave two answers in view."""
    window.navigate("compare")
    wait(SETTLE_MS)
    button(window, "compare.write").click()
    wait_for(lambda: button(window, "compare.tie").isEnabled())
    for _ in range(6):
        vote_for_shorter(window)
        QTest.keyClick(window, Qt.Key.Key_N)
        wait(100)
        wait_for(lambda: button(window, "compare.tie").isEnabled())
    vote_for_shorter(window)


def vote_for_shorter(window: MainWindow) -> None:
    left = window.findChild(QTextEdit, "compare.left")
    right = window.findChild(QTextEdit, "compare.right")
    assert left is not None
    assert right is not None
    is_left = len(left.toPlainText()) < len(right.toPlainText())
    QTest.keyClick(window, Qt.Key.Key_Left if is_left else Qt.Key.Key_Right)
    wait(SETTLE_MS)


def button(window: MainWindow, name: str) -> QPushButton:
    found = window.findChild(QPushButton, name)
    assert found is not None, name
    return found


def wait(duration_ms: int) -> None:
    """Let the window live for a while. (QTest.qWait would keep other threads from running.)"""
    loop = QEventLoop()
    QTimer.singleShot(duration_ms, loop.quit)
    loop.exec()


def wait_for(condition: Callable[[], bool], timeout_s: float = 180) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("the window did not get there in time")
        wait(100)


if __name__ == "__main__":
    sys.exit(main())
