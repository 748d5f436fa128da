"""Figures of a benchmark: a table for people, and one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. A comparison's is the peer's time or memory divided by ours."""

    name: str
    value: float
    unit: str
    target: float | None = None


def print_figures(figures: Sequence[Figure], *, as_json: bool = False) -> None:
    """Print a line for each at once, and with `as_json` the object last."""
    width = max((len(figure.name) for figure in figures), default=0)
    for figure in figures:
        target = f"   target {figure.target:,.3g}" if figure.target is not None else ""
        print(f"{figure.name:{width}}  {figure.value:>12,.3f} {figure.unit}{target}", flush=True)
    if as_json:
        print_json(figures)


def print_json(figures: Sequence[Figure]) -> None:
    """Print one object with all of them, for programs."""
    print(json.dumps({"figures": [asdict(figure) for figure in figures]}))
