"""A double click on the launcher opens the demo project."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.end2end.desktop import ROOT, Display, wait_for
from workbench.core.paths import embedded_model_dir

pytestmark = pytest.mark.skipif(
    not (ROOT / ".venv" / "workbench-test.stamp").exists() or not shutil.which("gio"),
    reason="packaging/test has not set this folder up, so a double click would start to install",
)


def test_a_double_click_opens_the_demo(display: Display, tmp_path: Path) -> None:
    models = tmp_path / "home" / "cache" / "models"
    models.mkdir(parents=True)
    # Making the model takes long and has its own test.
    (models / embedded_model_dir().name).symlink_to(embedded_model_dir())
    environment = {
        name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"
    } | {
        "DISPLAY": display.name,
        "WORKBENCH_HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
    }
    subprocess.run([ROOT / "packaging" / "install-launcher"], env=environment, check=True)
    launcher = tmp_path / "share" / "applications" / "workbench.desktop"
    subprocess.run(["gio", "launch", launcher], env=environment, check=True)

    window = wait_for("the window", lambda: display.window_named("Workbench$"))
    name = display.xdotool("getwindowname", window)
    os.kill(int(display.xdotool("getwindowpid", window)), signal.SIGTERM)
    assert name.endswith(" – Workbench")
