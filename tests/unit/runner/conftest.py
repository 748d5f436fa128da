"""Run folders whose trainer needs no model, and nothing left running afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core.ids import new_id
from workbench.core.recipes import ModelRef, RunSpec, SftConfig
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.exit_report import ExitReport, read_report
from workbench.runner.launch import start_attempt

FAKE_TRAINER = "tests.unit.runner.fake_trainer"

MakeRun = Callable[..., RunFolder]


def wait_until(what: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Poll until `what` gives something true, and return it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"nothing came of it within {timeout_s} s: {what}")


def make_spec(**fields: Any) -> RunSpec:
    values = {
        "run_id": new_id(),
        "name": "A run",
        "model": ModelRef(name="none", path="/none"),
        "config": SftConfig(),
        "device": "cpu",
        "created_at": time.time(),
    }
    return RunSpec(**{**values, **fields})


def start(folder: RunFolder) -> AttemptFolder:
    return start_attempt(folder, trainer_module=FAKE_TRAINER)


def wait_for_report(attempt: AttemptFolder) -> ExitReport:
    report = wait_until(lambda: read_report(attempt.exit))
    assert isinstance(report, ExitReport)
    return report


def has_ended(process: psutil.Process) -> bool:
    """Whether a process that is not our child is gone, or only waits to be reaped."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Device locks of our own, so that tests never wait for runs of the person's."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    def make(steps: int = 3, **plan: Any) -> RunFolder:
        spec = make_spec()
        folder = RunFolder(tmp_path / "runs" / spec.run_id)
        folder.path.mkdir(parents=True)
        folder.spec.write_text(spec.model_dump_json())
        (folder.path / "plan.json").write_text(json.dumps({"steps": steps, **plan}))
        return folder

    return make


@pytest.fixture(autouse=True)
def _nothing_left_running(tmp_path: Path) -> Iterator[None]:
    yield
    left = [process for process in psutil.process_iter(["cmdline"]) if _is_ours(process, tmp_path)]
    for process in left:
        with suppress(psutil.NoSuchProcess):  # it may end by itself at any moment
            process.kill()


def _is_ours(process: psutil.Process, tmp_path: Path) -> bool:
    return any(str(tmp_path) in part for part in process.info["cmdline"] or ())
