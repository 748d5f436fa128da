"""The whole round without a window: train on the demo pairs, answer held-out prompts with base
and adapter, let the rule judge, and print what was measured.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.cli.bar import progress_bar
from workbench.cli.demo_report import Answers, DemoReport, as_object, as_table
from workbench.cli.follow import follow
from workbench.cli.prepare import prepare
from workbench.core import paths
from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.generation import Row, Sampling
from workbench.core.preferences import Prompt, Split
from workbench.core.recipes import DpoConfig, ModelRef
from workbench.modelfiles.embedded import EMBEDDED_NAME
from workbench.runner.create import create_run
from workbench.runner.demo_project import create_demo_project
from workbench.runner.generation import generate_all
from workbench.runner.ingest import ingest_run
from workbench.runner.start import start_run
from workbench.store.project import Project
from workbench.store.rows import RunRow

_ADAPTER = "trained"
# The settings with which the demo's own answers were sampled.
_SAMPLING = Sampling(temperature=0.5, top_p=0.9, max_new_tokens=120, seed=0)


def go_round(steps: int | None, device: str, keep: Path | None, *, as_json: bool) -> int:
    """Train `steps` steps (None: once over the pairs), measure and print; raises KnownError."""
    started = time.monotonic()
    model = ModelRef(name=EMBEDDED_NAME, path=str(prepare().folder))
    with _demo_project(keep) as project:
        training_started = time.monotonic()
        run = _train(project, model, steps, device)
        trained = time.monotonic()
        answers = _answer(project.datasets.prompts(Split.HELD_OUT), run, device)
        ended = time.monotonic()
    report = DemoReport(
        steps=run.step,
        ended=run.detail,
        train_s=trained - training_started,
        answer_s=ended - trained,
        total_s=ended - started,
        answers=answers,
    )
    print(as_table(report))
    if as_json:
        print(json.dumps(as_object(report), ensure_ascii=False))
    return 0


@contextmanager
def _demo_project(keep: Path | None) -> Iterator[Project]:
    """The demo project in `keep`, or in a folder of the cache that is gone afterwards."""
    folder = keep or Path(tempfile.mkdtemp(dir=paths.cache_dir(), prefix="demo-"))
    try:
        with progress_bar(None, "Making the demo project") as bar:
            project = create_demo_project(folder, bar.move_to)
        with project:
            yield project
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _train(project: Project, model: ModelRef, steps: int | None, device: str) -> RunRow:
    config = DpoConfig(max_steps=steps or 0)
    run_id = create_run(project, name="Demo DPO", model=model, config=config, device=device)
    attempt = start_run(project, run_id)
    follow(project.runs.get(run_id).folder, attempt, "Training on the demo pairs")
    ingest_run(project, run_id)
    run = project.runs.get(run_id)
    if run.state is not RunState.FINISHED:
        raise RunError(f"The demo's training is {run.state.value}: {run.detail}")
    return run


def _answer(prompts: list[Prompt], run: RunRow, device: str) -> list[Answers]:
    """Base and adapter on every held-out prompt, from one copy of the base weights."""
    rows = [
        Row(f"{prompt.id}/{adapter or 'base'}", prompt.messages, adapter)
        for prompt in prompts
        for adapter in (None, _ADAPTER)
    ]
    with progress_bar(len(rows), "Answering held-out prompts") as bar:
        done = generate_all(
            run.spec.model.path, {_ADAPTER: str(run.folder.adapter)}, rows, _SAMPLING,
            bar.move_to, device=device,
        )  # fmt: skip
    return [
        Answers(prompt, done[f"{prompt.id}/base"].text, done[f"{prompt.id}/{_ADAPTER}"].text)
        for prompt in prompts
    ]
