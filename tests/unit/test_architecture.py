"""The walls between the layers, and documentation that keeps up with the code."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.control import Command
from workbench.core.events import PAYLOADS, RunState, Severity

ROOT = Path(__file__).resolve().parents[2]
LINES_ALLOWED = 400

QT = "PySide6,shiboken6,pyqtgraph,qtawesome,qtpy"
TORCH = "torch,transformers,peft,accelerate"
STATISTICS = "statsmodels,scipy,pandas"

# Runs first in a fresh interpreter: what argv[1] names can't be imported any more.
WALL = """
import importlib, importlib.abc, pkgutil, sys
blocked = sys.argv[1].split(",")

class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is behind the wall")
        return None

sys.meta_path.insert(0, Wall())
"""

IMPORT_ALL_BUT = """
import workbench
skipped = sys.argv[2].split(",")

def names(package):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if module.name not in skipped:
            yield module.name
            if module.ispkg:
                yield from names(importlib.import_module(module.name))

found = list(names(workbench))
for name in found:
    importlib.import_module(name)
print(len(found))
"""

START_THE_WINDOW = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from workbench.ui.app import main

def look_and_quit():
    shown = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    print("shown", len(shown))
    for window in shown:
        window.close()
    QApplication.quit()

QTimer.singleShot(0, lambda: QTimer.singleShot(500, look_and_quit))
sys.exit(main([]))
"""


def python(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", WALL + program, *arguments],
        env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_everything_but_window_and_engine_imports_without_qt_and_torch() -> None:
    done = python(IMPORT_ALL_BUT, f"{QT},{TORCH}", "workbench.ui,workbench.engine")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


def test_the_window_imports_without_torch() -> None:
    done = python(IMPORT_ALL_BUT, TORCH, "workbench.engine", QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr


def test_the_engine_imports_without_qt_and_database() -> None:
    packages = {path.stem for path in (ROOT / "workbench").iterdir()}
    others = ",".join(f"workbench.{name}" for name in packages - {"engine", "core"})
    done = python(IMPORT_ALL_BUT, f"{QT},sqlite3,sqlite_utils", others)
    assert done.returncode == 0, done.stderr


def test_the_window_starts_without_torch_and_statistics(tmp_path: Path) -> None:
    slow_to_import = f"{TORCH},{STATISTICS}"
    done = python(
        START_THE_WINDOW, slow_to_import, QT_QPA_PLATFORM="offscreen", WORKBENCH_HOME=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "shown 1"


def test_every_event_and_command_is_documented() -> None:
    page = (ROOT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    assert headings == set(PAYLOADS)
    for word in (*Command, *RunState, *Severity):
        assert f"`{word.value}`" in page, word


def test_every_field_of_an_event_is_documented() -> None:
    page = (ROOT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
    for kind, payload in PAYLOADS.items():
        section = page.split(f"### `{kind}`")[1].split("\n##")[0]
        for field in dataclasses.fields(payload):
            assert f"`{field.name}`" in section, f"{kind}.{field.name}"


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


in_a_checkout = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="this is not a git checkout"
)


@in_a_checkout
def test_files_stay_small_enough_to_read() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in tracked("workbench/*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES_ALLOWED
    }
    assert long == {}


@in_a_checkout
def test_nothing_names_a_folder_of_one_machine() -> None:
    homes = re.compile(r"(?<![\w.$}~-])/(?:home|Users|root|work)/[\w-]+")
    patterns = ("*.py", "*.md", "*.toml", "*.txt", "*.json", "*.jsonl", "*.desktop", "packaging/*")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked(*patterns)
        for match in homes.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
