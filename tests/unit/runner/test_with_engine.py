"""The real trainer on a tiny model, under the real supervisor, read into a real project."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runner.conftest import wait_until
from workbench.core.control import Command
from workbench.core.conversation import user
from workbench.core.events import Metric, RunState
from workbench.core.labelling import LabelSettings, PickedBy
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.core.recipes import DpoConfig, ModelRef
from workbench.runner.create import create_run
from workbench.runner.exit_report import ExitKind, read_report
from workbench.runner.ingest import ingest_run
from workbench.runner.pair_scoring import runs_that_judge, score_waiting_pairs
from workbench.runner.start import resume_run, start_run
from workbench.runner.steering import request
from workbench.runner.supervisor_record import read_record
from workbench.store import Project
from workbench.store.rows import NewPair, RunRow

pytestmark = pytest.mark.timeout(900)  # torch starts several times, on a busy machine too
WRITTEN = Origin(OriginKind.WRITTEN)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with Project.create(tmp_path / "project", "Runs") as project:
        pairs = (
            NewPair(
                user(f"Tell me what {n} is."), "It is a number.", "Rain falls. " * 4,
                WRITTEN, WRITTEN, Choice.FIRST,
            )
            for n in range(16)
        )  # fmt: skip
        project.datasets.add_pairs("Numbers", pairs)
        yield project


class Watched:
    """A run as the window sees it: only what was ingested."""

    def __init__(self, project: Project, run_id: str) -> None:
        self.project = project
        self.run_id = run_id

    def row(self) -> RunRow:
        ingest_run(self.project, self.run_id)
        return self.project.runs.get(self.run_id)

    def wait_for_step(self, step: int) -> None:
        wait_until(lambda: self.row().step >= step, timeout_s=180)

    def wait_for(self, state: RunState) -> RunRow:
        def has_come() -> RunRow | None:
            row = self.row()
            assert row.state in (state, *(s for s in RunState if s.is_active)), row.detail
            return row if row.state is state else None

        row = wait_until(has_come, timeout_s=180)
        assert isinstance(row, RunRow)
        return row


def test_kill_resume_and_pause_leave_no_gap(project: Project, tiny_model_dir: Path) -> None:
    config = DpoConfig(
        max_steps=10_000, per_device_train_batch_size=2, save_steps=5, eval_steps=0,
        stop_on_drift=False, max_length=64,
    )  # fmt: skip
    run_id = create_run(
        project, name="Tiny", model=ModelRef(name="tiny", path=str(tiny_model_dir)),
        config=config, device="cpu",
    )  # fmt: skip
    run = Watched(project, run_id)

    attempt = start_run(project, run_id)
    run.wait_for_step(6)
    trainer = wait_until(lambda: getattr(read_record(attempt.supervisor_pid), "trainer", None))
    os.kill(trainer.pid, signal.SIGKILL)
    crashed = run.wait_for(RunState.CRASHED)
    newest = crashed.folder.checkpoint_steps()[-1]
    assert newest >= 5
    assert f"Resume goes on from step {newest}" in crashed.detail

    resumed = resume_run(project, run_id)
    run.wait_for_step(crashed.step + 3)
    request(crashed.folder, Command.PAUSE)
    paused = run.wait_for(RunState.PAUSED)
    report = read_report(resumed.exit)
    assert report is not None
    assert (report.kind, report.last_step) == (ExitKind.PAUSED, paused.step)
    assert paused.folder.checkpoint_steps()[-1] == paused.step
    losses = project.runs.series(run_id, ["loss"])["loss"]
    assert losses.step.tolist() == list(range(1, paused.step + 1))
    assert {reading.no_gpu_reason for reading in project.runs.readings(run_id)}
    events = project.runs.events(run_id, [Metric.KIND], limit=100_000)
    assert {event.attempt for event in events} == {1, 2}


def test_a_trained_model_scores_the_pairs_that_wait(project: Project, tiny_model_dir: Path) -> None:
    config = DpoConfig(
        max_steps=2, per_device_train_batch_size=2, save_steps=0, eval_steps=0,
        stop_on_drift=False, max_length=64,
    )  # fmt: skip
    run_id = create_run(
        project, name="Tiny", model=ModelRef(name="tiny", path=str(tiny_model_dir)),
        config=config, device="cpu",
    )  # fmt: skip
    start_run(project, run_id)
    run = Watched(project, run_id).wait_for(RunState.FINISHED)
    new = [NewPair(user(f"What is {n}?"), "A number.", "Rain.", WRITTEN, WRITTEN) for n in range(9)]
    project.datasets.add_pairs("To label", new)
    assert [item.id for item in runs_that_judge(project)] == [run.id]
    report = score_waiting_pairs(project, run_id, "ada")
    assert (report.source, report.scored, report.problem) == ("Tiny", 9, "")
    scores = LabelSettings(score_source="Tiny", random_share=0.2, gold_every=0, repeat_every=0)
    picks = project.queue.hand_out("ada", 9, scores)
    assert {pick.picked_by for pick in picks} <= {PickedBy.UNSURE, PickedBy.RANDOM}
    assert all(0 <= pick.unsureness <= 1 for pick in picks if pick.unsureness is not None)
