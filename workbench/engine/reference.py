"""Reference log-probabilities kept on disk: the base model never changes its mind."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from workbench.engine.batching import TokenSequence, split
from workbench.engine.logprobs import Policy
from workbench.engine.method import Report
from workbench.engine.packing import Group, packed_length


class ReferenceCache:
    """One small file for each combination of base model, device, precision and data."""

    def __init__(
        self, folder: Path, model_folder: Path, device: torch.device, numbers: str = "float32"
    ) -> None:
        """`numbers` names those of the model's weights: other ones, other log-probabilities."""
        self._folder = folder
        self._model = _fingerprint(model_folder)
        self._place = f"{device.type}/{numbers}"

    def logps(
        self, policy: Policy, groups: Sequence[Group], at_once: int, noun: str, report: Report
    ) -> list[float]:
        """What the reference gives each sequence of each group, from the disk where it is there.

        Groups are computed `at_once` at a time, in order of length, so that little padding is
        read; `noun` says what one of them is, in the plural.
        """
        sequences = [sequence for group in groups for sequence in group]
        kept = self.load(sequences)
        if kept is not None:
            return kept
        found: dict[int, list[float]] = {}
        by_length = sorted(range(len(groups)), key=lambda place: packed_length([groups[place]]))
        for places in split(by_length, at_once):
            report(f"computing reference log-probabilities, {len(found)} of {len(groups)} {noun}")
            sums = iter(policy.reference([groups[place] for place in places]).sums().tolist())
            for place in places:
                found[place] = [next(sums) for _ in groups[place]]
        logps = [logp for place in range(len(groups)) for logp in found[place]]
        self.save(sequences, logps)
        return logps

    def load(self, sequences: Sequence[TokenSequence]) -> list[float] | None:
        """Log-probability of each sequence's learnt tokens, or None when not computed before."""
        try:
            logps: list[float] = load_file(self._path(sequences))["logps"].tolist()
        except (OSError, SafetensorError, KeyError):
            return None
        return logps if len(logps) == len(sequences) else None

    def save(self, sequences: Sequence[TokenSequence], logps: Sequence[float]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".reference-")
        os.close(handle)
        save_file({"logps": torch.tensor(logps, dtype=torch.float32)}, name)
        Path(name).replace(self._path(sequences))

    def _path(self, sequences: Sequence[TokenSequence]) -> Path:
        key = hashlib.sha256(f"{self._model}/{self._place}".encode())
        for sequence in sequences:
            key.update(f"{sequence.trained_from}:{list(sequence.ids)}".encode())
        return self._folder / f"{key.hexdigest()}.safetensors"


def _fingerprint(model_folder: Path) -> str:
    """Tells one set of weights from another without reading gigabytes: names, sizes and times."""
    files = sorted([*model_folder.glob("*.safetensors"), model_folder / "config.json"])
    stats = [(str(file.resolve()), file.stat()) for file in files]
    return repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])
