"""A run's model says of the pairs that wait how unsure it is, in a process of its own.

Scores are stored as they come, so that what was scored stays, whatever happens to the rest.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.generation import Finished, Ready, Reply, Weighed, WeighedPair
from workbench.exchange.score_file import unsureness_of_margin
from workbench.runner.generation_client import HOST_MODULE, GenerationClient
from workbench.runner.replies import Cancelled, next_reply
from workbench.store import Project
from workbench.store.rows import RunRow
from workbench.store.scores import PairToScore

METHODS_THAT_JUDGE = frozenset({"dpo", "kto", "reward"})
_PAIRS_AT_ONCE = 64
_ID_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ScoringProgress:
    """How far it is; nothing is done as long as the model is being loaded."""

    done: int
    total: int
    remaining_s: float | None


@dataclass(slots=True)
class ScoringReport:
    """What came of it. `source` is what the scores are called in the project.

    `unreadable` pairs are too long for the model. `problem` is the sentence of what ended it early,
    if something did.
    """

    source: str
    scored: int = 0
    unreadable: int = 0
    is_cancelled: bool = False
    problem: str = ""


def runs_that_judge(project: Project) -> list[RunRow]:
    """Runs whose result can tell which of two answers is better, the newest first."""
    return [
        run
        for run in project.runs.all()
        if run.method in METHODS_THAT_JUDGE
        and not run.state.is_active
        and (run.folder.adapter.is_dir() or run.folder.model.is_dir())
    ]


def score_source(project: Project, run: RunRow) -> str:
    """What the scores of a run's model are called: as the run, told apart from others so named."""
    is_alone = sum(other.name == run.name for other in project.runs.all()) == 1
    return run.name if is_alone else _told_apart(run)


def _told_apart(run: RunRow) -> str:
    return f"{run.name} ({run.id[-_ID_DIGITS:]})"


def newer_judge(project: Project) -> RunRow | None:
    """The newest finished run that can judge, where the queue still asks by an older run's scores.

    None where it asks by no run's scores: nobody wanted them.
    """
    source = project.queue.settings().score_source
    runs = project.runs.all()
    # Scores are called as their run; another run of that name came later.
    named = [run for run in runs if source in (run.name, _told_apart(run))]
    newest = next((run for run in runs_that_judge(project) if run.state is RunState.FINISHED), None)
    if not source or not named or newest is None:
        return None
    return newest if newest.created_at > min(run.created_at for run in named) else None


def score_waiting_pairs(
    project: Project,
    run_id: str,
    annotator: str,
    on_progress: Callable[[ScoringProgress], None] = lambda _progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    *,
    host_module: str = HOST_MODULE,
) -> ScoringReport:
    """Score the pairs that wait for an annotator and that this run has not scored; blocks.

    Raises RunError when nothing can be scored at all; a problem after the first scores is told in
    the report, for those stay.
    """
    run = project.runs.get(run_id)
    source = score_source(project, run)
    pair_ids = project.scores.unscored(annotator, source)
    if not pair_ids:
        raise RunError(
            f"There is nothing to score: “{source}” has scored every pair that waits for"
            f" {annotator}, or none waits."
        )
    work = _Scoring(project, run, pair_ids, on_progress, is_cancelled, ScoringReport(source))
    try:
        work.carry_out(host_module)
    except Cancelled:
        work.report.is_cancelled = True
    except RunError as error:
        if not work.report.scored:
            raise
        work.report.problem = str(error)
    return work.report


@dataclass
class _Scoring:
    project: Project
    run: RunRow
    pair_ids: Sequence[str]
    on_progress: Callable[[ScoringProgress], None]
    is_cancelled: Callable[[], bool]
    report: ScoringReport
    _done: int = 0
    _since: float = 0.0

    def carry_out(self, host_module: str) -> None:
        replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._tell()
        with GenerationClient(replies.put, host_module=host_module) as client:
            client.load_judge(str(self.run.folder.path), self.run.spec.device)
            while not isinstance(next_reply(replies, self.is_cancelled), Ready):
                pass
            self._since = time.monotonic()
            for start in range(0, len(self.pair_ids), _PAIRS_AT_ONCE):
                asked = self.pair_ids[start : start + _PAIRS_AT_ONCE]
                pairs = self.project.scores.some(asked)
                client.weigh([_weighed(pair) for pair in pairs])
                self._store(list(self._answers(replies)))
                self._done += len(asked)
                self._tell()

    def _answers(self, replies: queue.SimpleQueue[Reply]) -> Iterator[Weighed]:
        while not isinstance(reply := next_reply(replies, self.is_cancelled), Finished):
            if isinstance(reply, Weighed):
                yield reply

    def _store(self, answers: Sequence[Weighed]) -> None:
        scores = [
            (answer.pair_id, unsureness_of_margin(answer.margin))
            for answer in answers
            if answer.margin is not None
        ]
        self.report.scored += self.project.scores.put(self.report.source, scores)
        self.report.unreadable += len(answers) - len(scores)

    def _tell(self) -> None:
        remaining_s = None
        if self._done:
            each_s = (time.monotonic() - self._since) / self._done
            remaining_s = each_s * (len(self.pair_ids) - self._done)
        self.on_progress(ScoringProgress(self._done, len(self.pair_ids), remaining_s))


def _weighed(pair: PairToScore) -> WeighedPair:
    return WeighedPair(pair.pair_id, pair.messages, pair.first, pair.second)
