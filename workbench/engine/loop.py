"""The one training loop, whatever the method."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic

import torch

from workbench.core.control import Command
from workbench.core.errors import RunError
from workbench.core.events import CheckpointSaved, Metric, RunState, Sample, Severity, Warned
from workbench.core.recipes import DpoConfig, TrainingConfig
from workbench.core.run_folder import RunFolder
from workbench.engine.batching import DataOrder, split
from workbench.engine.checkpoints import CheckpointStore, TrainerState
from workbench.engine.diagnosis import Diagnosis
from workbench.engine.event_log import EventLog
from workbench.engine.logprobs import Policy
from workbench.engine.method import Example, Item, Method, Tally
from workbench.engine.optimizer import Optimizer
from workbench.engine.processes import Processes
from workbench.engine.schedule import learning_rate_at
from workbench.engine.sharding import gathered
from workbench.engine.steering import Steering


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the loop ended: the step it reached, why, and which checkpoint is the result."""

    state: RunState
    step: int
    reason: str
    result_step: int | None


@dataclass(frozen=True, slots=True)
class SampleText:
    """A prompt, as a person reads it, and what the model in training answers."""

    prompt: str
    text: str


class Loop(Generic[Example, Item]):
    """Trains a policy by a method, step by step, until the end or until it is told to stop.

    Call `restore` once, then `run`. Raises RunError when loss or gradients stop being numbers;
    the last checkpoint then holds the last good step.
    """

    def __init__(
        self,
        config: TrainingConfig,
        method: Method[Example, Item],
        policy: Policy,
        run: RunFolder,
        rows: int,
        log: EventLog,
        steering: Steering,
        processes: Processes,
        write_samples: Callable[[], Iterable[SampleText]] = tuple,
    ) -> None:
        self._config = config
        self.method = method
        self.policy = policy
        self._run = run
        self._log = log
        self._steering = steering
        self._processes = processes
        self._write_samples = write_samples
        self._optimizer = Optimizer(config, policy, method.extra_parameters(), processes)
        self._checkpoints = CheckpointStore(run, policy, self._optimizer, processes)
        self._order = DataOrder(len(method.train), config.seed)
        self._total = config.total_steps(rows, processes.count)
        self._state = TrainerState()
        self._items: Sequence[Item] = ()
        self._fresh = Tally()
        self._teaches = True
        self._diagnosis = Diagnosis()

    def restore(self) -> int | None:
        """Go to the newest checkpoint; returns its step, or None to begin at the beginning."""
        restored = self._checkpoints.restore_newest()
        if restored is None:
            return None
        self._state, items = restored
        if self._state.uses_left:
            self._items = self.method.unpack_items(items)
        return self._state.step

    def run(self) -> Outcome:
        state = self._state
        while state.step < self._total:
            self.train_one_step()
            drifted = None
            if self._due(self._config.eval_steps):
                drifted = self._measure()
                self._sample()
            if drifted:
                self._log.emit(Warned("drift", drifted, Severity.NOTICE, state.step))
                return Outcome(RunState.FINISHED, state.step, drifted, state.drift.best_step)
            if self._due(self._config.save_steps):
                self._save(f"every {self._config.save_steps} steps")
            match self._processes.agree(self._steering.take()):
                case Command.PAUSE:
                    self._save("paused")
                    return Outcome(RunState.PAUSED, state.step, "Paused.", None)
                case Command.STOP:
                    self._save("stopped")
                    result = state.drift.result_step(state.step)
                    return Outcome(RunState.STOPPED, state.step, "Stopped.", result)
                case Command.CHECKPOINT:
                    self._save("asked for")
        return self._finish()

    def _finish(self) -> Outcome:
        """All steps are done; the last one is measured too, where the best one is to be kept."""
        state = self._state
        every = self._config.eval_steps
        if self._watches_drift and every and not self._due(every):
            self._measure()
        self._save("finished")
        result, reason = state.drift.result_step(state.step), "All steps are done."
        if result != state.step:
            reason += f" The result is the model of step {result}: it was better on held-out pairs."
        return Outcome(RunState.FINISHED, state.step, reason, result)

    @property
    def _watches_drift(self) -> bool:
        return isinstance(self._config, DpoConfig) and self._config.watches_drift

    def _due(self, every: int) -> bool:
        return every > 0 and self._state.step % every == 0

    @property
    def num_tokens(self) -> int:
        """Tokens that were learnt from so far, prompts included."""
        return self._state.num_tokens

    def train_one_step(self) -> None:
        """One optimiser step, and what it collects before; its figures are emitted."""
        state, config = self._state, self._config
        started = time.perf_counter()
        if not state.uses_left:
            self._collect()
        updating = time.perf_counter()
        rate = learning_rate_at(state.step, config, self._total)
        self._optimizer.set_rate(rate)
        tally = self._accumulate(self._items)
        norm = self._optimizer.clip(config.max_grad_norm)
        values = self._fresh.means() | self._processes.total_tally(tally).means()
        self._fresh = Tally()  # told once, however often its items are used
        values |= {"grad_norm": norm, "learning_rate": rate}
        self._refuse_not_finite(values)
        self._optimizer.step()

        read = sum(self.method.token_count(item) for item in self._items)
        tokens = int(self._processes.total(read))
        state.step += 1
        state.uses_left -= 1
        state.num_tokens += tokens
        elapsed_s = time.perf_counter() - started
        values |= self.method.step_figures(time.perf_counter() - updating)
        values |= {
            "num_tokens": state.num_tokens, "step_time_s": elapsed_s,
            "tokens_per_second": tokens / elapsed_s,
        }  # fmt: skip
        self._emit(values)
        if self._teaches:
            found = self._diagnosis.look(state.step, values)
        else:
            found = self._diagnosis.nothing_to_learn(state.step)
        for warned in found:
            self._log.emit(warned)

    def _collect(self) -> None:
        """Take the next examples, and make of them what is learnt from."""
        state = self._state
        count = self._config.examples_per_step * self._processes.count
        indices = self._processes.share_of(self._order.take(state.examples_seen, count))
        examples = [self.method.train[index] for index in indices]
        collected = self.method.collect(self.policy, examples, state.step)
        self._items = collected.items
        self._fresh = self._processes.total_tally(collected.figures)
        for event in collected.events:
            self._log.emit(event)
        state.examples_seen += count
        state.uses_left = self.method.reuses

    def _accumulate(self, items: Sequence[Item]) -> Tally:
        """Gradients of the mean loss over the whole step, micro-batch by micro-batch."""
        self._optimizer.policy.train()
        tally = Tally()
        weight = self._processes.total(sum(self.method.weight(item) for item in items))
        self._teaches = self._processes.total(sum(map(self.method.teaches, items))) > 0
        parts = self.method.micro_batches(items)
        # Each process's gradients are averaged, where a sum is meant.
        scale = self._processes.count / weight if weight else 0.0
        for place, part in enumerate(parts):
            self._steering.poll()
            with self._processes.accumulating(
                self._optimizer.policy, is_last=place == len(parts) - 1
            ):
                loss = self.method.loss(self._optimizer.policy, part, tally)
                self._processes.backward(loss * scale)
        return tally

    def _refuse_not_finite(self, values: dict[str, float]) -> None:
        values.setdefault("loss", 0.0)  # where nothing could be learnt from
        wrong = [name for name in ("loss", "grad_norm") if not math.isfinite(values[name])]
        if not wrong:
            return
        step = self._state.step + 1
        self._log.emit(Metric(step, values))
        kept = self._run.checkpoint_steps()
        where = (
            f"The checkpoint of step {kept[-1]} is kept" if kept else "No checkpoint was due yet"
        )
        what = {"loss": "loss", "grad_norm": "gradient"}[wrong[0]]
        raise RunError(
            f"At step {step} the {what} was not a number any more, so training stopped."
            f" {where}: try a lower learning rate."
        )

    def _measure(self) -> str | None:
        """Measure on the held-out examples; returns why to stop, if there is reason to."""
        if not self.method.held_out:
            return None
        state, tally = self._state, Tally()
        self.policy.eval()
        with torch.no_grad():
            for part in split(self.method.held_out, self._config.per_device_train_batch_size):
                self._steering.poll()
                self.method.measure(self.policy, part, tally)
        values = tally.means("eval_")
        self._emit(values)
        for warned in self._diagnosis.look_at_measurement(state.step, values):
            self._log.emit(warned)
        if not self._watches_drift:
            return None
        reason = state.drift.record(state.step, values)
        if state.drift.best_step == state.step:
            self._save("best so far on held-out pairs")
        return reason

    def _sample(self) -> None:
        """Let the model as it is now answer the fixed prompts."""
        self.policy.eval()
        with gathered(self.policy):
            for sample in self._write_samples():
                self._log.emit(Sample(self._state.step, sample.prompt, sample.text))
                self._steering.poll()

    def _emit(self, values: dict[str, float]) -> None:
        state = self._state
        self._log.doing = f"step {state.step} of {self._total}"
        self._log.emit(Metric(state.step, values, state.examples_seen / self._order.count))

    def _save(self, reason: str) -> None:
        if self._run.checkpoint(self._state.step).exists():
            return
        items = self.method.pack_items(self._items) if self._state.uses_left else {}
        folder = self._checkpoints.save(
            self._state, keep=self._config.save_total_limit, items=items
        )
        path = folder.relative_to(self._run.path).as_posix()
        self._log.emit(CheckpointSaved(self._state.step, path, reason))
