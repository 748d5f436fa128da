"""The frozen data that a run trains on, taken from the project's labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.core import conversation
from workbench.core.conversation import Conversation
from workbench.core.errors import RunError
from workbench.core.preferences import (
    PreferenceExample,
    PromptExample,
    SupervisedExample,
    UnpairedExample,
)
from workbench.core.recipes import METHODS, DataKind, MethodConfig, OnlineConfig
from workbench.store.learnable import Learnable
from workbench.store.project import Project

Example = PreferenceExample | SupervisedExample | UnpairedExample | PromptExample

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
    kind = METHODS[method].learns_from
    examples = _examples(project, kind, dataset_ids)
    if not examples:
        raise RunError(_why_nothing(project, kind, dataset_ids))
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


def teaching(examples: Sequence[Example], config: MethodConfig) -> tuple[Example, ...]:
    """Those of the examples that a run with these settings can learn from.

    Where every reward compares with the right answer, prompts without one teach nothing.
    """
    if not isinstance(config, OnlineConfig) or not config.rewards:
        return tuple(examples)
    if not all(reward.needs_answer for reward in config.rewards):
        return tuple(examples)
    return tuple(
        example
        for example in examples
        if not isinstance(example, PromptExample) or example.answer is not None
    )


def _examples(project: Project, kind: DataKind, dataset_ids: Sequence[str]) -> Sequence[Example]:
    learnable = Learnable(project.database)
    match kind:
        case DataKind.EXAMPLES:
            return [example for _, example in project.datasets.examples(dataset_ids)]
        case DataKind.PROMPTS:
            return learnable.prompts(dataset_ids)
        case DataKind.JUDGED:
            pairs = _pairs(project, learnable, dataset_ids)
            return _judged([*learnable.judged(dataset_ids), *_answers_of(pairs)])
        case DataKind.PAIRS:
            return _pairs(project, learnable, dataset_ids)


def _pairs(
    project: Project, learnable: Learnable, dataset_ids: Sequence[str]
) -> list[PreferenceExample]:
    strengths = learnable.strengths()
    examples = (labelled.example for labelled in project.pairs.labelled(dataset_ids))
    return [replace(example, strength=strengths.get(example.pair_id or "")) for example in examples]


def _answers_of(pairs: Sequence[PreferenceExample]) -> list[UnpairedExample]:
    """The chosen answer of each pair is a good one, the rejected one a bad one."""
    return [
        UnpairedExample(pair.prompt, text, desirable, pair.pair_id)
        for pair in pairs
        for text, desirable in ((pair.chosen, True), (pair.rejected, False))
    ]


def _judged(examples: Sequence[UnpairedExample]) -> list[UnpairedExample]:
    """Each answer once, however many pairs it stands in."""
    found = {(item.prompt, item.completion, item.desirable): item for item in reversed(examples)}
    return list(reversed(found.values()))


def _why_nothing(project: Project, kind: DataKind, dataset_ids: Sequence[str]) -> str:
    if dataset_ids:
        return _NOTHING_CHOSEN[kind]
    if kind is DataKind.PAIRS and project.pairs.count() > 0:
        return "No labelled pairs yet: label some in Label, or import pairs in Data."
    return _NOTHING[kind]


_NOTHING = {
    DataKind.EXAMPLES: "No examples to imitate yet: import some in Data.",
    DataKind.PAIRS: "No pairs yet: import pairs in Data, or make some in Compare.",
    DataKind.JUDGED: "No judged answers yet: label pairs in Label, or import answers marked good"
    " or bad in Data.",
    DataKind.PROMPTS: "No prompts to train on yet: import some in Data. Held-out prompts are only"
    " measured.",
}
_NOTHING_CHOSEN = {
    DataKind.EXAMPLES: "The chosen data sets hold no examples to imitate: choose others.",
    DataKind.PAIRS: "The chosen data sets hold no labelled pairs: choose others, or label in"
    " Label.",
    DataKind.JUDGED: "The chosen data sets hold no judged answers: choose others, or label pairs"
    " in Label.",
    DataKind.PROMPTS: "The chosen data sets hold no prompts that may be trained on: choose others.",
}


def _hash(prompt: Conversation) -> str:
    text = json.dumps(conversation.to_json(prompt), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
