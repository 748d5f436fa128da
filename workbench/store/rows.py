"""What the store gives back: plain records of the project's tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.conversation import Conversation
from workbench.core.events import RunState
from workbench.core.preferences import Choice, Origin, PreferenceExample, Response, Split
from workbench.core.recipes import RunSpec
from workbench.core.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Dataset:
    id: str
    name: str
    kind: str
    source: str | None
    row_count: int
    created_at: float


@dataclass(frozen=True, slots=True)
class NewPair:
    """A pair on its way into the store. `choice` None leaves it to be labelled."""

    prompt: Conversation
    first: str
    second: str
    first_origin: Origin
    second_origin: Origin
    choice: Choice | None = None
    split: Split = Split.TRAIN


@dataclass(frozen=True, slots=True)
class NewExample:
    prompt: Conversation
    completion: str
    split: Split = Split.TRAIN


@dataclass(frozen=True, slots=True)
class NewPrompt:
    """A prompt without answers; `answer` and `check` are there where an answer can be checked."""

    messages: Conversation
    split: Split = Split.TRAIN
    answer: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair with an undisputed winner: what it teaches, and where its answers came from."""

    prompt_id: str
    example: PreferenceExample
    chosen_origin: Origin
    rejected_origin: Origin
    verdict_source: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    id: str
    name: str
    source: str
    path: Path
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class RunRow:
    id: str
    name: str
    method: str
    spec: RunSpec
    folder: RunFolder
    state: RunState
    detail: str
    step: int
    total_steps: int | None
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of a run, by step; a step that was trained again keeps its newest value."""

    name: str
    step: NDArray[np.float64]
    t: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NewPoints:
    """Metrics that came in after a place in a run's events, and the place up to which they go."""

    series: dict[str, Series]
    attempt: int
    seq: int


@dataclass(frozen=True, slots=True)
class Vote:
    """A comparison that somebody decided. `pair_id` is set once it became a labelled pair."""

    id: str
    prompt_id: str
    first: Response
    second: Response
    reviewer: str
    choice: Choice
    shown_left: Choice
    blind: bool
    created_at: float
    elapsed_s: float | None = None
    pair_id: str | None = None
