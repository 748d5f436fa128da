"""The frozen data that a run trains on, taken from the project's labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core import conversation
from workbench.core.conversation import Conversation
from workbench.core.errors import RunError
from workbench.core.preferences import PreferenceExample, SupervisedExample
from workbench.store.project import Project

Example = PreferenceExample | SupervisedExample

# Fewer prompts than this are all trained on.
_FEWEST_PROMPTS_TO_SPLIT = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Examples to train on, and examples that are only measured; no prompt is in both."""

    train: tuple[Example, ...]
    eval: tuple[Example, ...]


def take_snapshot(
    project: Project, method: str, dataset_ids: Sequence[str], eval_fraction: float
) -> Snapshot:
    """Collect what `method` learns from, of all data sets or some; never held-out prompts.

    Raises RunError with the next step when there is nothing.
    """
    examples = _examples(project, method, dataset_ids)
    if not examples:
        raise RunError(_why_nothing(project, method, dataset_ids))
    return split_by_prompt(examples, eval_fraction)


def split_by_prompt(examples: Sequence[Example], eval_fraction: float) -> Snapshot:
    """Keep the prompts with the lowest hashes apart: the same ones each time, whatever the order.

    As data is added nearly all of them stay apart, so runs can be compared.
    """
    prompts = sorted({example.prompt for example in examples}, key=_hash)
    count = round(eval_fraction * len(prompts))
    if eval_fraction > 0 and len(prompts) >= _FEWEST_PROMPTS_TO_SPLIT:
        count = max(1, count)
    apart = set(prompts[: min(count, len(prompts) - 1)])
    return Snapshot(
        train=tuple(example for example in examples if example.prompt not in apart),
        eval=tuple(example for example in examples if example.prompt in apart),
    )


def _examples(project: Project, method: str, dataset_ids: Sequence[str]) -> list[Example]:
    if method == "sft":
        return [example for _, example in project.datasets.examples(dataset_ids)]
    return [labelled.example for labelled in project.pairs.labelled(dataset_ids)]


def _why_nothing(project: Project, method: str, dataset_ids: Sequence[str]) -> str:
    if method == "sft":
        if dataset_ids:
            return "The chosen data sets hold no examples to imitate: choose others."
        return "No examples to imitate yet: import some in Data."
    if dataset_ids:
        return "The chosen data sets hold no labelled pairs: choose others, or label in Label."
    if project.pairs.count() == 0:
        return "No pairs yet: import pairs in Data, or make some in Compare."
    return "No labelled pairs yet: label some in Label, or import pairs in Data."


def _hash(prompt: Conversation) -> str:
    text = json.dumps(conversation.to_json(prompt), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
