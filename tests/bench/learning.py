"""What the scripts that show learning share: a run of the real model on the demo's data."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist, fmean, stdev
from typing import Any

import torch

from workbench.core import paths
from workbench.core.recipes import AdapterConfig, MethodConfig, ModelRef, RunSpec
from workbench.core.run_folder import RunFolder
from workbench.engine.devices import resolve_device
from workbench.engine.embedded import make
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import add_adapter, load_base

DEMO = Path(__file__).parents[2] / "resources" / "demo"
_SEED = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """The model after a run, ready to be measured; its `reference` is the model before."""

    policy: Policy
    tokenizer: Any
    device: torch.device
    model: Path
    held_out: Path
    steps: int
    elapsed_s: float


def options(purpose: str, *, steps: int) -> argparse.Namespace:
    """`--steps` and `--json`."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def split_rows(file: Path, held_out: int) -> tuple[list[str], list[str]]:
    """The file's lines in two parts, drawn by a fixed seed; no prompt is in both."""
    lines = file.read_text(encoding="utf-8").splitlines()
    by_prompt: dict[str, list[str]] = {}
    for line in lines:
        by_prompt.setdefault(json.dumps(json.loads(line)["prompt"]), []).append(line)
    prompts = sorted(by_prompt)
    random.Random(_SEED).shuffle(prompts)
    kept = [line for prompt in prompts[:held_out] for line in by_prompt[prompt]]
    return [line for prompt in prompts[held_out:] for line in by_prompt[prompt]], kept


def train(
    config: MethodConfig, rows: Sequence[str], held_out: Sequence[str], folder: Path
) -> Trained:
    """Carry out a run as the application does, by a process of its own, and load its result."""
    model = make(paths.embedded_model_dir())
    run = RunFolder(folder)
    run.train_data.parent.mkdir(parents=True)
    for path, lines in ((run.train_data, rows), (run.eval_data, held_out)):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    spec = RunSpec(
        run_id="learning", name="Learning", config=config, adapter=AdapterConfig(),
        model=ModelRef(name="embedded", path=str(model)),
    )  # fmt: skip
    run.spec.write_text(spec.model_dump_json(), encoding="utf-8")
    run.next_attempt()
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "workbench.engine.worker", str(folder), "1"], check=True)
    elapsed_s = time.perf_counter() - started

    base = load_base(model, resolve_device(spec.device))
    policy = Policy(add_adapter(base.model, run.adapter, "default"))
    policy.eval()
    try_packing(policy)
    return Trained(
        policy,
        base.tokenizer,
        base.device,
        model,
        run.eval_data,
        run.checkpoint_steps()[-1],
        elapsed_s,
    )


def interval_of_mean(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Normal interval of a mean, for thirty values or so and more."""
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * stdev(values) / len(values) ** 0.5
    return fmean(values) - reach, fmean(values) + reach
