"""JSON text into a row's fields, or the reason why not."""

from __future__ import annotations

import json
from typing import Any

_SHOWN_CHARACTERS = 40


def parse_object(text: str) -> tuple[dict[str, Any] | None, str]:
    """The object that `text` holds, or None and what is wrong with it."""
    try:
        value = json.loads(text)
    except RecursionError:
        return None, "is nested too deeply to be read"
    except ValueError:
        return None, f"is not JSON ({shortened(text)}); each row must be one whole object"
    return checked_object(value, text)


def checked_object(value: Any, text: str) -> tuple[dict[str, Any] | None, str]:
    """The value if it is an object whose texts can be stored; `text` is what it was read from."""
    if type(value) is not dict:
        return None, f"is no object with fields ({shortened(text)})"
    # Half of a surrogate pair is legal JSON, but can be neither stored nor shown.
    if "\\u" in text and not _can_be_stored(value):
        return None, "holds half of a character, which no text can hold"
    return value, ""


def shortened(text: str) -> str:
    text = " ".join(text[: 4 * _SHOWN_CHARACTERS].split())
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def is_utf8(text: str) -> bool:
    """Whether text that was decoded with `surrogateescape` was all UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _can_be_stored(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
