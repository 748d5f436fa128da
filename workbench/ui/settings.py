"""What the window remembers between starts: a small JSON file in the state folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from workbench.core.atomic import write_json
from workbench.core.paths import state_dir

RECENT_LIMIT = 12
SIZES_PERCENT = (90, 100, 110, 125, 150)


@dataclass
class Settings:
    """`save` writes it; a file that can't be read gives the defaults."""

    path: Path
    theme: str = "system"
    size_percent: int = 100
    recent_projects: list[str] = field(default_factory=list)
    geometry: str = ""
    annotator: str = ""
    last_folder: str = ""
    label_keys: dict[str, str] = field(default_factory=dict)
    smoothing: float = 0.9
    plot_x: str = "step"

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        place = path if path is not None else state_dir() / "window.json"
        settings = cls(place, annotator=_login_name())
        stored = _read(place)
        for item in fields(cls):
            value = stored.get(item.name)
            if item.name != "path" and type(value) is type(getattr(settings, item.name)):
                setattr(settings, item.name, value)
        return settings

    def save(self) -> None:
        values = asdict(self)
        del values["path"]
        write_json(self.path, values)

    def remember_project(self, folder: Path) -> None:
        """Put `folder` first in the recent list and save."""
        name = str(folder.resolve())
        others = [item for item in self.recent_projects if item != name]
        self.recent_projects = [name, *others][:RECENT_LIMIT]
        self.save()

    def forget_project(self, folder: Path) -> None:
        """Take `folder` off the recent list and save; its files stay."""
        name = str(folder.resolve())
        self.recent_projects = [item for item in self.recent_projects if item != name]
        self.save()


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _login_name() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or "me"
