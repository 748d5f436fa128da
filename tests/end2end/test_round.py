"""The whole round in the real window: label, train, watch, compare, vote. And its death halfway."""

import os
import signal
from pathlib import Path

import pytest

from tests.end2end.conftest import Open
from tests.end2end.desktop import Application, Widget, wait_for
from workbench.core import conversation
from workbench.core.atomic import write_json
from workbench.core.events import RunState
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.core.run_folder import RunFolder
from workbench.runner.facts import read_facts
from workbench.store import Project
from workbench.store.rows import NewPair, NewPrompt
from workbench.ui import operations
from workbench.ui.tokens import DARK

ORIGIN = Origin(OriginKind.WRITTEN)
PAIRS = 12
FIRST_SERIES = DARK.series[0].lower()


@pytest.fixture
def folder(tmp_path: Path, tiny_model_dir: Path) -> Path:
    """A project with pairs to label, prompts to compare on and a tiny model; the look is dark."""
    folder = tmp_path / "project"
    with Project.create(folder, "Concise answers") as project:
        pairs = [
            NewPair(
                conversation.user(f"Tell me what {n} is."), "It is a number.", "Rain falls. " * 4,
                ORIGIN, ORIGIN,
            )
            for n in range(PAIRS)
        ]  # fmt: skip
        project.datasets.add_pairs("To label", pairs)
        prompts = [NewPrompt(conversation.user(f"What is rain {n}?"), Split.HELD_OUT) for n in "ab"]
        project.datasets.add_prompts("To compare on", prompts)
        operations.add_model(project, "Tiny", "folder", tiny_model_dir, {})
    state = tmp_path / "home" / "state"
    state.mkdir(parents=True)
    write_json(state / "window.json", {"theme": "dark", "annotator": "Ada"})
    return folder


def label_every_pair(window: Application) -> None:
    window.click("Label")
    for number in range(1, PAIRS + 1):
        short_is_left = "number" in window.text("label.left")
        window.keys("Left" if short_is_left else "Right")
        window.wait_for(f"{number} of {PAIRS}")


def start_training(window: Application, *, steps: int) -> None:
    window.click("Train")
    # Its rows are read by then: nothing on the page moves any more.
    window.wait_until("something to start", lambda: is_enabled(window, "train.start"))
    window.fill("train.field.max_steps", str(steps))
    if window.wait_for("train.field.stop_on_drift").shown["checked"]:
        window.click("train.field.stop_on_drift")
    window.click("train.start")
    window.wait_for("runs.stop")


def is_enabled(window: Application, name: str) -> bool:
    found = window.find(name)
    return found is not None and found.enabled


def plot(window: Application, name: str) -> Widget:
    return window.wait_until(
        f"the plot {name}",
        lambda: next(
            (
                item
                for item in window.widgets()
                if (item.kind, item.accessible) == ("RunPlot", name)
            ),
            None,
        ),
    )


def drawn_columns(window: Application, name: str) -> list[int]:
    """Columns of pixels in which a plot has something of its first curve."""
    shown = plot(window, name)
    return window.columns_with(FIRST_SERIES, shown)


def is_wide(window: Application, name: str) -> bool:
    """Whether the first curve of a plot reaches over most of it: all steps are drawn."""
    columns = drawn_columns(window, name)
    return bool(columns) and columns[-1] - columns[0] > plot(window, name).width / 2


def only_run(folder: Path) -> RunFolder:
    return RunFolder(wait_for("a run", lambda: next((folder / "runs").iterdir(), None)))


def step_of(events: Path) -> int:
    """How far a run is; heartbeats alone, while torch starts, are no step."""
    return read_facts(events).last_step or 0


def assert_complete(project: Project, steps: int) -> None:
    """The run is finished and each of its steps is there exactly once."""
    (run,) = project.runs.all()
    assert run.state is RunState.FINISHED, run.detail
    losses = project.runs.series(run.id, ["loss"])["loss"]
    assert losses.step.tolist() == list(range(1, steps + 1))


def test_the_whole_round(open_application: Open, folder: Path) -> None:
    window = open_application(folder)
    label_every_pair(window)

    start_training(window, steps=40)
    window.wait_for("runs.compare", timeout_s=240)
    window.wait_until("the whole loss curve", lambda: is_wide(window, "Loss"))

    window.click("runs.compare")
    window.click("compare.write")
    window.wait_for("Which answer is better?", timeout_s=240)
    window.keys("Left")
    window.wait_for("Vote saved. N shows the next prompt.")
    window.keys("n")
    window.wait_for("Which answer is better?")
    window.keys("Right")
    window.wait_for("Vote saved. N shows the next prompt.")
    window.close()
    assert window.log.read_text() == ""

    with Project.open(folder) as project:
        examples = [labelled.example for labelled in project.pairs.labelled()]
        assert {example.chosen for example in examples} == {"It is a number."}
        assert len(examples) == PAIRS
        assert_complete(project, 40)
        votes = project.votes.all()
        assert len(votes) == 2
        assert {vote.choice for vote in votes} <= {Choice.FIRST, Choice.SECOND}
        assert all(vote.blind for vote in votes)


def test_a_run_outlives_its_window_and_goes_on_after_a_crash(
    open_application: Open, folder: Path
) -> None:
    steps = 240
    with Project.open(folder) as project:
        for pair in project.pairs.waiting("Ada", PAIRS):
            showing = operations.Showing("Ada", shown_left=Choice.FIRST, elapsed_s=1.0)
            operations.record_verdict(project, pair.id, Choice.FIRST, showing)
    window = open_application(folder)
    start_training(window, steps=steps)
    run = only_run(folder)
    written = run.attempt(1).events
    wait_for("the first steps", lambda: step_of(written) >= 8, timeout_s=240)
    window.kill()

    at_death = step_of(written)
    wait_for("the run to go on", lambda: step_of(written) >= at_death + 8)
    hello = read_facts(written).hello
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)

    again = open_application(folder)
    again.click("Runs")
    reason = again.wait_until("the reason of the crash", lambda: said(again, "SIGKILL"))
    assert "Resume goes on from step" in reason
    again.click("runs.resume")
    again.wait_for("runs.compare", timeout_s=240)

    def curve_is_whole() -> bool:
        columns = drawn_columns(again, "Loss")
        return len(columns) > 100 and columns == list(range(columns[0], columns[-1] + 1))

    again.wait_until("a curve without a gap", curve_is_whole)
    again.close()
    assert again.log.read_text() == ""
    with Project.open(folder) as project:
        assert_complete(project, steps)


def said(window: Application, part: str) -> str:
    """The text of a visible widget with these words in it, or nothing."""
    return next((item.text for item in window.widgets() if part in item.text), "")
