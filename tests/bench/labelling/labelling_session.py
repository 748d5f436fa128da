"""A labelling session to be killed: the real panel, driven by real key events without a pause.

Prints a line for each verdict once the panel says that it is saved, before the next key. The
line is what somebody at the screen has seen: the pair's prompt and what was said of it.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import random
import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextEdit, QWidget

from workbench.store import Project
from workbench.ui import theme
from workbench.ui.app import application
from workbench.ui.main_window import MainWindow
from workbench.ui.settings import Settings
from workbench.ui.widgets.elided_label import ElidedLabel

_VERDICTS = {
    Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right", Qt.Key.Key_0: "tie",
    Qt.Key.Key_B: "both_bad", Qt.Key.Key_S: "skip",
}  # fmt: skip
_UNDO_SHARE = 0.1


def label_until_killed(folder: Path, seed: int) -> None:
    """Label until somebody ends it; `seed` chooses the keys."""
    app = application()
    settings = Settings.load(folder / "window.json")
    settings.annotator = "Ada"
    theme.install(app, "dark")
    window = MainWindow(settings, Project.open(folder))
    window.show()
    window.navigate("label")
    panel = window.current_panel
    chance = random.Random(seed)
    while not _text(panel, "prompt"):
        QApplication.processEvents()
        time.sleep(0.001)
    window.activateWindow()
    panel.setFocus()
    print("ready", flush=True)
    while True:
        while not _text(panel, "prompt"):
            QApplication.processEvents()
        if chance.random() < _UNDO_SHARE:
            _undo(panel)
        else:
            _decide(panel, chance.choice(list(_VERDICTS)))
        QApplication.processEvents()


def _decide(panel: QWidget, key: Qt.Key) -> None:
    prompt = _text(panel, "prompt")
    answers = {"left": _text(panel, "left"), "right": _text(panel, "right")}
    said = _VERDICTS[key]
    saved = _saved(panel)
    saved.show_text("")
    # What is about to be said, so that a verdict nobody heard of can be told from one made up.
    print(f"try\t{prompt}\t{answers.get(said, said)}", flush=True)
    QTest.keyClick(panel, key)
    if saved.accessibleName().startswith("Saved"):
        print(f"saved\t{prompt}\t{answers.get(said, said)}", flush=True)


def _undo(panel: QWidget) -> None:
    print("try-undo", flush=True)
    QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    if _saved(panel).accessibleName() == "Taken back":
        print(f"undone\t{_text(panel, 'prompt')}", flush=True)


def _saved(panel: QWidget) -> ElidedLabel:
    """Where the panel says what it did; its accessible name is that whole, however narrow it is."""
    saved = panel.findChild(ElidedLabel, "label.saved")
    assert isinstance(saved, ElidedLabel)
    return saved


def _text(panel: QWidget, name: str) -> str:
    view = panel.findChild(QTextEdit, f"label.{name}")
    assert isinstance(view, QTextEdit)
    return view.toPlainText()
