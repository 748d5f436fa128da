"""Checkpoints: written beside, flushed to disk, renamed. Weights and state without pickle.

checkpoints/step-00000012/
    adapter_config.json, adapter_model.safetensors   an adapter that anything can load
    optimizer.safetensors                            AdamW's moments by parameter name
    rng.safetensors                                  random state of torch, CPU and CUDA
    trainer_state.json                               step, place in the data, drift watch
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from workbench.core.atomic import sync_folder
from workbench.core.errors import RunError
from workbench.core.run_folder import RunFolder
from workbench.engine.drift import DriftWatch

_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
_UNFINISHED = ".unfinished-"


@dataclass(slots=True)
class TrainerState:
    """Where a run stands between two steps."""

    step: int = 0
    examples_seen: int = 0
    num_tokens: int = 0
    drift: DriftWatch = dataclasses.field(default_factory=DriftWatch)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TrainerState:
        return cls(**{**value, "drift": DriftWatch(**value["drift"])})


class CheckpointStore:
    """Saves, restores and prunes the checkpoints of one run."""

    def __init__(self, run: RunFolder, model: Any, optimizer: torch.optim.Optimizer) -> None:
        self._run = run
        self._model = model
        self._optimizer = optimizer
        self._named = {
            name: parameter for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }  # fmt: skip
        run.checkpoints.mkdir(exist_ok=True)
        for leftover in run.checkpoints.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover)

    def save(self, state: TrainerState, *, keep: int) -> Path:
        """Write the checkpoint of `state.step`; then only the `keep` newest remain.

        The step that the drift watch holds for best stays in any case. Returns its folder.
        """
        target = self._run.checkpoint(state.step)
        beside = self._run.checkpoints / f"{_UNFINISHED}{state.step}"
        beside.mkdir()
        self._write(beside, state)
        publish(beside, target)
        self._prune(keep, state.drift.best_step)
        return target

    def _write(self, folder: Path, state: TrainerState) -> None:
        self._model.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)  # peft's empty model card
        save_file(self._optimizer_tensors(), folder / "optimizer.safetensors")
        rng = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            rng["cuda"] = torch.cuda.get_rng_state()
        save_file(rng, folder / "rng.safetensors")
        (folder / "trainer_state.json").write_text(
            json.dumps(dataclasses.asdict(state), indent=2) + "\n", encoding="utf-8"
        )

    def _optimizer_tensors(self) -> dict[str, torch.Tensor]:
        return {
            f"{name}#{key}": value.contiguous()
            for name, parameter in self._named.items()
            for key, value in self._optimizer.state[parameter].items()
        }

    def _prune(self, keep: int, best_step: int | None) -> None:
        for step in self._run.checkpoint_steps()[:-keep]:
            if step != best_step:
                # Renamed first: a half-deleted folder must not look complete.
                doomed = self._run.checkpoints / f"{_UNFINISHED}{step}"
                self._run.checkpoint(step).rename(doomed)
                shutil.rmtree(doomed)

    def restore_newest(self) -> TrainerState | None:
        """Load the newest readable checkpoint into model, optimizer and random state, if any.

        Raises RunError when there are checkpoints and none fits.
        """
        steps = self._run.checkpoint_steps()
        for step in reversed(steps):
            try:
                return self._restore(self._run.checkpoint(step))
            except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError):
                continue
        if steps:
            raise RunError(
                f"No checkpoint in {self._run.checkpoints} can be read:"
                " remove the folder to train from the start."
            )
        return None

    def _restore(self, folder: Path) -> TrainerState:
        text = (folder / "trainer_state.json").read_text(encoding="utf-8")
        state = TrainerState.from_json(json.loads(text))
        weights = load_file(folder / "adapter_model.safetensors")
        moments = load_file(folder / "optimizer.safetensors")
        rng = load_file(folder / "rng.safetensors")
        set_peft_model_state_dict(self._model, weights)
        for label, value in moments.items():
            name, _, key = label.rpartition("#")
            parameter = self._named[name]
            home = "cpu" if key == "step" and parameter.device.type == "cpu" else parameter.device
            self._optimizer.state[parameter][key] = value.to(home)
        torch.set_rng_state(rng["cpu"])
        if "cuda" in rng and torch.cuda.is_available():
            torch.cuda.set_rng_state(rng["cuda"])
        return state


def publish(beside: Path, target: Path) -> None:
    """Flush the files of `beside` to disk and give the folder its final name.

    An older `target` is replaced; a crash in between leaves one of the two.
    """
    for file in beside.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    sync_folder(beside)
    old = target.with_name(f"{_UNFINISHED}old-{target.name}")
    if target.exists():
        target.rename(old)
    beside.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def publish_adapter(run: RunFolder, step: int) -> None:
    """Make the adapter of the checkpoint of `step` the run's result, atomically."""
    beside = run.path / f"{_UNFINISHED}adapter"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    for name in _ADAPTER_FILES:
        shutil.copyfile(run.checkpoint(step) / name, beside / name)
    publish(beside, run.adapter)
