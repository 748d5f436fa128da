"""Two processes that train one model do what one does with batches twice as large."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.unit.engine.runs import events, make_run, payloads, train_here
from workbench.core.events import Metric, RunState
from workbench.core.recipes import AdapterConfig, DpoConfig, SftConfig
from workbench.core.run_folder import RunFolder

ADAPTER = AdapterConfig(r=4, lora_alpha=8)


def launch(run: RunFolder, processes: int) -> None:
    """One attempt in several processes on the CPU (gloo).

    `accelerate launch` starts several on GPUs through the same torchrun; for CPUs it wants MPI.
    """
    attempt = run.next_attempt()
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node",
        str(processes), "-m", "workbench.engine.worker", str(run.path), str(attempt.number),
    ]  # fmt: skip
    done = subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def losses(run: RunFolder) -> list[float]:
    (attempt,) = run.attempts()
    return [metric.values["loss"] for metric in payloads(attempt, Metric)]


@pytest.mark.parametrize("method", ["sft", "dpo"])
def test_two_processes_make_the_steps_of_one(
    tmp_path: Path, tiny_model_dir: Path, method: str
) -> None:
    config = SftConfig if method == "sft" else DpoConfig
    common = {"learning_rate": 1e-2, "max_steps": 3, "eval_steps": 0, "save_steps": 2}
    alone = make_run(
        tmp_path / "alone", tiny_model_dir, config(**common, per_device_train_batch_size=4),
        adapter=ADAPTER,
    )  # fmt: skip
    train_here(alone)
    shared = make_run(
        tmp_path / "shared", tiny_model_dir,
        config(**common, per_device_train_batch_size=1, gradient_accumulation_steps=2),
        adapter=ADAPTER,
    )  # fmt: skip
    launch(shared, 2)
    assert losses(shared) == pytest.approx(losses(alone), rel=1e-4)
    (attempt,) = shared.attempts()
    numbers = [event.seq for event in events(attempt)]
    assert numbers == list(range(1, len(numbers) + 1))  # one process wrote them all
    assert events(attempt)[-1].payload.state is RunState.FINISHED
    assert shared.checkpoint_steps() == [2, 3]
    theirs, ours = (load_file(r.adapter / "adapter_model.safetensors") for r in (shared, alone))
    for name, weight in ours.items():
        assert theirs[name].sub(weight).abs().max() < 1e-4, name
