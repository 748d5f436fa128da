"""Commands that train and answer, with the real engine on a tiny model."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.engine.runs import train_here
from tests.unit.runner.conftest import wait_until
from workbench.cli import main
from workbench.core import paths
from workbench.core.conversation import user
from workbench.core.events import GroupSampled, RunState
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.core.recipes import AdapterConfig, DpoConfig, GrpoConfig, KtoConfig, ModelRef
from workbench.core.rewards import LengthReward, NumericMatch
from workbench.core.run_folder import RunFolder
from workbench.modelfiles.inspect import inspect_model
from workbench.runner.create import create_run
from workbench.store.project import Project
from workbench.store.rows import NewPair, NewPrompt

WRITTEN = Origin(OriginKind.WRITTEN)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def run_dir(tmp_path: Path, tiny_model_dir: Path) -> Path:
    """A run as it is copied to another machine: a folder, and no project."""
    pairs = (
        NewPair(
            user(f"Tell me what {n} is."), "It is a number.", "Rain falls. " * 4,
            WRITTEN, WRITTEN, Choice.FIRST,
        )
        for n in range(8)
    )  # fmt: skip
    with Project.create(tmp_path / "project", "Runs") as project:
        project.datasets.add_pairs("Numbers", pairs)
        run_id = create_run(
            project,
            name="Tiny",
            model=ModelRef(name="tiny", path=str(tiny_model_dir)),
            config=DpoConfig(max_steps=2, stop_on_drift=False),
            device="cpu",
        )
    target = tmp_path / "copied"
    shutil.copytree(tmp_path / "project" / "runs" / run_id, target)
    return target


def test_a_run_is_trained_once_and_read_into_a_project(
    tmp_path: Path, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(run_dir)]) == 0
    assert "Tiny is finished" in capsys.readouterr().out
    assert (RunFolder(run_dir).adapter / "adapter_model.safetensors").is_file()

    assert main(["train", str(run_dir)]) == 2
    assert "Tiny is finished" in capsys.readouterr().err

    Project.create(tmp_path / "other", "Other").close()
    assert main(["ingest", str(run_dir), "--project", str(tmp_path / "other")]) == 0
    with Project.open(tmp_path / "other") as project:
        (run,) = project.runs.all()
    assert (run.state, run.step) == (RunState.FINISHED, 2)


def test_a_whole_model_is_trained_from_judged_answers(tmp_path: Path, tiny_model_dir: Path) -> None:
    with Project.create(tmp_path / "project", "Runs") as project:
        pairs = (
            NewPair(user(f"What is {n}?"), "A number.", "Rain.", WRITTEN, WRITTEN, Choice.FIRST)
            for n in range(4)
        )
        project.datasets.add_pairs("Numbers", pairs)
        run_id = create_run(
            project, name="Whole", model=ModelRef(name="tiny", path=str(tiny_model_dir)),
            config=KtoConfig(max_steps=1, per_device_train_batch_size=4, eval_steps=0),
            adapter=AdapterConfig(tuning="full"), device="cpu",
        )  # fmt: skip
        folder = project.runs.get(run_id).folder
    assert train_here(folder).state is RunState.FINISHED
    assert inspect_model(folder.model, "whole").parameters > 0


def test_a_model_learns_from_its_own_answers_and_they_can_be_read(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    with Project.create(tmp_path / "project", "Runs") as project:
        sums = (NewPrompt(user(f"{n} + 1?"), answer=str(n + 1)) for n in range(4))
        project.datasets.add_prompts("Sums", sums)
        rewards = (NumericMatch(weight=2.0), LengthReward(target_words=3, tolerance_words=0))
        run_id = create_run(
            project, name="Online", model=ModelRef(name="tiny", path=str(tiny_model_dir)),
            config=GrpoConfig(
                max_steps=2, num_generations=3, max_completion_length=6, rewards=rewards
            ),
            device="cpu",
        )  # fmt: skip
        folder = project.runs.get(run_id).folder
    assert train_here(folder).state is RunState.FINISHED
    assert main(["ingest", str(folder.path), "--project", str(tmp_path / "project")]) == 0
    with Project.open(tmp_path / "project") as project:
        series = project.runs.series(run_id, ["reward", "rewards/length/mean", "rollout_time_s"])
        groups = [event.payload for event in project.runs.events(run_id, ("group",))]
    assert len(series) == 3
    assert all(list(found.step) == [1.0, 2.0] for found in series.values())
    assert groups
    for group in groups:
        assert isinstance(group, GroupSampled)
        assert group.expected
        assert len(group.answers) == 3
        assert group.answers[0].rewards.keys() == {"numeric_match", "length"}


def test_ctrl_c_saves_a_checkpoint_and_stops(run_dir: Path) -> None:
    spec = json.loads((run_dir / "spec.json").read_text(encoding="utf-8"))
    spec["config"]["max_steps"] = 100_000
    (run_dir / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    folder = RunFolder(run_dir)
    command = subprocess.Popen(
        [sys.executable, "-m", "workbench", "train", str(run_dir)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    events = folder.attempt(1).events
    wait_until(lambda: events.is_file() and '"metric"' in events.read_text("utf-8"), timeout_s=120)
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=120)
    assert command.returncode == 0
    assert "Tiny is stopped" in said
    assert folder.checkpoint_steps()


def test_a_run_that_crashes_is_one_sentence(
    run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = json.loads((run_dir / "spec.json").read_text(encoding="utf-8"))
    spec["model"]["path"] = "/nowhere"
    (run_dir / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    assert main(["train", str(run_dir)]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "/nowhere" in said
    assert "Traceback" not in said


@pytest.mark.timeout(900)
def test_the_whole_round_without_a_window(
    tmp_path: Path, tiny_model_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_model_dir, paths.embedded_model_dir())
    kept = tmp_path / "kept"
    arguments = ["--steps", "2", "--json", "--device", "cpu", "--keep", str(kept)]
    assert main(["demo", "--headless", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    measured = json.loads(lines[-1])
    assert measured["steps"] == 2
    assert measured["prompts"] == 30
    apart = measured["ties"] + measured["both_bad"]
    assert measured["decisive"] + apart == 30
    assert any(line.startswith("Preferred") for line in lines)
    with Project.open(kept) as project:
        assert [run.state for run in project.runs.all()] == [RunState.FINISHED]
