"""Checkpoints: written beside, flushed to disk, renamed. Weights and state without pickle.

checkpoints/step-00000012/
    adapter_config.json, adapter_model.safetensors   an adapter that anything can load
    optimizer.safetensors                            AdamW's moments by parameter name
    rng.safetensors                                  random state of torch, CPU and CUDA, by process
    extra.safetensors                                what is trained beside the adapter, if any
    items.safetensors                                answers still to be learnt from, by process
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
from peft import PeftModel, get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.distributed.tensor import DTensor

from workbench.core.atomic import sync_folder
from workbench.core.errors import RunError
from workbench.core.run_folder import RunFolder
from workbench.engine.drift import DriftWatch
from workbench.engine.logprobs import Policy
from workbench.engine.optimizer import Optimizer
from workbench.engine.processes import Processes
from workbench.engine.sharding import apart, parted_like, whole

_ADAPTER = "default"  # peft's name for the one adapter that is trained
_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
_MODEL_FILES = ("config.json", "generation_config.json", "model.safetensors")
_UNFINISHED = ".unfinished-"


@dataclass(slots=True)
class TrainerState:
    """Where a run stands between two steps.

    `uses_left` counts the steps that still learn from the items at hand.
    """

    step: int = 0
    examples_seen: int = 0
    num_tokens: int = 0
    uses_left: int = 0
    drift: DriftWatch = dataclasses.field(default_factory=DriftWatch)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TrainerState:
        return cls(**{**value, "drift": DriftWatch(**value["drift"])})


class CheckpointStore:
    """Saves, restores and prunes the checkpoints of one run. The first process writes."""

    def __init__(
        self, run: RunFolder, policy: Policy, optimizer: Optimizer, processes: Processes
    ) -> None:
        self._run = run
        self._policy = policy
        self._optimizer = optimizer
        self._processes = processes
        if processes.is_first:
            run.checkpoints.mkdir(exist_ok=True)
            for leftover in run.checkpoints.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(leftover)
        processes.wait()

    def save(
        self, state: TrainerState, *, keep: int, items: Mapping[str, torch.Tensor] | None = None
    ) -> Path:
        """Write the checkpoint of `state.step`; then only the `keep` newest remain.

        `items` are what the steps to come still learn from. The step that the drift watch holds
        for best stays in any case. Returns its folder.
        """
        target = self._run.checkpoint(state.step)
        apart(self._policy)
        # Parts are put together by all processes, and written by the first.
        weights, moments = shared_out_weights(self._policy.model), self._optimizer.tensors()
        waiting = {
            f"{rank}/{name}": value
            for rank, part in enumerate(self._processes.everyones(dict(items or {})))
            for name, value in part.items()
        }
        random = {
            f"{rank}/{name}": value
            for rank, part in enumerate(self._processes.everyones(_random_state()))
            for name, value in part.items()
        }
        if self._processes.is_first:
            beside = self._run.checkpoints / f"{_UNFINISHED}{state.step}"
            beside.mkdir()
            save_weights(self._policy.model, beside, weights)
            save_file(moments, beside / "optimizer.safetensors")
            save_file(random, beside / "rng.safetensors")
            self._write(beside, state, waiting)
            publish(beside, target)
            self._prune(keep, state.drift.best_step)
        self._processes.wait()
        return target

    def _write(self, folder: Path, state: TrainerState, items: dict[str, torch.Tensor]) -> None:
        if extra := self._extra():
            save_file(
                {name: value.detach().contiguous() for name, value in extra.items()},
                folder / "extra.safetensors",
            )
        if items:
            save_file(items, folder / "items.safetensors")
        (folder / "trainer_state.json").write_text(
            json.dumps(dataclasses.asdict(state), indent=2) + "\n", encoding="utf-8"
        )

    def _extra(self) -> dict[str, torch.nn.Parameter]:
        """What is trained and not part of the model's weights as `save_weights` writes them."""
        if not isinstance(self._policy.model, PeftModel):
            inside = {id(parameter) for parameter in self._policy.model.parameters()}
        else:
            inside = {
                id(parameter)
                for name, parameter in self._policy.model.named_parameters()
                if f".{_ADAPTER}." in name or name.endswith(f".{_ADAPTER}")
            }
        return {
            name: parameter
            for name, parameter in self._optimizer.named.items()
            if id(parameter) not in inside
        }

    def _prune(self, keep: int, best_step: int | None) -> None:
        for step in self._run.checkpoint_steps()[:-keep]:
            if step != best_step:
                # Renamed first: a half-deleted folder must not look complete.
                doomed = self._run.checkpoints / f"{_UNFINISHED}{step}"
                self._run.checkpoint(step).rename(doomed)
                shutil.rmtree(doomed)

    def restore_newest(self) -> tuple[TrainerState, dict[str, torch.Tensor]] | None:
        """Load the newest readable checkpoint into model, optimizer and random state, if any.

        Returns the state and the items that are still to be learnt from. Raises RunError when
        there are checkpoints and none fits.
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

    def _restore(self, folder: Path) -> tuple[TrainerState, dict[str, torch.Tensor]]:
        text = (folder / "trainer_state.json").read_text(encoding="utf-8")
        state = TrainerState.from_json(json.loads(text))
        moments = load_file(folder / "optimizer.safetensors")
        rng = load_file(folder / "rng.safetensors")
        extra, items = self._extra(), folder / "items.safetensors"
        kept = load_file(folder / "extra.safetensors") if extra else {}
        load_weights(self._policy.model, folder)
        with torch.no_grad():
            for name, parameter in extra.items():
                parameter.copy_(kept[name])
        self._optimizer.load(moments)
        self._set_random_state(rng)
        return state, self._own_items(items) if state.uses_left else {}

    def _set_random_state(self, kept: Mapping[str, torch.Tensor]) -> None:
        """To this process's own; the first's where fewer were at work. KeyError for neither."""
        places = f"{self._processes.rank}/", "0/"
        # Checkpoints of before know no processes.
        place = next((place for place in places if f"{place}cpu" in kept), "")
        torch.set_rng_state(kept[f"{place}cpu"])
        if f"{place}cuda" in kept and torch.cuda.is_available():
            torch.cuda.set_rng_state(kept[f"{place}cuda"])

    def _own_items(self, path: Path) -> dict[str, torch.Tensor]:
        """What this process was learning from; raises RuntimeError where others were at work."""
        kept = load_file(path)
        if len({name.partition("/")[0] for name in kept}) != self._processes.count:
            raise RuntimeError("answers that were shared out over another number of processes")
        own = f"{self._processes.rank}/"
        return {
            name.removeprefix(own): value for name, value in kept.items() if name.startswith(own)
        }


def _random_state() -> dict[str, torch.Tensor]:
    """Of this process, where it draws."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def shared_out_weights(model: Any) -> dict[str, torch.Tensor] | None:
    """The trained weights by name, where several processes each have a part of them, else None.

    Every process must ask; the first gets them.
    """
    together: dict[int, torch.Tensor] = {}
    found = {}
    is_shared_out = False
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if isinstance(model, PeftModel) and not parameter.requires_grad:
            continue
        is_shared_out |= isinstance(parameter, DTensor)
        if id(parameter) not in together:  # tied weights are one
            together[id(parameter)] = whole(parameter.detach())
        found[name] = together[id(parameter)]
    return found if is_shared_out else None


def save_weights(
    model: Any, folder: Path, weights: Mapping[str, torch.Tensor] | None = None
) -> None:
    """Write the trained adapter, or the whole model where that is what is trained.

    `weights` stand for the model's own where that has only a part of each.
    """
    given = {} if weights is None else {"state_dict": dict(weights)}
    if isinstance(model, PeftModel):
        model.save_pretrained(
            folder, save_embedding_layers=False, selected_adapters=[_ADAPTER], **given
        )
    else:
        model.save_pretrained(folder, max_shard_size="1TB", **given)
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty model card


@torch.no_grad()
def load_weights(model: Any, folder: Path) -> None:
    """Take over what `save_weights` wrote; raises RuntimeError where it does not fit."""
    if isinstance(model, PeftModel):
        kept = load_file(folder / _ADAPTER_FILES[1])
        here = get_peft_model_state_dict(model, adapter_name=_ADAPTER, save_embedding_layers=False)
    else:
        kept, here = load_file(folder / "model.safetensors"), model.state_dict()
    if unknown := sorted(kept.keys() - here.keys()):
        raise RuntimeError(f"unknown weights {unknown[:3]}")
    for name, value in kept.items():
        here[name].copy_(parted_like(here[name], value))


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


def publish_result(run: RunFolder, step: int, tokenizer: Any) -> None:
    """Make the adapter or model of the checkpoint of `step` the run's result, atomically."""
    checkpoint = run.checkpoint(step)
    is_adapter = (checkpoint / _ADAPTER_FILES[0]).exists()
    beside = run.path / f"{_UNFINISHED}result"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    for name in _ADAPTER_FILES if is_adapter else _MODEL_FILES:
        if (checkpoint / name).exists():
            shutil.copyfile(checkpoint / name, beside / name)
    if not is_adapter:
        tokenizer.save_pretrained(beside)
    publish(beside, run.adapter if is_adapter else run.model)
