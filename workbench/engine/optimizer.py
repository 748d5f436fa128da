"""AdamW over everything that is trained, by name, so that its state can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from workbench.core.errors import RunError
from workbench.core.recipes import TrainingConfig
from workbench.engine.logprobs import Policy
from workbench.engine.processes import Processes
from workbench.engine.sharding import parted_like, whole


class Optimizer:
    """Steps the policy's trained weights, and what a method trains beside them.

    `policy` is the policy as the processes share it; call that one where gradients are wanted.
    """

    def __init__(
        self,
        config: TrainingConfig,
        policy: Policy,
        extra: Mapping[str, tuple[float, Sequence[torch.nn.Parameter]]],
        processes: Processes,
    ) -> None:
        self._processes = processes
        self._zero = processes.zero
        self._rate = config.learning_rate
        if extra and (processes.sharding or processes.zero):
            raise RunError(
                f"The {next(iter(extra))} can't be shared out over processes: start with"
                " --multi_gpu."
            )
        if processes.sharding is not None:
            processes.sharding.share_out(policy)
        own = {id(parameter) for _, parameters in extra.values() for parameter in parameters}
        self.named = {
            name: parameter
            for name, parameter in policy.named_parameters()
            if parameter.requires_grad and id(parameter) not in own
        }
        groups: list[dict[str, Any]] = [
            {"params": list(self.named.values()), "lr": config.learning_rate}
        ]
        for group_name, (rate, parameters) in extra.items():
            groups.append({"params": list(parameters), "lr": rate})
            self.named |= {
                f"{group_name}.{place}": parameter for place, parameter in enumerate(parameters)
            }
        self._factors = [float(group["lr"]) / config.learning_rate for group in groups]
        adamw = torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)
        self.policy, self.inner = processes.join(policy, adamw)

    def set_rate(self, rate: float) -> None:
        """The policy's learning rate; the others keep their proportion to it."""
        for group, factor in zip(self.inner.param_groups, self._factors, strict=True):
            group["lr"] = rate * factor

    def clip(self, max_norm: float) -> float:
        """Shorten the gradient to `max_norm`; returns its norm before."""
        if self._zero is not None:
            return self._zero.clip(max_norm)
        parameters = [item for group in self.inner.param_groups for item in group["params"]]
        return float(self._processes.accelerator.clip_grad_norm_(parameters, max_norm))

    def step(self) -> None:
        """Move the weights, and forget the gradients."""
        if self._zero is not None:
            self._zero.step()
            return
        self.inner.step()
        self.inner.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, torch.Tensor]:
        """The moments, as `name#key`. Every process must ask; the first gets them."""
        if self._zero is not None:
            return self._zero.moments(self.named)
        return {
            f"{name}#{key}": whole(value).contiguous()
            for name, parameter in self.named.items()
            for key, value in self.inner.state[parameter].items()
        }

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take over what `tensors` gave; raises KeyError for a parameter that is not here."""
        if self._zero is not None:
            self._zero.take_over(self.named, tensors)
            return
        for label, value in tensors.items():
            name, _, key = label.rpartition("#")
            parameter = self.named[name]
            if key == "step":
                self.inner.state[parameter][key] = value.to(parameter.device)
            else:
                self.inner.state[parameter][key] = parted_like(parameter, value)
