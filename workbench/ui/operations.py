"""Everything that a person can change, one function each. Each returns what it changed.

They know no widgets and may run on any thread; a KnownError leaves the project as it was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.changes import NO_CHANGES, Changed, Changes
from workbench.core.conversation import Conversation
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Origin, Strength, Verdict, VerdictDetails
from workbench.core.recipes import AdapterConfig, MethodConfig, ModelRef
from workbench.exchange.export_data import export_data
from workbench.runner import create, start
from workbench.store import Project


@dataclass(frozen=True, slots=True)
class Showing:
    """How a pair was shown: who saw it, which response stood on the left, for how long."""

    annotator: str
    shown_left: Choice
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What to train: no data set named means all that the method can learn from."""

    name: str
    model: ModelRef
    config: MethodConfig
    adapter: AdapterConfig
    device: str = "auto"
    dataset_ids: tuple[str, ...] = ()


def record_verdict(
    project: Project,
    pair_id: str,
    choice: Choice,
    showing: Showing,
    strength: Strength | None = None,
    *,
    details: VerdictDetails | None = None,
    source: str = "label",
    replaces: str | None = None,
) -> Changes:
    """Store a verdict on a pair; it is on disk when this returns.

    `replaces` is the same person's verdict that this one takes the place of.
    """
    verdict = Verdict(
        id=new_id(),
        pair_id=pair_id,
        annotator=showing.annotator,
        choice=choice,
        shown_left=showing.shown_left,
        created_at=time.time(),
        elapsed_s=showing.elapsed_s,
        strength=strength,
        replaces=replaces,
        source=source,
        details=details,
    )
    project.labels.record(verdict)
    return Changes(Changed.VERDICTS)


def undo_verdict(project: Project, annotator: str) -> tuple[Changes, Verdict | None]:
    """Take back the annotator's newest verdict; also returns it, so that its pair can be shown."""
    undone = project.labels.undo(annotator)
    return (Changes(Changed.VERDICTS) if undone else NO_CHANGES), undone


def export_pairs(project: Project, path: Path) -> int:
    """Write the labelled pairs to a file; returns how many. Nothing in the project changes."""
    return export_data(project, path).rows


def record_vote(
    project: Project,
    prompt: Conversation,
    first: tuple[str, Origin],
    second: tuple[str, Origin],
    choice: Choice,
    showing: Showing,
    *,
    blind: bool,
) -> Changes:
    """Store two compared answers with where they came from, and the vote on them."""
    project.votes.record(
        prompt,
        first,
        second,
        choice=choice,
        shown_left=showing.shown_left,
        blind=blind,
        reviewer=showing.annotator,
        elapsed_s=showing.elapsed_s,
    )
    return Changes(Changed.VOTES)


def make_pairs_of_votes(project: Project) -> Changes:
    """Turn every decided vote into a labelled pair: the next round's training data."""
    made = project.votes.make_pairs()
    if not made:
        return NO_CHANGES
    return Changes(Changed.VOTES | Changed.PAIRS | Changed.VERDICTS | Changed.DATASETS)


def start_run(project: Project, order: RunOrder) -> tuple[Changes, str]:
    """Freeze the data and start a run in the background; also returns the run's id."""
    run_id = create.create_run(
        project,
        name=order.name,
        model=order.model,
        config=order.config,
        adapter=order.adapter,
        device=order.device,
        dataset_ids=order.dataset_ids,
    )
    start.start_run(project, run_id)
    return Changes(Changed.RUNS, frozenset({run_id})), run_id


def resume_run(project: Project, run_id: str) -> Changes:
    """Go on with a paused, stopped or crashed run from its newest checkpoint."""
    start.resume_run(project, run_id)
    return Changes(Changed.RUNS, frozenset({run_id}))


def add_model(
    project: Project, name: str, source: str, path: Path, details: Mapping[str, object]
) -> Changes:
    """Remember a base model of this machine."""
    project.models.add(name, source, path, details)
    return Changes(Changed.MODELS)


def remove_model(project: Project, model_id: str) -> Changes:
    """Forget a base model; its files stay."""
    project.models.remove(model_id)
    return Changes(Changed.MODELS)
