"""Rows in words: where an answer came from, what was said of a pair, what was changed."""

from __future__ import annotations

import datetime

from PySide6.QtCore import QCoreApplication

from workbench.core.preferences import Choice, Origin, OriginKind, Strength, Verdict


def _tr(text: str) -> str:
    return QCoreApplication.translate("RowWords", text)


def origin_words(origin: Origin) -> str:
    """`SmolLM2 · step 200 · temperature 0.7 · seed 3`, or what else is known."""
    kinds = {
        OriginKind.SAMPLED: _tr("written by a model"),
        OriginKind.IMPORTED: _tr("imported"),
        OriginKind.WRITTEN: _tr("written by hand"),
        OriginKind.EDITED: _tr("edited"),
    }
    parts = [origin.model or kinds[origin.kind]]
    if origin.checkpoint_step is not None:
        parts.append(_tr("step {0}").format(origin.checkpoint_step))
    if origin.temperature is not None:
        parts.append(_tr("temperature {0:g}").format(origin.temperature))
    if origin.top_p is not None:
        parts.append(_tr("top p {0:g}").format(origin.top_p))
    if origin.seed is not None:
        parts.append(_tr("seed {0}").format(origin.seed))
    if origin.note:
        parts.append(origin.note)
    return " · ".join(parts)


def verdict_words(verdict: Verdict) -> str:
    """`Ada: first is better, clearly · 4.2 s`; who it was, where a rule or a file said it."""
    choices = {
        None: _tr("took the verdict back"),
        Choice.FIRST: _tr("first is better"),
        Choice.SECOND: _tr("second is better"),
        Choice.TIE: _tr("tie"),
        Choice.BOTH_BAD: _tr("both bad"),
        Choice.SKIP: _tr("skipped"),
    }
    strengths = {
        Strength.SLIGHTLY: _tr("slightly"),
        Strength.CLEARLY: _tr("clearly"),
        Strength.MUCH: _tr("much"),
    }
    sources = {
        "import": _tr("From the file"),
        "rule": _tr("By rule"),
        "compare": _tr("Compare, {0}").format(verdict.annotator),
    }
    words = f"{sources.get(verdict.source, verdict.annotator)}: {choices[verdict.choice]}"
    if verdict.strength is not None and verdict.choice is not None:
        words += f", {strengths[verdict.strength]}"
    if verdict.elapsed_s is not None and verdict.choice is not None:
        words += f" · {verdict.elapsed_s:.1f} s"
    return words


def part_words(part: str) -> str:
    """Which part of a row was edited."""
    parts = {
        "prompt": _tr("the prompt"),
        "first": _tr("the first answer"),
        "second": _tr("the second answer"),
    }
    return parts[part]


def moment(t: float) -> str:
    """`12 Nov 2026, 14:02`."""
    local = datetime.datetime.fromtimestamp(t).astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"
