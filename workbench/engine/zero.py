"""DeepSpeed's ZeRO: each process has the whole model, and a part of AdamW's moments (stage 1) or of
the moments and the gradients (stage 2).

`accelerate launch --use_deepspeed --zero_stage 2` asks for it. DeepSpeed shares out and exchanges;
when a step's gradients are complete, how long they may be and when to step is the loop's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DeepSpeedPlugin, InitProcessGroupKwargs

from workbench.core.errors import RunError
from workbench.engine.logprobs import Policy


class Zero:
    """DeepSpeed as accelerate was told to use it; at work after `join`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """`options` are DeepSpeed's for `zero_optimization`."""
        self._options = dict(options)
        self._engine: Any = None

    @classmethod
    def wanted(cls) -> Zero | None:
        """What accelerate was told, or None. Raises RunError for what the loop can't do with."""
        if os.environ.get("ACCELERATE_USE_DEEPSPEED", "").lower() != "true":
            return None
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:  # there is nobody to share with
            os.environ["ACCELERATE_USE_DEEPSPEED"] = "false"
            return None
        if find_spec("deepspeed") is None:
            raise RunError(
                "DeepSpeed is not installed: pip install 'workbench[deepspeed]', or start with"
                " --use_fsdp --fsdp_version 2."
            )
        try:
            asked: Any = DeepSpeedPlugin()
        except ValueError as error:
            raise RunError(f"DeepSpeed can't be used as it is configured: {error}") from error
        options = asked.deepspeed_config["zero_optimization"]
        if options.get("stage") not in {1, 2}:
            raise RunError(
                "DeepSpeed is used in its stages 1 and 2 only: start with --zero_stage 2, or with"
                " --use_fsdp --fsdp_version 2, which shares out the weights as well."
            )
        if (options.get("offload_optimizer") or {}).get("device", "none") != "none":
            raise RunError(
                "Moments can't be kept in the host's memory here: start without"
                " --offload_optimizer_device."
            )
        return cls({name: value for name, value in options.items() if value != "auto"})

    def start(self, device: torch.device) -> Accelerator:
        """Join the processes that compute on `device`'s kind."""
        plugin = DeepSpeedPlugin(
            hf_ds_config={
                "zero_optimization": self._options,
                # Must be said; the loop decides what it computes at once, and when to step.
                "train_micro_batch_size_per_gpu": 1,
                "gradient_accumulation_steps": 1,
            }
        )
        handlers = []
        if device.type == "cpu":
            # Told of a CPU, accelerate leaves DeepSpeed out; not told, it looks for no way to talk.
            os.environ["DS_ACCELERATOR"] = os.environ["ACCELERATE_TORCH_DEVICE"] = "cpu"
            handlers = [InitProcessGroupKwargs(backend="gloo")]
            from deepspeed import ops

            # Gloo does; DeepSpeed would first compile, for minutes, an exchange of its own.
            ops.__compatible_ops__ = {}
        return Accelerator(
            deepspeed_plugin=plugin, mixed_precision="no", device_placement=False,
            kwargs_handlers=handlers,
        )  # fmt: skip

    def join(
        self, accelerator: Accelerator, policy: Policy, adamw: torch.optim.Optimizer
    ) -> tuple[Policy, Any]:
        """Both as all processes use them."""
        self._engine, optimizer = accelerator.prepare(policy, adamw)
        return self._engine, optimizer

    def next_is_last(self, is_last: bool) -> None:
        """Say whether a step's gradients are complete after the next backward pass."""
        self._engine.set_gradient_accumulation_boundary(is_last)

    def backward(self, loss: torch.Tensor) -> None:
        """Add the gradients of `loss`. Accelerate's own would step after the last, unseen."""
        self._engine.backward(loss)

    def clip(self, max_norm: float) -> float:
        """Let `step` shorten the gradient to `max_norm`; returns its norm before."""
        self._engine.optimizer.clip_grad = max_norm
        return float(self._engine.optimizer.scaled_global_norm())

    def step(self) -> None:
        """Move the weights, and forget the gradients."""
        self._engine.step()

    def moments(self, named: Mapping[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
        """AdamW's state as `name#key`, whole. Every process must ask; the first gets it."""
        from deepspeed.utils import safe_get_full_optimizer_state

        found = {}
        _, state = self._own_part()
        for name, parameter in named.items():
            for key, value in state.items():
                if key == "step":  # one for all
                    whole = value.clone()
                else:
                    whole = safe_get_full_optimizer_state(parameter, key)
                if torch.distributed.get_rank() == 0:
                    found[f"{name}#{key}"] = whole.cpu()
        return found

    def take_over(
        self, named: Mapping[str, torch.nn.Parameter], tensors: Mapping[str, torch.Tensor]
    ) -> None:
        """Go on from the weights that the model has now, and from what `moments` gave.

        Raises KeyError for a parameter that is not here.
        """
        from deepspeed.utils import safe_set_full_optimizer_state

        optimizer = self._engine.optimizer
        optimizer.refresh_fp32_params()  # it steps a copy
        flat, state = self._own_part()
        labels = [label.rpartition("#") for label in tensors]
        for key in {key for _, _, key in labels} - state.keys():  # AdamW makes them as it steps
            state[key] = torch.zeros_like(flat[0] if key == "step" else flat)
        optimizer._lazy_init_hp_params_optimizer_state()  # finds each parameter's place in them
        for (name, _, key), value in zip(labels, tensors.values(), strict=True):
            if key == "step":
                state[key].copy_(value)
            else:
                safe_set_full_optimizer_state(named[name], value.to(flat.device), key)

    def _own_part(self) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The weights that this process steps, in one row, and AdamW's state of them."""
        (flat,) = self._engine.optimizer.single_partition_of_fp32_groups
        return flat.detach(), self._engine.optimizer.optimizer.state[flat]
