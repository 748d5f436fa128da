"""Which languages texts are in, told on this machine from the texts alone (py3langid)."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

UNKNOWN = ""
"""Stands for texts whose language can't be told: too short, or code and figures."""

_LEAST_CONFIDENCE = 0.5
_NO_LANGUAGE = "zxx"
_READ_CHARACTERS = 1000  # more of a text tells nothing new
_NAMED = {"no": "no", "nn": "no", "yue": "zh", "wuu": "zh", "ary": "ar", "arz": "ar"}


def count_languages(
    texts: Sequence[str], is_cancelled: Callable[[], bool] = lambda: False
) -> dict[str, int]:
    """How many texts are in which language, by ISO 639 code, most first."""
    found: Counter[str] = Counter()
    for text in texts:
        if is_cancelled():
            break
        found[language_of(text)] += 1
    return dict(found.most_common())


def language_of(text: str) -> str:
    """The ISO 639 code of a text's language, or UNKNOWN."""
    code, confidence = _identifier().classify(text[:_READ_CHARACTERS])
    if confidence < _LEAST_CONFIDENCE or code == _NO_LANGUAGE:
        return UNKNOWN
    return _NAMED.get(code, str(code))


@functools.cache
def _identifier() -> Any:
    # Imported when it is needed: reading its model takes a quarter of a second.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
