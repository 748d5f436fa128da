"""What is read from run folders: once, whole, and with the newest attempt on top."""

import math
from pathlib import Path

import numpy as np
import pytest

from workbench.core.events import Event, Hello, Metric, Payload, RunState, Warned
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.core.telemetry import GpuReading, MachineReading
from workbench.store import Project


@pytest.fixture
def run_id(project: Project) -> str:
    spec = RunSpec(
        run_id="r1",
        name="dpo-1",
        model=ModelRef(name="tiny", path="/models/tiny"),
        config=DpoConfig(),
    )
    folder = project.runs_dir / "r1"
    folder.mkdir()
    return project.runs.add(spec, folder).id


def events(attempt: int, payloads: list[Payload]) -> list[Event]:
    return [
        Event("r1", attempt, seq, 1000.0 * attempt + seq, payload)
        for seq, payload in enumerate(payloads, start=1)
    ]


def losses(attempt: int, steps: range, value: float) -> list[Event]:
    return events(attempt, [Metric(step, {"loss": value + step}) for step in steps])


def test_a_run_is_found_again_with_its_folder(project: Project, run_id: str) -> None:
    run = project.runs.get(run_id)
    assert run.folder.path == project.runs_dir / "r1"
    assert run.state is RunState.QUEUED
    assert isinstance(run.spec.config, DpoConfig)
    assert [item.id for item in project.runs.all()] == [run_id]


def test_reading_twice_adds_nothing(project: Project, run_id: str) -> None:
    batch = losses(1, range(1, 6), 0.0)
    assert project.runs.add_events(run_id, 1, batch, 100) == 5
    assert project.runs.add_events(run_id, 1, batch, 100) == 0
    assert project.runs.offset(run_id, 1, "events") == 100
    assert project.runs.get(run_id).step == 5
    assert list(project.runs.series(run_id)["loss"].value) == [1, 2, 3, 4, 5]


def test_a_resumed_run_has_no_gap_and_no_double_step(project: Project, run_id: str) -> None:
    project.runs.add_events(run_id, 1, losses(1, range(1, 8), 0.0), 1)
    project.runs.add_events(run_id, 2, losses(2, range(5, 11), 100.0), 1)
    series = project.runs.series(run_id, ["loss"])["loss"]
    assert list(series.step) == list(range(1, 11))
    assert list(series.value) == [1, 2, 3, 4, *range(105, 111)]


def test_what_is_not_a_number_stays_so(project: Project, run_id: str) -> None:
    project.runs.add_events(run_id, 1, events(1, [Metric(1, {"loss": math.nan})]), 1)
    assert np.isnan(project.runs.series(run_id)["loss"].value).all()


def test_events_can_be_asked_for_by_kind(project: Project, run_id: str) -> None:
    warned = Warned("drift", "Chosen answers lose probability.")
    hello = Hello(1, 0.0, "cpu", {}, total_steps=40)
    project.runs.add_events(run_id, 1, events(1, [hello, warned, Metric(1, {"loss": 1})]), 1)
    assert [event.payload for event in project.runs.events(run_id, ["warning"])] == [warned]
    assert [event.kind for event in project.runs.events(run_id)] == ["hello", "warning", "metric"]
    assert project.runs.get(run_id).total_steps == 40


def test_telemetry_keeps_what_is_not_available(project: Project, run_id: str) -> None:
    gpu = GpuReading(0, "GPU-1", "Card", busy_percent=91.0)
    reading = MachineReading(5.0, 12.0, 100, 200, (gpu,))
    assert project.runs.add_readings(run_id, 1, [reading, reading], 10) == 1
    (stored,) = project.runs.readings(run_id)
    assert stored == reading
    assert stored.gpus[0].memory_used_bytes is None


def test_a_state_is_news_once(project: Project, run_id: str) -> None:
    assert project.runs.set_state(run_id, RunState.CRASHED, "Out of memory.")
    assert not project.runs.set_state(run_id, RunState.CRASHED, "Out of memory.")
    assert project.runs.get(run_id).detail == "Out of memory."


def test_a_run_outside_the_project_is_refused(project: Project, tmp_path: Path) -> None:
    spec = RunSpec(run_id="r2", name="x", model=ModelRef(name="m", path="p"), config=DpoConfig())
    with pytest.raises(ValueError, match="subpath"):
        project.runs.add(spec, tmp_path / "elsewhere")


def test_a_watcher_reads_each_point_once(project: Project, run_id: str) -> None:
    project.runs.add_events(run_id, 1, losses(1, range(1, 4), 0.0), 1)
    first = project.runs.points_after(run_id, ["loss", "kl"])
    assert list(first.series["loss"].step) == [1, 2, 3]
    project.runs.add_events(run_id, 2, losses(2, range(3, 6), 100.0), 1)
    second = project.runs.points_after(run_id, ["loss"], first.attempt, first.seq)
    assert list(second.series["loss"].value) == [103, 104, 105]
    third = project.runs.points_after(run_id, ["loss"], second.attempt, second.seq)
    assert third.series == {}
    assert (third.attempt, third.seq) == (second.attempt, second.seq)
