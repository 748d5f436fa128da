"""Run folders of the tiny model, as the window would make them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.core.control import Command, write_control
from workbench.core.conversation import user
from workbench.core.events import Event, decode
from workbench.core.preferences import PreferenceExample, SupervisedExample, UnpairedExample
from workbench.core.recipes import METHODS, AdapterConfig, DataKind, MethodConfig, ModelRef, RunSpec
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.engine.event_log import EventLog
from workbench.engine.loop import Outcome
from workbench.engine.steering import Steering
from workbench.engine.training import carry_out
from workbench.engine.worker import count_rows

TOPICS = ("rain", "a volcano", "Paris", "the sky", "a fox", "a dog", "hot rock", "the earth")


def preferences(count: int, start: int = 0) -> list[PreferenceExample]:
    """Short answers chosen over long ones."""
    return [
        PreferenceExample(
            user(f"Tell me what {TOPICS[number % len(TOPICS)]} is, {number}."),
            f"It is {TOPICS[number % 5]}.",
            f"The {TOPICS[number % 7]} is what people read, " + "and " * (number % 6) + "why.",
            f"pair-{number}",
        )
        for number in range(start, start + count)
    ]


def supervised(count: int, start: int = 0) -> list[SupervisedExample]:
    return [
        SupervisedExample(pair.prompt, pair.chosen, pair.pair_id)
        for pair in preferences(count, start)
    ]


def unpaired(count: int, start: int = 0) -> list[UnpairedExample]:
    """Every second one is bad, each to a prompt of its own."""
    return [
        UnpairedExample(
            pair.prompt, pair.rejected if number % 2 else pair.chosen, not number % 2, pair.pair_id
        )
        for number, pair in enumerate(preferences(count, start))
    ]


EXAMPLES: dict[DataKind, Callable[[int, int], Sequence[Any]]] = {
    DataKind.PAIRS: preferences, DataKind.EXAMPLES: supervised, DataKind.JUDGED: unpaired,
}  # fmt: skip


def make_run(
    folder: Path,
    model: Path,
    config: MethodConfig,
    *,
    train: int = 12,
    held_out: int = 4,
    adapter: AdapterConfig | None = None,
) -> RunFolder:
    """A run folder with spec and data, ready to start."""
    run = RunFolder(folder)
    make = EXAMPLES[METHODS[config.method].learns_from]
    run.train_data.parent.mkdir(parents=True)
    write_rows(run.train_data, make(train, 0))
    write_rows(run.eval_data, make(held_out, 1000))
    spec = RunSpec(
        run_id=f"run-{folder.name}", name="A run", config=config,
        model=ModelRef(name="tiny", path=str(model)),
        adapter=adapter or AdapterConfig(r=4, lora_alpha=8, lora_dropout=0.1), device="cpu",
    )  # fmt: skip
    run.spec.write_text(spec.model_dump_json(), encoding="utf-8")
    return run


def write_rows(path: Path, rows: Sequence[Any]) -> None:
    path.write_text("".join(json.dumps(row.to_json()) + "\n" for row in rows), encoding="utf-8")


def train_here(run: RunFolder, *, command: Command | None = None) -> Outcome:
    """One attempt in this process; `command` is in its control file from the beginning."""
    attempt = run.next_attempt()
    if command is not None:
        write_control(attempt.control, command)
    spec = RunSpec.model_validate_json(run.spec.read_text(encoding="utf-8"))
    with EventLog(attempt.events, spec.run_id, attempt.number) as log:
        steering = Steering(attempt.control, log.emit)
        return carry_out(spec, run, count_rows(run.train_data), log, steering)


def events(attempt: AttemptFolder) -> list[Event]:
    lines = attempt.events.read_text(encoding="utf-8").splitlines(keepends=True)
    return [decode(line) for line in lines]


def payloads(attempt: AttemptFolder, kind: type[Any]) -> list[Any]:
    return [event.payload for event in events(attempt) if isinstance(event.payload, kind)]
