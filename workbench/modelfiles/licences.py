"""Under which licence a model folder says it may be used."""

from __future__ import annotations

import re
from pathlib import Path

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(license|license_name)\s*:\s*[\"']?([^\"'\n#]+)", re.MULTILINE)
_LICENCE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE")
_KNOWN_TEXTS = (
    ("Apache License", "apache-2.0"),
    ("MIT License", "mit"),
    ("BSD 3-Clause", "bsd-3-clause"),
)
_LOOKED_AT_CHARACTERS = 2000


def read_licence(folder: Path) -> str | None:
    """The licence named in the model card or recognised in a LICENSE file; None: not said."""
    card = _read(folder / "README.md")
    if card is not None and (front_matter := _FRONT_MATTER.match(card)):
        fields = {name: value.strip() for name, value in _FIELD.findall(front_matter.group(1))}
        licence = fields.get("license")
        # "other" and a name of its own is how cards say that a licence is nobody else's.
        named = fields.get("license_name") if licence in {None, "other"} else licence
        if named or licence:
            return named or licence
    for name in _LICENCE_FILES:
        text = _read(folder / name)
        if text is not None:
            beginning = text[:_LOOKED_AT_CHARACTERS]
            return next((known for mark, known in _KNOWN_TEXTS if mark in beginning), f"see {name}")
    return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
