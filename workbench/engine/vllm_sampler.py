"""Answers written by vLLM beside the training, the adapter handed over each time.

An optional extra, `pip install workbench[vllm]`, for NVIDIA GPUs. Written from vLLM's documented
interface (0.27 to 0.30) and tested against a stand-in of its `LLM`: it was not run with vLLM itself
yet, as no GPU was at hand.

vLLM rounds otherwise than the policy does, so what it thinks of its tokens is not used: whatever
needs log-probabilities asks the policy (`OnlineMethod.written_logps`). Equal keys give equal
seeds, but vLLM promises equal answers only where the rest of the batch is equal too.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workbench.core.errors import RunError
from workbench.core.recipes import Tuning
from workbench.engine.checkpoints import save_weights
from workbench.engine.logprobs import Policy
from workbench.engine.rollout import Drawing, Request, Rollout

# vLLM has kernels for adapters of these ranks; a smaller one is padded.
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


@dataclass(frozen=True, slots=True)
class VllmSettings:
    """What vLLM is started with. `memory_share` is its part of the GPU's memory."""

    model: Path
    tuning: Tuning
    rank: int
    max_length: int
    memory_share: float
    seed: int


class VllmSampler:
    """Writes answers with `llm`, vLLM's engine. `ends` are the tokens that end an answer."""

    def __init__(self, policy: Policy, ends: frozenset[int], llm: Any) -> None:
        self._policy = policy
        self._ends = ends
        self._llm = llm
        self._updates = 0
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-adapter-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def sample(self, requests: Sequence[Request], drawing: Drawing) -> list[Rollout]:
        """As `Sampler.sample`; the answers bear no log-probabilities."""
        outputs = self._llm.generate(
            [{"prompt_token_ids": list(request.prompt)} for request in requests],
            [self._parameters(request, drawing) for request in requests],
            use_tqdm=False,
            lora_request=self._hand_over(),
        )
        rollouts = []
        for output in outputs:
            tokens = list(output.outputs[0].token_ids)
            rollouts.append(Rollout(tokens, [], bool(tokens) and tokens[-1] in self._ends))
        return rollouts

    def _parameters(self, request: Request, drawing: Drawing) -> Any:
        from vllm import SamplingParams

        seed = int.from_bytes(hashlib.sha256(request.key.encode()).digest()[:4], "big")
        return SamplingParams(
            max_tokens=drawing.max_new_tokens, temperature=drawing.temperature,
            top_p=drawing.top_p, seed=seed, stop_token_ids=sorted(self._ends), detokenize=False,
        )  # fmt: skip

    def _hand_over(self) -> Any:
        """The adapter as it is now. Its number is new, as vLLM keeps what it read with others."""
        from vllm.lora.request import LoRARequest

        before = self._folder / str(self._updates)
        self._updates += 1
        folder = self._folder / str(self._updates)
        folder.mkdir()
        save_weights(self._policy.model, folder)
        shutil.rmtree(before, ignore_errors=True)
        return LoRARequest(f"step-{self._updates}", self._updates, str(folder))


def start_vllm(settings: VllmSettings, device: torch.device) -> Any:
    """Start vLLM with the base model and room for one adapter, which takes a minute.

    Raises RunError where it can't be used.
    """
    _check(settings, device)
    try:
        from vllm import LLM
    except ImportError as error:
        raise RunError(
            "vLLM is not installed: pip install 'workbench[vllm]', or choose Built in under Answers"
            " are written by."
        ) from error
    return LLM(
        model=str(settings.model), dtype="bfloat16", load_format="safetensors",
        generation_config="vllm", enable_lora=True, max_loras=1,
        max_lora_rank=next(size for size in _RANKS if size >= settings.rank),
        max_model_len=settings.max_length, gpu_memory_utilization=settings.memory_share,
        seed=settings.seed,
    )  # fmt: skip


def _check(settings: VllmSettings, device: torch.device) -> None:
    if device.type != "cuda":
        raise RunError(
            f"vLLM needs an NVIDIA GPU, and this run computes on {device}: choose Built in under"
            " Answers are written by."
        )
    if device.index:
        raise RunError(
            f"vLLM uses the first GPU, and the run asks for {device}: choose device auto, or let"
            " the run see that GPU alone (CUDA_VISIBLE_DEVICES)."
        )
    if settings.tuning != "lora":
        raise RunError(
            f"vLLM takes LoRA adapters, and this run trains with {settings.tuning}: choose lora"
            " under What is trained, or Built in under Answers are written by."
        )
    if torch.distributed.is_initialized() and torch.distributed.get_world_size() > 1:
        raise RunError(
            "vLLM is used with one process only: choose Built in under Answers are written by."
        )
