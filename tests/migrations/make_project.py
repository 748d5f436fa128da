"""Writes a project as the present version stores it: `python -m tests.migrations.make_project DIR`.

Run once for each release; its database is kept in `stored/` and opened by every later version.
"""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.core import conversation
from workbench.core.events import Event, Hello, Metric, RunState
from workbench.core.preferences import Choice, Origin, OriginKind, Split, Strength, Verdict
from workbench.core.recipes import DataRef, DpoConfig, ModelRef, RunSpec
from workbench.core.telemetry import MachineReading
from workbench.store import Project
from workbench.store.rows import NewExample, NewPair, NewPrompt

BASE = Origin(OriginKind.SAMPLED, model="SmolLM2-135M-Instruct", temperature=0.7, seed=3)
TRAINED = Origin(OriginKind.SAMPLED, model="SmolLM2-135M-Instruct", run_id="run-1", seed=3)


def make_project(folder: Path) -> None:
    """A bit of everything that a project holds; `test_stored_projects.py` knows what."""
    with Project.create(folder, "A stored project") as project:
        add_data(project)
        add_verdicts(project)
        add_votes(project)
        add_run(project)


def add_data(project: Project) -> None:
    pairs = [
        NewPair(conversation.user(f"Why {n}?"), f"Short {n}.", f"Long, {n}, and long.", BASE, BASE)
        for n in range(4)
    ]
    decided = NewPair(conversation.user("How?"), "So.", "Well, so.", BASE, BASE, Choice.FIRST)
    project.datasets.add_pairs("To label", pairs, source="pairs.jsonl", sha256="0" * 64)
    project.datasets.add_pairs("By rule", [decided], verdict_source="rule")
    project.datasets.add_examples("Examples", [NewExample(conversation.user("Who?"), "Ada.")])
    held_out = [NewPrompt(conversation.user("Where?"), Split.HELD_OUT)]
    project.datasets.add_prompts("Held out", held_out)
    checked = [NewPrompt(conversation.user("6 × 7?"), Split.TRAIN, "42", "number")]
    project.datasets.add_prompts("Checkable", checked)
    project.models.add("SmolLM2", "embedded", Path("/models/smollm2"), {"parameters": 134515008})


def add_verdicts(project: Project) -> None:
    first, second = project.pairs.waiting("Ada", 2)
    for number, (pair, choice) in enumerate(((first, Choice.SECOND), (second, Choice.TIE))):
        project.labels.record(
            Verdict(
                id=f"verdict-{number}", pair_id=pair.id, annotator="Ada", choice=choice,
                shown_left=Choice.SECOND, created_at=1_790_000_000.0 + number, elapsed_s=2.5,
                strength=Strength.MUCH if choice is Choice.SECOND else None,
            )
        )  # fmt: skip
    project.labels.undo("Ada")


def add_votes(project: Project) -> None:
    for question, choice in (("What?", Choice.SECOND), ("Where?", Choice.FIRST)):
        project.votes.record(
            conversation.user(question), ("Long-winded.", BASE), ("Brief.", TRAINED),
            choice=choice, shown_left=Choice.SECOND, blind=True, reviewer="Ada", elapsed_s=4.0,
        )  # fmt: skip
    project.votes.make_pairs()


def add_run(project: Project) -> None:
    spec = RunSpec(
        run_id="run-1", name="dpo-1", config=DpoConfig(), created_at=1_790_000_000.0,
        model=ModelRef(name="SmolLM2", path="/models/smollm2"),
        data=DataRef(description="5 labelled pairs", train_examples=5),
    )  # fmt: skip
    folder = project.runs_dir / spec.run_id
    folder.mkdir()
    project.runs.add(spec, folder)
    hello = Hello(4711, 1_790_000_000.0, "cpu", {"torch": "2.13.0"}, total_steps=3)
    events = [Event("run-1", 1, 1, 1_790_000_000.0, hello)]
    for step in range(1, 4):
        metric = Metric(step, {"loss": 0.7 / step, "rewards/margins": 0.1 * step})
        events.append(Event("run-1", 1, step + 1, 1_790_000_000.0 + step, metric))
    project.runs.add_events("run-1", 1, events, 1234)
    reading = MachineReading(1_790_000_001.0, 50.0, 4_000_000_000, 16_000_000_000)
    project.runs.add_readings("run-1", 1, [reading], 99)
    project.runs.set_state("run-1", RunState.FINISHED, "All steps are done.")


if __name__ == "__main__":
    make_project(Path(sys.argv[1]))
