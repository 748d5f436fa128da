"""What is imported ahead of time: everything, and what is Qt's on the window's own thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# In a process of its own, as here most of it is there already.
_SCRIPT = """
import sys, threading
from importlib.abc import MetaPathFinder

elsewhere = []

class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if threading.current_thread() is not threading.main_thread():
            elsewhere.append(name)

from PySide6.QtCore import QEventLoop
from workbench.ui import theme
from workbench.ui.app import application
from workbench.ui.bridge import Bridge
from workbench.ui.panel_table import PANELS
from workbench.ui.preload import Preload

app = application()
theme.install(app, "dark")
sys.meta_path.insert(0, Watch())
bridge, ended = Bridge(), QEventLoop()
Preload(bridge, app).destroyed.connect(ended.quit)
ended.exec()
bridge.close()
assert "numpy.ma" in elsewhere
of_qt = [name for name in elsewhere if name.startswith(("PySide6", "pyqtgraph", "workbench.ui"))]
assert not of_qt, of_qt
wanted = [f"workbench.ui.panels.{entry.name}.panel" for entry in PANELS]
assert not set(wanted) - set(sys.modules)
assert "pyqtgraph" in sys.modules
assert "PySide6.QtQml" not in sys.modules
"""


def test_classes_of_qt_are_made_on_the_windows_thread() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SCRIPT],
        cwd=Path(__file__).parent.parent.parent, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
