"""Where a project stands on the loop, and what to do next. Knows no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from workbench.core.events import RunState
from workbench.core.preferences import Choice, Split
from workbench.stats.win_rate import WinRate, win_rate
from workbench.store import Project
from workbench.store.rows import RunRow, Vote

# Fewer pairs than this teach a model little; the first training waits for them.
ENOUGH_PAIRS = 20


class NextStep(Enum):
    """What helps most now, in the order in which it is looked for."""

    BRING_IN_PAIRS = auto()
    LABEL_WHILE_RUNNING = auto()
    WATCH = auto()
    LOOK_AT_ENDED_RUN = auto()
    MAKE_PAIRS_OF_VOTES = auto()
    COMPARE = auto()
    LABEL = auto()
    TRAIN = auto()
    NEXT_ROUND = auto()


@dataclass(frozen=True, slots=True)
class Round:
    """One run, and what people said of it."""

    number: int
    run: RunRow
    votes: WinRate
    margin: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Loop:
    """The counts of the four stages."""

    usable_pairs: int
    left_out_pairs: int
    waiting_pairs: int
    held_out_prompts: int
    reviewed_prompts: int
    votes: int
    convertible_votes: int
    rounds: tuple[Round, ...]

    @property
    def latest(self) -> Round | None:
        return self.rounds[0] if self.rounds else None


def read_loop(project: Project, annotator: str) -> Loop:
    """Read everything that Home shows; takes some queries, so not on the GUI thread."""
    counts = project.labels.counts()
    progress = project.labels.progress(annotator)
    votes = project.votes.all()
    # A reward model writes nothing that people could prefer: it is no round.
    runs = [run for run in project.runs.all() if run.method != "reward"]
    held_out = {prompt.id for prompt in project.datasets.prompts(Split.HELD_OUT)}
    usable = counts.get(Choice.FIRST, 0) + counts.get(Choice.SECOND, 0)
    return Loop(
        usable_pairs=usable,
        left_out_pairs=sum(counts.values()) - usable,
        waiting_pairs=progress.total - progress.decided,
        held_out_prompts=len(held_out),
        reviewed_prompts=len({vote.prompt_id for vote in votes} & held_out),
        votes=len(votes),
        convertible_votes=project.votes.convertible(),
        rounds=tuple(
            _round(project, run, len(runs) - place, votes) for place, run in enumerate(runs)
        ),
    )


def next_step(loop: Loop) -> NextStep:
    """The one thing to offer."""
    latest = loop.latest
    if latest is None:
        return _before_the_first_run(loop)
    if latest.run.state.is_active:
        return NextStep.LABEL_WHILE_RUNNING if loop.waiting_pairs else NextStep.WATCH
    if latest.run.state is not RunState.FINISHED:
        return NextStep.LOOK_AT_ENDED_RUN
    if not latest.votes.decisive:
        return NextStep.COMPARE
    if loop.convertible_votes:
        return NextStep.MAKE_PAIRS_OF_VOTES
    if not latest.votes.is_clear and loop.reviewed_prompts < loop.held_out_prompts:
        return NextStep.COMPARE
    return NextStep.LABEL if loop.waiting_pairs else NextStep.NEXT_ROUND


def _before_the_first_run(loop: Loop) -> NextStep:
    if loop.usable_pairs >= ENOUGH_PAIRS:
        return NextStep.TRAIN
    if loop.waiting_pairs:
        return NextStep.LABEL
    return NextStep.TRAIN if loop.usable_pairs else NextStep.BRING_IN_PAIRS


def _round(project: Project, run: RunRow, number: int, votes: Sequence[Vote]) -> Round:
    margins = ("rewards/margins", "rewards/accuracies")
    newest = {
        name: float(series.value[-1])
        for name, series in project.runs.series(run.id, margins).items()
        if len(series.value)
    }
    return Round(number, run, _votes_on(run.id, votes), *(newest.get(name) for name in margins))


def _votes_on(run_id: str, votes: Sequence[Vote]) -> WinRate:
    """How the run's model fared against others; two answers of its own tell nothing."""
    choices = []
    for vote in votes:
        was_first = vote.first.origin.run_id == run_id
        if was_first == (vote.second.origin.run_id == run_id):
            continue
        choices.append(vote.choice if was_first else _swapped(vote.choice))
    return win_rate(choices)


def _swapped(choice: Choice) -> Choice:
    swapped = {Choice.FIRST: Choice.SECOND, Choice.SECOND: Choice.FIRST}
    return swapped.get(choice, choice)
