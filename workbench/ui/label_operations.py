"""What a person can change while labelling, beside the verdict itself (`operations.py`).

As there: no widgets, any thread, and a KnownError leaves the project as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from workbench.core.changes import NO_CHANGES, Changed, Changes
from workbench.core.labelling import GoldAnswer, LabelSettings
from workbench.core.preferences import Verdict
from workbench.exchange.merge_projects import merge_project
from workbench.exchange.score_file import read_scores, write_pairs_to_score
from workbench.runner import pair_scoring
from workbench.runner.generation_client import HOST_MODULE
from workbench.runner.pair_scoring import ScoringProgress, ScoringReport
from workbench.store import Project
from workbench.store.edited_answers import Edit
from workbench.store.merge import Merged


def redo_verdict(project: Project, annotator: str) -> tuple[Changes, Verdict | None]:
    """Give again the verdict that was undone last; also returns it."""
    redone = project.labels.redo(annotator)
    return (Changes(Changed.VERDICTS) if redone else NO_CHANGES), redone


def save_edit(project: Project, edit: Edit) -> Changes:
    """Make an edited answer the chosen one of a new pair, over the answer that it came from."""
    project.edited_answers.save(edit)
    return Changes(Changed.PAIRS | Changed.VERDICTS | Changed.DATASETS)


def keep_draft(
    project: Project, annotator: str, pair_id: str, response_id: str, text: str
) -> Changes:
    """Keep an edit that is under way, so that a crash loses nothing of it."""
    project.edited_answers.keep_draft(annotator, pair_id, response_id, text)
    return NO_CHANGES


def drop_draft(project: Project, annotator: str, pair_id: str, response_id: str) -> Changes:
    """Give up an edit that was under way."""
    project.edited_answers.drop_draft(annotator, pair_id, response_id)
    return NO_CHANGES


def mark_gold(project: Project, answer: GoldAnswer, annotator: str) -> Changes:
    """Make a pair a gold item: it tests the other annotators and never trains."""
    project.gold.mark(answer, annotator)
    return Changes(Changed.PAIRS | Changed.VERDICTS)


def unmark_gold(project: Project, pair_id: str) -> Changes:
    """Let a gold item be an ordinary pair again, which is asked of people and may train."""
    project.gold.unmark(pair_id)
    return Changes(Changed.PAIRS | Changed.VERDICTS)


def change_label_settings(project: Project, settings: LabelSettings) -> Changes:
    """Say how this project is labelled from now on."""
    project.queue.change_settings(settings)
    return Changes(Changed.PAIRS)


def add_annotator(project: Project, name: str) -> tuple[Changes, str]:
    """Remember an annotator's profile; also returns the name as it is kept."""
    return Changes(Changed.VERDICTS), project.annotators.add(name)


def import_scores(project: Project, path: Path, source: str) -> tuple[Changes, int]:
    """Read how unsure a model is about pairs; also returns for how many of them."""
    count = read_scores(project, path, source)
    return Changes(Changed.PAIRS), count


def score_waiting_pairs(
    project: Project,
    run_id: str,
    annotator: str,
    on_progress: Callable[[ScoringProgress], None],
    is_cancelled: Callable[[], bool],
    *,
    host_module: str = HOST_MODULE,
) -> tuple[Changes, ScoringReport]:
    """Let a run's model score the pairs that wait; from then on the queue asks by its scores.

    Also returns what came of it.
    """
    report = pair_scoring.score_waiting_pairs(
        project, run_id, annotator, on_progress, is_cancelled, host_module=host_module
    )
    if not report.scored:
        return NO_CHANGES, report
    settings = replace(project.queue.settings(), score_source=report.source)
    project.queue.change_settings(settings)
    return Changes(Changed.PAIRS), report


def merge_copy(project: Project, folder: Path) -> tuple[Changes, Merged]:
    """Bring in another copy of this project; also returns what was new in it."""
    merged = merge_project(project, folder)
    return Changes(Changed.PAIRS | Changed.VERDICTS | Changed.DATASETS | Changed.VOTES), merged


def export_pairs_to_score(project: Project, path: Path, annotator: str) -> int:
    """Write the waiting pairs to a file for a model to score; returns how many."""
    return write_pairs_to_score(project, path, annotator)
