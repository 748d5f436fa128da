"""Whether a folder holds something that can be loaded safely: looked at without torch."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from workbench.core.errors import ModelFolderError

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def check_model_folder(folder: Path) -> None:
    """Raise ModelFolderError unless `folder` holds a model that can be loaded safely."""
    if not folder.is_dir():
        raise ModelFolderError(f"There is no model folder at {folder}: choose the model again.")
    if not (folder / "config.json").is_file():
        raise ModelFolderError(
            f"{folder} has no config.json, so it is not a model folder: choose another folder."
        )
    if any(folder.glob("*.safetensors")):
        return
    if any(file for pattern in _PICKLES for file in folder.glob(pattern)):
        raise ModelFolderError(
            f"{folder} holds its weights as a pickle, which can run code when it is opened:"
            " get the safetensors version of this model."
        )
    raise ModelFolderError(
        f"{folder} has no weights (*.safetensors): download the model again, with its weights."
    )


def check_adapter_folder(folder: Path) -> None:
    """Raise ModelFolderError unless `folder` holds a whole adapter that can be loaded safely."""
    if not (folder / "adapter_config.json").is_file():
        raise ModelFolderError(f"There is no adapter in {folder}: choose a finished run.")
    weights = folder / "adapter_model.safetensors"
    if not weights.is_file():
        raise ModelFolderError(
            f"{folder} has no adapter_model.safetensors: only safetensors are loaded."
        )
    try:
        json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        with safe_open(weights, framework="np"):  # reads what should be there, not the weights
            pass
    except (ValueError, OSError, SafetensorError) as error:
        raise ModelFolderError(
            f"The adapter in {folder} is damaged or not complete: copy it again from where it"
            " came, or train it again."
        ) from error
