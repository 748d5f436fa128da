"""FSDP2: each process keeps a part of every weight, of its gradient and of its moments.

`accelerate launch --use_fsdp --fsdp_version 2` asks for it. Accelerate's choice is read and torch's
`fully_shard` called here, because accelerate ignores FSDP on CPUs: so what tests run in two CPU
processes (gloo) is what GPUs run. On GPUs (NCCL) it was not run yet.

A layer's parts are put together while it computes. Embeddings and head stay together from the
beginning of a pass to the end of its backward pass, as the head is read in chunks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import FullyShardedDataParallelPlugin
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from workbench.core.errors import RunError
from workbench.engine.batching import TokenSequence
from workbench.engine.logprobs import Policy

_RESHARDS = "reshards_after_forward"


@dataclass(frozen=True, slots=True)
class Sharding:
    """How the model is shared out: `reshards` says whether a layer's parts come apart again between
    its forward and its backward pass (as in ZeRO-3), or stay together until then (as in ZeRO-2).
    """

    reshards: bool
    layer_classes: tuple[str, ...] = ()

    @classmethod
    def wanted(cls) -> Sharding | None:
        """What accelerate was told, or None. Raises RunError for what the loop can't do with."""
        if not _is_on("ACCELERATE_USE_FSDP"):
            return None
        # Every process loads the weights itself; transformers would leave all but the first empty.
        os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"
        asked: Any = FullyShardedDataParallelPlugin()
        if asked.fsdp_version != 2:
            raise RunError("FSDP is used in its version 2 only: start with --fsdp_version 2.")
        if _is_on("FSDP_OFFLOAD_PARAMS"):
            raise RunError(
                "Weights can't be kept in the host's memory here: start without"
                " --fsdp_offload_params."
            )
        named = asked.transformer_cls_names_to_wrap
        return cls(bool(asked.reshard_after_forward), tuple(named or ()))

    def share_out(self, policy: Policy) -> None:
        """Let each process keep its part of `policy`, in place. Its parameters are other ones then.

        Raises RunError for weights in 4 bits.
        """
        if any(not weight.is_floating_point() for weight in policy.parameters()):
            raise RunError(
                "Weights in 4 bits can't be shared out: choose lora under What is trained, or start"
                " with --multi_gpu."
            )
        classes = self.layer_classes or tuple(policy.causal._no_split_modules or ())
        device = policy.causal.get_input_embeddings().weight.device.type
        mesh = init_device_mesh(device, (torch.distributed.get_world_size(),))
        layers = [item for item in policy.modules() if type(item).__name__ in classes]
        for module in (*layers, policy):
            # Torch keeps the outermost together, unless told otherwise.
            reshards = self.reshards and module is not policy
            fully_shard(module, mesh=mesh, reshard_after_forward=reshards)
            setattr(module, _RESHARDS, reshards)
        # The outermost must be the first that torch sees at work; sampling asks the layers.
        with torch.no_grad():
            policy([[TokenSequence([0, 1, 2], 1)]])
        apart(policy)


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes"}


@contextmanager
def gathered(policy: Policy) -> Iterator[None]:
    """Within it every process has all weights, and may make as many passes as it likes.

    Every process must enter. Nothing happens where the model is not shared out.
    """
    shared: list[Any] = [item for item in policy.modules() if isinstance(item, FSDPModule)]
    try:
        for module in shared:
            module.set_reshard_after_forward(False, recurse=False)
            module.unshard()
        yield
    finally:
        for module in shared:
            module.reshard()
            module.set_reshard_after_forward(getattr(module, _RESHARDS), recurse=False)


def apart(policy: Policy) -> None:
    """Let go of what belongs to others. A pass without gradient leaves the outermost part of the
    model together, and its parameters are not those that are trained then.
    """
    for module in policy.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All parts of `tensor` together, in host memory; a tensor that has none as it is.

    Every process must ask, and only the first gets it: the others get an empty one.
    """
    if not isinstance(tensor, DTensor):
        return tensor
    together: torch.Tensor = tensor.full_tensor()
    return together.cpu() if torch.distributed.get_rank() == 0 else together.new_empty(0)


def parted_like(tensor: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Of `value`, which all processes have, the part that this one has of `tensor`."""
    value = value.to(tensor.device)
    if not isinstance(tensor, DTensor):
        return value
    return distribute_tensor(value, tensor.device_mesh, tensor.placements, src_data_rank=None)
