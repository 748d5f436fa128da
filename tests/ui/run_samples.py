"""Run folders as trainers leave them, written event by event and then read in."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from workbench.core.events import (
    Bye,
    CheckpointSaved,
    Event,
    GroupSampled,
    Hello,
    Metric,
    Payload,
    RunState,
    SampledAnswer,
    StateChanged,
    Warned,
    encode,
)
from workbench.core.recipes import METHODS, DataRef, ModelRef, RunSpec
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.core.telemetry import GpuReading, MachineReading
from workbench.runner.exit_report import ExitKind, ExitReport, write_report
from workbench.runner.ingest import ingest_run
from workbench.runner.processes import identity_of
from workbench.store.project import Project


@dataclass
class SampleRun:
    """A run folder inside a project; `write` appends events as its trainer would."""

    project: Project
    folder: RunFolder
    spec: RunSpec
    attempt: AttemptFolder
    started_at: float
    total_steps: int
    step_s: float = 1.0
    _seq: int = field(default=0)

    @property
    def id(self) -> str:
        return self.spec.run_id

    def write(self, payload: Payload, t: float) -> None:
        self._seq += 1
        event = Event(self.spec.run_id, self.attempt.number, self._seq, t, payload)
        with self.attempt.events.open("a", encoding="utf-8") as file:
            file.write(encode(event))

    def write_steps(self, first: int, last: int, values: Callable[[int], dict[str, float]]) -> None:
        for step in range(first, last + 1):
            self.write(Metric(step, values(step)), self.started_at + step * self.step_s)

    def write_readings(self, seconds: int, gpus: bool = False) -> None:
        random = np.random.default_rng(1)
        with self.attempt.telemetry.open("a", encoding="utf-8") as file:
            for second in range(seconds):
                reading = _reading(self.started_at + second, random, gpus)
                if not second:
                    reading = replace(reading, cpu_percent=None)  # nothing to compare it with yet
                file.write(json.dumps(reading.to_json()) + "\n")

    def save_checkpoint(self, step: int) -> None:
        self.folder.checkpoint(step).mkdir(parents=True)
        path = f"checkpoints/step-{step:08d}"
        self.write(CheckpointSaved(step, path, "every 20 steps"), self.started_at + step)

    def end(self, state: RunState, step: int, message: str) -> None:
        if state is not RunState.CRASHED:
            self.write(Bye(state, step, message), self.started_at + step * self.step_s + 1)
        kind = ExitKind(state.value) if state is not RunState.CRASHED else ExitKind.KILLED
        write_report(self.attempt.exit, ExitReport(state, kind, message))

    def ingest(self) -> None:
        ingest_run(self.project, self.id)


def make_run(
    project: Project,
    name: str,
    method: str = "dpo",
    *,
    total_steps: int = 40,
    ago_s: float = 60.0,
    step_s: float = 1.0,
    alive: bool = False,
) -> SampleRun:
    """A run whose trainer has said hello; `alive` borrows this process as its trainer."""
    started_at = time.time() - ago_s
    run_id = f"{int(started_at * 1000):012x}{abs(hash(name)) % 16**12:012x}"
    spec = RunSpec(
        run_id=run_id,
        name=name,
        model=ModelRef(name="SmolLM2-135M-Instruct", path="/models/SmolLM2-135M-Instruct"),
        config=METHODS[method].config(),
        data=DataRef(
            description="84 labelled pairs from Demo", train_examples=74, eval_examples=10
        ),
        created_at=started_at,
    )
    folder = RunFolder(project.runs_dir / run_id)
    folder.path.mkdir()
    folder.spec.write_text(spec.model_dump_json(), encoding="utf-8")
    project.runs.add(spec, folder.path)
    run = SampleRun(project, folder, spec, folder.next_attempt(), started_at, total_steps, step_s)
    pid = os.getpid()
    began = identity_of(pid).started_at if alive else 1.0
    run.write(Hello(pid, began, "cpu", {"torch": "2.13.0"}, total_steps), started_at)
    run.write(StateChanged(RunState.RUNNING, "Training"), started_at)
    return run


def dpo_values(seed: int = 0, speed: float = 60.0) -> Callable[[int], dict[str, float]]:
    """Figures as a DPO run makes them, with held-out ones at every fourth step."""
    random = np.random.default_rng(seed)

    def values(step: int) -> dict[str, float]:
        learned = 1 - math.exp(-step / speed)
        figures = _dpo_figures(learned, random, noise=0.05)
        if step % 4 == 0:
            held_out = _dpo_figures(learned * 0.8, random, noise=0.015)
            figures |= {f"eval_{name}": value for name, value in held_out.items()}
        figures["grad_norm"] = 2.5 * (1 - learned / 2) + float(random.normal(0, 0.3))
        figures["learning_rate"] = 5e-5 * max(0.0, 1 - step / 600)
        return figures

    return values


def _dpo_figures(learned: float, random: np.random.Generator, noise: float) -> dict[str, float]:
    margin = 2.2 * learned + float(random.normal(0, 3 * noise))
    return {
        "loss": 0.69 - 0.45 * learned + float(random.normal(0, noise)),
        "rewards/margins": margin,
        "rewards/accuracies": min(1.0, max(0.0, 0.5 + 0.4 * learned + random.normal(0, noise))),
        "logps/chosen": -36 - 5 * learned + float(random.normal(0, 20 * noise)),
        "logps/rejected": -40 - 18 * learned + float(random.normal(0, 20 * noise)),
    }


def sft_values(seed: int = 0) -> Callable[[int], dict[str, float]]:
    random = np.random.default_rng(seed)

    def values(step: int) -> dict[str, float]:
        learned = 1 - math.exp(-step / 30)
        return {
            "loss": 2.4 - 1.2 * learned + float(random.normal(0, 0.1)),
            "mean_token_accuracy": 0.45 + 0.25 * learned + float(random.normal(0, 0.02)),
            "grad_norm": 1.5 + float(random.normal(0, 0.1)),
            "learning_rate": 2e-4 * max(0.0, 1 - step / 100),
        }

    return values


def online_values(seed: int = 0, *, critic: bool = False) -> Callable[[int], dict[str, float]]:
    """Figures as a run makes them that learns from its own answers."""
    random = np.random.default_rng(seed)

    def values(step: int) -> dict[str, float]:
        learned = 1 - math.exp(-step / 40)
        right = 0.1 + 0.6 * learned + float(random.normal(0, 0.05))
        figures = {
            "loss": float(random.normal(0, 0.02)),
            "reward": right + 0.5 * learned,
            "reward_std": 0.4 - 0.2 * learned,
            "frac_reward_zero_std": 0.3 * learned,
            "rewards/numeric_match/mean": right,
            "rewards/length/mean": learned,
            "kl": 0.02 * learned,
            "entropy": 1.2 - 0.5 * learned,
            "completions/mean_length": 120 - 60 * learned,
            "completions/min_length": 20.0,
            "completions/max_length": 256 - 90 * learned,
            "completions/clipped_ratio": 0.4 * (1 - learned),
            "grad_norm": 0.8 + float(random.normal(0, 0.1)),
            "learning_rate": 1e-5 * max(0.0, 1 - step / 100),
            "step_time_s": 9.0 if critic else 6.0,
            "rollout_time_s": 4.0,
        }
        if critic:
            figures |= {
                "update_time_s": 4.0, "critic/time_s": 2.5, "critic/memory_bytes": 4.2e7,
                "critic/loss": 0.3, "critic/explained_variance": 0.6 * learned,
            }  # fmt: skip
        return figures

    return values


def group(step: int, answers: int = 4) -> GroupSampled:
    """Answers to one prompt, the first of them right."""
    return GroupSampled(
        step,
        f"Anna has {step} apples and buys 3 more. How many has she?",
        tuple(
            SampledAnswer(
                f"She has {step} apples. {step} + 3 = {step + 3 + number}." + " Done." * number,
                tokens=12 + number,
                is_finished=number < 3,
                rewards={"numeric_match": float(number == 0), "length": 1 - 0.25 * number},
                total=float(number == 0) + 1 - 0.25 * number,
                advantage=0.9 - 0.6 * number,
                notes={} if number == 0 else {"numeric_match": f"{step + 3 + number} is not right"},
            )
            for number in range(answers)
        ),
        expected=str(step + 3),
    )


def _reading(t: float, random: np.random.Generator, gpus: bool) -> MachineReading:
    gpu = GpuReading(
        0, "GPU-1", "NVIDIA H100", 91 + random.normal(0, 2), 70.0, 38 + random.normal(0, 3),
        9 + random.normal(0, 1), 55 + random.normal(0, 3), int(14.9e9), int(80e9), 71.0, 500.0,
    )  # fmt: skip
    return MachineReading(
        t=t,
        cpu_percent=float(min(100, 82 + random.normal(0, 6))),
        memory_used_bytes=int(9.2e9 + random.normal(0, 5e7)),
        memory_total_bytes=int(64e9),
        gpus=(gpu,) if gpus else (),
        no_gpu_reason=None if gpus else "No NVIDIA GPU here",
        trainer_cpu_percent=190.0,
        trainer_memory_bytes=int(2.1e9),
    )


def several_runs(project: Project, *, gpus: bool = False) -> Sequence[SampleRun]:
    """What a project looks like after a day: one at work, two finished, one crashed."""
    crashed = make_run(project, "dpo-concise-0", total_steps=600, ago_s=9000)
    crashed.write_steps(1, 88, dpo_values(3))
    crashed.save_checkpoint(80)
    crashed.end(
        RunState.CRASHED,
        88,
        "The GPU ran out of memory. Lower Batch size or Max length, or turn on Checkpoint"
        " activations. Resume goes on from step 80.",
    )
    style = make_run(project, "sft-house-style", "sft", total_steps=400, ago_s=7000)
    style.write_steps(1, 400, sft_values())
    style.end(RunState.FINISHED, 400, "All steps done.")
    first = make_run(project, "dpo-concise-1", total_steps=600, ago_s=5000)
    first.write_steps(1, 600, dpo_values(1, 150))
    first.write_readings(600, gpus)
    first.save_checkpoint(600)
    first.end(RunState.FINISHED, 600, "All steps done.")
    running = make_run(
        project, "dpo-concise-2", total_steps=600, ago_s=214.5, alive=True, step_s=1.0
    )
    running.write_readings(215, gpus)
    running.write_steps(1, 180, dpo_values(2, 90))
    running.save_checkpoint(160)
    running.write(
        Warned(
            "chosen_falls",
            "Chosen answers are losing probability too: logps/chosen fell by 4 since step 60"
            " while margins grew. Try a higher beta, or an SFT term on the chosen side.",
            step=180,
        ),
        running.started_at + 180,
    )
    running.write_steps(181, 214, dpo_values(4, 90))
    running.attempt.output_log.write_text(
        "Loading SmolLM2-135M-Instruct\nLoRA r=16 on all-linear: 4.9 M of 139 M parameters train\n"
        "Reference log-probabilities: 74 pairs\n",
        encoding="utf-8",
    )
    runs = [crashed, style, first, running]
    for run in runs:
        run.ingest()
    return runs
