"""Format tags: whether they are all there, and what stands between two of them."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.rewards import TagsReward
from workbench.engine.rewards.sample import RewardFunction, RewardResult, for_each


def inside(text: str, tag: str) -> str | None:
    """What stands in the last `<tag>…</tag>` of the text; all of it for no tag; None: not there."""
    if not tag:
        return text
    before_end, closing, _ = text.rpartition(f"</{tag}>")
    _, opening, content = before_end.rpartition(f"<{tag}>")
    return content if closing and opening else None


def tags_reward(spec: TagsReward) -> RewardFunction:
    """1 where each tag is there once, in order and not empty, with nothing outside if so asked.

    Graded: the share of these conditions that hold. Each opening and each closing tag that is
    there exactly once is one, and the order with all that goes with it is the last.
    """
    names = spec.tag_names

    def judge(completion: str) -> RewardResult:
        markers = [marker for name in names for marker in (f"<{name}>", f"</{name}>")]
        once = sum(completion.count(marker) == 1 for marker in markers)
        in_order = once == len(markers) and _in_order(completion, names, spec.nothing_outside)
        if in_order:
            return RewardResult(1.0)
        return RewardResult(once / (len(markers) + 1) if spec.graded else 0.0)

    return for_each(lambda item: judge(item.completion))


def _in_order(text: str, names: Sequence[str], nothing_outside: bool) -> bool:
    """Whether the tags follow each other, none within another, each with something inside."""
    rest = text
    for name in names:
        before, opening, rest = rest.partition(f"<{name}>")
        content, closing, rest = rest.partition(f"</{name}>")
        if not (opening and closing and content.strip()):
            return False
        if any(f"<{other}>" in content or f"</{other}>" in content for other in names):
            return False
        if nothing_outside and before.strip():
            return False
    return not (nothing_outside and rest.strip())
