"""The critic of PPO: says of each token what reward is still to be expected.

A language model of its own beside the policy, as in the classical pipeline: it shares the frozen
base weights and has an adapter like the policy's (or is a full copy where all weights are trained),
and reads one number from each hidden state. What that costs is measured as it happens.

With several processes the critic is no part of the module that accelerate wraps: each gradient is
averaged over the processes as it is formed, which is what DDP does for the policy. FSDP and
DeepSpeed do not shard it.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain

import torch

from workbench.core.recipes import AdapterConfig
from workbench.engine.fused import fuse
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import LoadedBase, attach_adapter
from workbench.engine.packing import Group

# A gradient and AdamW's two moments for each weight that is trained.
_COPIES_OF_TRAINED = 3


@dataclass(slots=True)
class CriticCost:
    """What the critic took since it was last told: seconds, and bytes kept for the backward."""

    time_s: float = 0.0
    activation_bytes: int = 0
    _started: float = field(default=0.0, repr=False)

    def start(self, device: torch.device) -> None:
        self._started = _now(device)

    def stop(self, device: torch.device) -> None:
        self.time_s += _now(device) - self._started


class Critic(torch.nn.Module):
    """Calling it gives the value [N] of each learnt token's place: what it was drawn from."""

    def __init__(self, trunk: Policy) -> None:
        super().__init__()
        embeddings = trunk.causal.get_input_embeddings().weight
        self.trunk = trunk
        self.device = embeddings.device
        # Starts at 0: before it has learnt, it expects nothing.
        self.head = torch.nn.Linear(embeddings.shape[1], 1, device=self.device)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.cost = CriticCost()

    @classmethod
    def beside(
        cls, base: LoadedBase, config: AdapterConfig, *, seed: int, checkpoints: bool = False
    ) -> Critic:
        """A critic over `base`, which must have no adapter yet and stays as it is."""
        if config.tuning == "full":
            model = copy.deepcopy(base.model)
            model.base_model.requires_grad_(True)
        else:
            shared = chain(base.model.parameters(), base.model.buffers())
            twin = copy.deepcopy(base.model, {id(tensor): tensor for tensor in shared})
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                model = attach_adapter(replace(base, model=twin), config)
        if checkpoints:
            model.activation_checkpointing_enable({"use_reentrant": False})
        trunk = Policy(model)
        try_packing(trunk)
        fuse(trunk)
        critic = cls(trunk)
        if torch.distributed.is_initialized() and torch.distributed.get_world_size() > 1:
            for parameter in critic.trained():
                parameter.register_hook(_averaged)  # type: ignore[no-untyped-call]
        return critic

    def forward(self, groups: Sequence[Group]) -> torch.Tensor:
        batch = self.trunk.batch(groups)
        states = self.trunk.hidden(batch)[batch.sources]
        values: torch.Tensor = self.head(states.float()).squeeze(-1)
        return values

    def trained(self) -> list[torch.nn.Parameter]:
        """What only the critic has, all of it trained."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    @property
    def weight_bytes(self) -> int:
        """Its own weights with their gradients and AdamW's moments."""
        own = sum(parameter.numel() * parameter.element_size() for parameter in self.trained())
        return own * (1 + _COPIES_OF_TRAINED)

    @torch.no_grad()
    def values(self, groups: Sequence[Group]) -> torch.Tensor:
        """Values without gradient and dropout, [N]."""
        self.eval()
        self.cost.start(self.device)
        values: torch.Tensor = self(groups)
        self.cost.stop(self.device)
        return values

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count time and kept activations of a forward pass."""
        weights = {parameter.untyped_storage().data_ptr() for parameter in self.parameters()}
        kept: dict[int, int] = {}

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in weights:
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        self.cost.start(self.device)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            yield
        self.cost.stop(self.device)
        self.cost.activation_bytes = max(self.cost.activation_bytes, sum(kept.values()))

    def measure_backward(self, values: torch.Tensor, logps: torch.Tensor) -> None:
        """Count the time of the backward pass too, which is over before the policy's begins.

        Autograd goes through what was computed last first, so the critic must be asked after the
        policy: `values` get their gradient where the critic's pass begins, `logps` where it ends.
        """

        def begin(gradient: torch.Tensor) -> torch.Tensor:
            self.cost.start(self.device)
            return gradient

        def end(gradient: torch.Tensor) -> torch.Tensor:
            self.cost.stop(self.device)
            return gradient

        values.register_hook(begin)  # type: ignore[no-untyped-call]
        logps.register_hook(end)  # type: ignore[no-untyped-call]


def _averaged(gradient: torch.Tensor) -> torch.Tensor:
    mean = gradient.clone()
    torch.distributed.all_reduce(mean)
    return mean / torch.distributed.get_world_size()


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
