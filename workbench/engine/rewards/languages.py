"""The reward for a language: told from the text alone, on this machine, by py3langid."""

from __future__ import annotations

import functools

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workbench.core.rewards import LanguageReward
from workbench.engine.rewards.sample import RewardFunction, RewardResult, for_each, yes_or_no

# Below this, guesses were wrong (measured: docs/REWARDS.md); above it, none of 90 was.
LEAST_CONFIDENCE = 0.5
_NO_LANGUAGE = "zxx"  # what the model calls figures, code and the like
# Written forms that the model tells apart and a person who asks for the language does not.
_ALSO = {"no": {"nn"}, "zh": {"yue", "wuu"}, "ar": {"ary", "arz"}, "hr": {"bs"}, "sr": {"bs"}}


def language_reward(spec: LanguageReward) -> RewardFunction:
    """1 for the language, 0 for another, no value where the text is too short to tell."""
    wanted = {spec.language} | _ALSO.get(spec.language, set())

    def judge(completion: str) -> RewardResult:
        found = language_of(completion)
        if found is None:
            return RewardResult(None, "too short to tell its language")
        return yes_or_no(found in wanted, "" if found in wanted else f"it is in {found!r}")

    return for_each(lambda item: judge(item.completion))


def language_of(text: str) -> str | None:
    """The ISO 639 code of the text's language, or None where that can't be told."""
    code, confidence = _identifier().classify(text)
    return None if confidence < LEAST_CONFIDENCE or code == _NO_LANGUAGE else str(code)


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
