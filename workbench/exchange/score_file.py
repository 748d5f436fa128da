"""Scores of pairs from a model or a reward model: the file it is asked with, and its answer.

A row of the answer names a pair by `pair_id` and has one of: `unsureness` (0 sure to 1 unsure),
`probability` (that the first answer is better), or `margin` (reward of the first answer less that
of the second, as in DPO's implicit reward). JSON Lines or CSV.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.atomic import replacing
from workbench.core.errors import DataFileError
from workbench.store import Project


def read_scores(project: Project, path: Path, source: str) -> int:
    """Store the scores in `path` as those of `source`; returns for how many pairs of the project.

    Raises DataFileError for a row that can't be read, and where no row is about a pair here;
    nothing is stored then.
    """
    scores = list(_scores(path))
    known = project.scores.put(source, scores)
    if known == 0:
        raise DataFileError(
            path,
            "no row names a pair of this project: write the pairs to be scored from the queue's"
            " menu, and keep their pair_id.",
        )
    return known


def write_pairs_to_score(project: Project, path: Path, annotator: str) -> int:
    """Write the pairs that wait as JSON Lines: pair_id, prompt, first, second."""
    count = 0
    with replacing(path) as file:
        for pair in project.scores.to_score(annotator):
            count += 1
            row = {
                "pair_id": pair.pair_id,
                "prompt": pair.prompt,
                "first": pair.first,
                "second": pair.second,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def unsureness_of(row: Mapping[str, Any]) -> float:
    """From 0 (sure) to 1 (could be either); raises ValueError that says what is wrong."""
    for name, rule in (("unsureness", _given), ("probability", _of_probability)):
        if row.get(name) not in (None, ""):
            value = float(row[name])
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be between 0 and 1, not {value:g}")
            return rule(value)
    if row.get("margin") not in (None, ""):
        margin = float(row["margin"])
        if math.isnan(margin):
            raise ValueError("margin is not a number")
        return unsureness_of_margin(margin)
    raise ValueError("it has none of unsureness, probability and margin")


def unsureness_of_margin(margin: float) -> float:
    """Of the reward of one answer less that of the other, by Bradley and Terry's model."""
    return _of_probability(1 / (1 + math.exp(-max(-500.0, min(500.0, margin)))))


def _given(value: float) -> float:
    return value


def _of_probability(value: float) -> float:
    return 1 - abs(2 * value - 1)


def _scores(path: Path) -> Iterator[tuple[str, float]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file) if path.suffix.lower() == ".csv" else _json_rows(file)
            for number, row in enumerate(rows, start=1):
                yield _score(path, number, row)
    except UnicodeDecodeError as error:
        raise DataFileError(path, "it is not UTF-8 text: save it as UTF-8.") from error
    except OSError as error:
        raise DataFileError(path, f"it can't be read ({error.strerror}).") from error


def _score(path: Path, number: int, row: object) -> tuple[str, float]:
    if not isinstance(row, Mapping) or not row.get("pair_id"):
        raise DataFileError(path, "the row has no pair_id.", line=number)
    try:
        return str(row["pair_id"]), unsureness_of(row)
    except (TypeError, ValueError) as error:
        raise DataFileError(path, f"the score can't be read: {error}.", line=number) from error


def _json_rows(file: Iterator[str]) -> Iterator[object]:
    for line in file:
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield None
