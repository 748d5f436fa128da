"""The text that turns messages into what a model reads, as its folder holds it."""

from __future__ import annotations

import json
from pathlib import Path


def read_chat_template(folder: Path) -> str | None:
    """The default chat template of a model folder, or None when it has none that can be read."""
    try:
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return _from_tokenizer_config(folder / "tokenizer_config.json")


def _from_tokenizer_config(path: Path) -> str | None:
    try:
        template = json.loads(path.read_text(encoding="utf-8")).get("chat_template")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    if isinstance(template, list):  # several, each with a name
        named = [item for item in template if isinstance(item, dict)]
        found = (item.get("template") for item in named if item.get("name") == "default")
        template = next(found, None)
    return template if isinstance(template, str) and template else None
