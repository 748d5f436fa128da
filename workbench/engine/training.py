"""From a spec to a result: load the model, prepare the method, run the loop, keep the adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from workbench.core.control import Command
from workbench.core.conversation import Conversation, plain_text
from workbench.core.errors import RunError
from workbench.core.events import RunState, Severity, StateChanged, Warned
from workbench.core.generation import Done, Generate, Row, Sampling
from workbench.core.recipes import (
    DpoConfig,
    OnlineConfig,
    PpoConfig,
    RewardConfig,
    RunSpec,
    TrainingConfig,
)
from workbench.core.run_folder import RunFolder
from workbench.engine.checkpoints import publish_result
from workbench.engine.devices import describe, resolve_device
from workbench.engine.event_log import EventLog
from workbench.engine.fused import fuse
from workbench.engine.generation import Generator
from workbench.engine.lanes import lanes_for
from workbench.engine.layers_in_training import try_writing_out
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.loop import Loop, Outcome, SampleText
from workbench.engine.methods import AnyMethod, build_method
from workbench.engine.modeling import load_base, trainable
from workbench.engine.processes import Processes
from workbench.engine.reward_model import ScoredPolicy
from workbench.engine.steering import Interrupted, Steering

_IN_TRAINING = "default"  # peft's name for the one adapter that is attached to a model
_SHOWN_CHARACTERS = 40
_SAMPLING = Sampling(temperature=0, max_new_tokens=100)


def carry_out(
    spec: RunSpec, run: RunFolder, rows: int, log: EventLog, steering: Steering
) -> Outcome:
    """Train as the spec says; `rows` of training data decide the number of steps.

    Raises KnownError for what a person can mend: data, model, memory, a loss that broke down.
    """
    try:
        return _carry_out(spec, run, rows, log, steering)
    except Interrupted as interruption:
        paused = interruption.command is Command.PAUSE
        state = RunState.PAUSED if paused else RunState.STOPPED
        step = max(run.checkpoint_steps(), default=0)
        return Outcome(state, step, f"{state.value.capitalize()} before the next step.", None)
    except torch.OutOfMemoryError as error:
        raise RunError(_out_of_memory(spec.config)) from error


def _out_of_memory(config: TrainingConfig) -> str:
    """What was too much for the GPU, and which settings to lower, by their names in the form."""
    fields = type(config).model_fields
    at_once = config.per_device_train_batch_size
    what = "prompt" if isinstance(config, OnlineConfig) else "example"
    what = f"1 {what}" if at_once == 1 else f"{at_once} {what}s"
    remedies = []
    if at_once > 1:
        title = fields["per_device_train_batch_size"].title
        remedies.append(f"lower {title} (and raise Accumulation as much)")
    lowered = ["max_length"]
    if isinstance(config, OnlineConfig):
        what += f" with {config.num_generations} answers each"
        lowered = ["num_generations", "max_completion_length", "max_length"]
    remedies += [f"lower {fields[name].title}" for name in lowered]
    if config.gradient_checkpointing:
        last = ", or choose a smaller model"
    else:
        last = " or turn on Checkpoint activations"
    return (
        f"The GPU ran out of memory with {what} of up to {config.max_length} tokens at once:"
        f" {', '.join(remedies)}{last}."
    )


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything that a run needs, loaded and ready for its first step."""

    loop: Loop[Any, Any]
    tokenizer: Any
    processes: Processes
    device: torch.device


def prepare(
    spec: RunSpec, run: RunFolder, rows: int, log: EventLog, steering: Steering
) -> Preparation:
    """Load the model, read the examples and compute what stays the same over the run.

    Raises KnownError for what a person can mend, Interrupted when told to end meanwhile.
    """
    device = resolve_device(spec.device)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    processes = Processes.start(device)

    def report(doing: str) -> None:
        log.report(doing)
        if processes.count == 1:  # several begin together or not at all
            steering.interrupt()

    report(f"loading the model on {describe(device)}")
    base = load_base(Path(spec.model.path), device, spec.adapter)
    report("reading the examples")
    method = build_method(spec, run, base)
    _check_examples(spec, method, log)
    torch.manual_seed(spec.config.seed)
    scores = isinstance(spec.config, RewardConfig)
    model = trainable(base, spec.adapter, scores=scores)
    if spec.config.gradient_checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    policy = Policy(model)
    try_packing(policy)
    fuse(policy)
    if processes.sharding is None:
        try_writing_out(policy)
    # PPO's critic computes in one lane, and is measured beside the policy.
    if processes.count == 1 and not isinstance(spec.config, PpoConfig):
        policy.lanes = lanes_for(model)
    if scores:
        policy = ScoredPolicy.of(policy)
    with processes.first_before_others():
        method.prepare(policy, report)
    generator = Generator(model, base.tokenizer, device)
    fixed_prompts = () if scores else _with_room(generator, spec.sample_prompts, log)
    loop: Loop[Any, Any] = Loop(
        spec.config, method, policy, run, rows, log, steering, processes,
        lambda: _samples(generator, fixed_prompts),
    )  # fmt: skip
    return Preparation(loop, base.tokenizer, processes, device)


def _carry_out(
    spec: RunSpec, run: RunFolder, rows: int, log: EventLog, steering: Steering
) -> Outcome:
    ready = prepare(spec, run, rows, log, steering)
    step = ready.loop.restore()
    detail = f"training on {describe(ready.device)}"
    log.emit(StateChanged(RunState.RUNNING, f"{detail}, on from step {step}" if step else detail))
    outcome = ready.loop.run()
    if outcome.result_step is not None and ready.processes.is_first:
        publish_result(run, outcome.result_step, ready.tokenizer)
    return outcome


def _with_room(
    generator: Generator, prompts: Sequence[Conversation], log: EventLog
) -> list[Conversation]:
    """The fixed prompts that can be answered; the others are told of, and the run goes on."""
    answered = []
    for prompt in prompts:
        if too_long := generator.too_long(prompt):
            start = " ".join(plain_text(prompt).split())[:_SHOWN_CHARACTERS]
            message = f"{too_long}, so the model is not asked “{start}…” while it learns"
            log.emit(Warned("fixed_prompt", f"{message}: shorten this fixed prompt."))
        else:
            answered.append(prompt)
    return answered


def _samples(generator: Generator, prompts: Sequence[Conversation]) -> Iterator[SampleText]:
    """What the model in training answers to each prompt, its likeliest words."""
    adapter = _IN_TRAINING if isinstance(generator.model, PeftModel) else None
    rows = [Row(str(place), prompt, adapter) for place, prompt in enumerate(prompts)]
    for reply in generator.stream(Generate("samples", rows, _SAMPLING)):
        if isinstance(reply, Done):
            yield SampleText(plain_text(prompts[int(reply.row_id)]), reply.text)


def _check_examples(spec: RunSpec, method: AnyMethod, log: EventLog) -> None:
    """Raise RunError when nothing can be learnt from; warn of what is left out."""
    cut = method.cuts.sentence(spec.config.max_length)
    if not method.train:
        raise RunError(cut or "There are no examples to learn from: label or import some first.")
    if cut:
        log.emit(Warned("max_length", cut))
    if isinstance(spec.config, DpoConfig) and spec.config.watches_drift and not method.held_out:
        log.emit(
            Warned(
                "no_eval_data",
                "Stop in time has nothing to measure on: label more pairs, so that some can be"
                " kept apart, and let Measure every be above 0.",
                Severity.NOTICE,
            )
        )
