"""Run folders read into a real project."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runner.conftest import FAKE_TRAINER, make_spec, wait_until
from workbench.core.changes import NO_CHANGES, Changed
from workbench.core.control import Command
from workbench.core.errors import RunError
from workbench.core.events import Bye, Event, Hello, Metric, Payload, RunState, encode
from workbench.core.run_folder import RunFolder
from workbench.core.telemetry import MachineReading
from workbench.runner.exit_report import ExitKind, ExitReport, write_report
from workbench.runner.ingest import ingest_run, ingest_runs
from workbench.runner.start import adopt_run, resume_run, start_run
from workbench.runner.steering import request
from workbench.runner.supervisor_record import read_record
from workbench.store import Project

PAYLOADS: list[Payload] = [
    Hello(1, 1.0, "cpu", {}, 3),
    Metric(1, {"loss": 1.0}),
    Metric(2, {"loss": 0.5}),
    Metric(3, {"loss": 0.25}),
]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Runs") as project:
        yield project


@pytest.fixture
def run_id(project: Project) -> str:
    spec = make_spec()
    folder = RunFolder(project.runs_dir / spec.run_id)
    folder.path.mkdir()
    folder.spec.write_text(spec.model_dump_json())
    project.runs.add(spec, folder.path)
    return spec.run_id


def folder_of(project: Project, run_id: str) -> RunFolder:
    return project.runs.get(run_id).folder


def lines(run_id: str, payloads: list[Payload], attempt: int = 1) -> list[bytes]:
    return [
        encode(Event(run_id, attempt, seq, 100.0 + seq, payload)).encode()
        for seq, payload in enumerate(payloads, start=1)
    ]


def losses(project: Project, run_id: str) -> list[float]:
    series = project.runs.series(run_id, ["loss"])
    return series["loss"].value.tolist() if series else []


def test_ingesting_twice_adds_nothing(project: Project, run_id: str) -> None:
    attempt = folder_of(project, run_id).next_attempt()
    attempt.events.write_bytes(b"".join(lines(run_id, [*PAYLOADS, Bye(RunState.FINISHED, 3)])))
    reading = MachineReading(100.0, 5.0, 1, 2)
    attempt.telemetry.write_text(json.dumps(reading.to_json()) + "\n")
    write_report(attempt.exit, ExitReport(RunState.FINISHED, ExitKind.FINISHED, "Finished."))
    changes = ingest_run(project, run_id)
    assert changes.flags == Changed.METRICS | Changed.RUNS
    assert changes.run_ids == {run_id}
    assert ingest_run(project, run_id) == NO_CHANGES
    assert losses(project, run_id) == [1.0, 0.5, 0.25]
    assert project.runs.readings(run_id) == [reading]
    run = project.runs.get(run_id)
    assert (run.state, run.detail, run.step, run.total_steps) == (
        RunState.FINISHED, "Finished.", 3, 3,
    )  # fmt: skip


def test_a_torn_line_is_read_once_whatever_byte_it_is_torn_at(
    project: Project, run_id: str
) -> None:
    attempt = folder_of(project, run_id).next_attempt()
    *complete, last = lines(run_id, PAYLOADS)
    for cut in range(len(last)):
        attempt.events.write_bytes(b"".join(complete) + last[:cut])
        ingest_run(project, run_id)
        assert losses(project, run_id) == [1.0, 0.5]
    attempt.events.write_bytes(b"".join([*complete, last]))
    ingest_run(project, run_id)
    assert losses(project, run_id) == [1.0, 0.5, 0.25]


def test_garbage_and_events_of_another_run_are_passed_over(
    project: Project, run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = folder_of(project, run_id).next_attempt()
    first, *rest = lines(run_id, PAYLOADS)
    stranger = lines("another", [Metric(9, {"loss": 9.0})])
    attempt.events.write_bytes(b"".join([first, b"garbage\n", *stranger, *rest]))
    with caplog.at_level(logging.WARNING):
        ingest_run(project, run_id)
    assert losses(project, run_id) == [1.0, 0.5, 0.25]
    assert len(caplog.records) == 2


def test_a_crashed_and_resumed_run_has_no_gap(project: Project, run_id: str) -> None:
    """Real processes: killed, resumed from its checkpoint, read while it goes on."""
    folder = folder_of(project, run_id)
    plan = {"steps": 100_000, "step_s": 0.02, "save_steps": 5}
    (folder.path / "plan.json").write_text(json.dumps(plan))
    attempt = start_run(project, run_id, trainer_module=FAKE_TRAINER)
    with pytest.raises(RunError, match="resume it instead"):
        start_run(project, run_id, trainer_module=FAKE_TRAINER)
    assert project.runs.get(run_id).state is RunState.QUEUED

    def step() -> int:
        ingest_runs(project, only_active=True)
        return project.runs.get(run_id).step

    wait_until(lambda: step() >= 12)
    assert project.runs.get(run_id).state is RunState.RUNNING
    trainer = wait_until(lambda: getattr(read_record(attempt.supervisor_pid), "trainer", None))
    os.kill(trainer.pid, signal.SIGKILL)
    wait_until(lambda: step() and project.runs.get(run_id).state is RunState.CRASHED)
    assert "ended from outside" in project.runs.get(run_id).detail

    last = project.runs.get(run_id).step + 30
    plan |= {"steps": last, "ends_after": "seen"}
    (folder.path / "plan.json").write_text(json.dumps(plan))
    resume_run(project, run_id, trainer_module=FAKE_TRAINER)
    with pytest.raises(RunError, match="already at work"):
        resume_run(project, run_id, trainer_module=FAKE_TRAINER)
    (folder.path / "seen").touch()
    wait_until(lambda: step() and project.runs.get(run_id).state is RunState.FINISHED)
    assert project.runs.series(run_id)["loss"].step.tolist() == list(range(1, last + 1))
    with pytest.raises(RunError, match="is finished"):
        resume_run(project, run_id, trainer_module=FAKE_TRAINER)


def test_a_folder_from_elsewhere_is_adopted(project: Project, tmp_path: Path) -> None:
    spec = make_spec(name="Trained on the server")
    elsewhere = RunFolder(tmp_path / "elsewhere")
    attempt = elsewhere.next_attempt()
    elsewhere.spec.write_text(spec.model_dump_json())
    attempt.events.write_bytes(b"".join(lines(spec.run_id, PAYLOADS)))
    assert adopt_run(project, elsewhere.path) == spec.run_id
    assert losses(project, spec.run_id) == [1.0, 0.5, 0.25]
    with attempt.events.open("ab") as file:
        file.write(lines(spec.run_id, [*PAYLOADS, Metric(4, {"loss": 0.125})])[-1])
    adopt_run(project, elsewhere.path)
    assert losses(project, spec.run_id) == [1.0, 0.5, 0.25, 0.125]


@pytest.mark.parametrize("name", ["../escape", "/tmp/escape", "..", "a/b"])
def test_a_run_that_leads_out_of_the_project_is_refused(
    project: Project, tmp_path: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "spec.json").write_text(make_spec(run_id=name).model_dump_json())
    with pytest.raises(RunError, match="impossible run"):
        adopt_run(project, elsewhere)


def test_a_run_that_was_never_started_does_not_wait_for_ever(project: Project) -> None:
    for age_s, state in ((0, RunState.QUEUED), (1000, RunState.STOPPED)):
        spec = make_spec(created_at=time.time() - age_s)
        (project.runs_dir / spec.run_id).mkdir()
        project.runs.add(spec, project.runs_dir / spec.run_id)
        ingest_run(project, spec.run_id)
        assert project.runs.get(spec.run_id).state is state


def test_a_stopped_run_is_told_apart(project: Project, run_id: str) -> None:
    folder = folder_of(project, run_id)
    (folder.path / "plan.json").write_text('{"steps": 100000, "step_s": 0.02}')
    start_run(project, run_id, trainer_module=FAKE_TRAINER)

    def state() -> RunState:
        ingest_run(project, run_id)
        return project.runs.get(run_id).state

    wait_until(lambda: state() is RunState.RUNNING)
    request(folder, Command.STOP)
    wait_until(lambda: state() is RunState.STOPPED)
