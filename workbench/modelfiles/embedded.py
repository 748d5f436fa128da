"""The embedded default model: where it is, and whether it has been made yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core import paths

EMBEDDED_NAME = "SmolLM2-135M-Instruct"


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """`is_ready` is False until the model was converted into `folder`."""

    folder: Path
    is_ready: bool


def embedded_model() -> EmbeddedModel:
    folder = paths.embedded_model_dir()
    return EmbeddedModel(folder, (folder / "config.json").is_file())
