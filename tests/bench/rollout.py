"""`python -m tests.bench.rollout`: our answers beside `generate` of transformers, in turn, in one
process.

G answers of exactly C tokens to one prompt of P tokens, with a LoRA adapter that does something.
The peer writes them in two ways: as TRL's defaults do (32 bits, adapter apart), and with what
`generate` does best (our precision, adapter merged before). A figure is the median of the turns
after a warm-up: the process's own seconds on the processor, which other programs touch least, and
seconds that passed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch

from tests.bench.engine.material import ALPHA, RANK, SEED, Sizes
from tests.bench.figures import Figure, print_figures
from workbench.core import paths
from workbench.core.python_process import computing_environment
from workbench.core.recipes import AdapterConfig
from workbench.engine.devices import resolve_device
from workbench.engine.fused import fuse
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import attach_adapter, load_base
from workbench.engine.online import own_sampler
from workbench.engine.rollout import Drawing, Request
from workbench.engine.writing_weights import merged

_TARGETS = {"default": 2.45, "best": 1.5}


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the processor, and seconds that passed."""

    cpu_s: float
    wall_s: float


def policy_of(folder: Path, precision: str) -> Policy:
    torch.manual_seed(SEED)
    config = AdapterConfig.model_validate({"r": RANK, "lora_alpha": ALPHA, "precision": precision})
    policy = Policy(attach_adapter(load_base(folder, resolve_device("auto"), config), config))
    for name, parameter in policy.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.01)
    return policy.eval()


def ours(folder: Path, precision: str, prompt: list[int], sizes: Sizes) -> Callable[[], None]:
    policy = policy_of(folder, precision)
    try_packing(policy)
    fuse(policy)
    sampler = own_sampler(policy, frozenset())

    def write() -> None:
        requests = [Request(prompt, str(answer)) for answer in range(sizes.group)]
        written = sampler.sample(requests, Drawing(sizes.answer))
        assert all(len(rollout.tokens) == sizes.answer for rollout in written)

    return write


def generate(
    folder: Path, precision: str, prompt: list[int], sizes: Sizes, *, merges: bool
) -> Callable[[], None]:
    policy = policy_of(folder, precision)
    device = policy.causal.get_input_embeddings().weight.device
    ids = torch.tensor([prompt] * sizes.group, device=device)

    @torch.no_grad()
    def plain() -> None:
        written = policy.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=True, top_k=0, top_p=1.0,
            max_new_tokens=sizes.answer, min_new_tokens=sizes.answer, pad_token_id=0,
        )  # fmt: skip
        assert written.shape[1] == sizes.prompt + sizes.answer

    def with_merged() -> None:
        with merged(policy.model):
            plain()

    return with_merged if merges else plain


def take(write: Callable[[], None]) -> Taken:
    cpu, wall = time.process_time(), time.perf_counter()
    write()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return Taken(time.process_time() - cpu, time.perf_counter() - wall)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rollout", description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="turns that count, after a warm-up")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--tokens", type=int, default=Sizes().answer, help="of an answer")
    parser.add_argument("--model", type=Path, default=paths.embedded_model_dir())
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    sizes = Sizes(answer=asked.tokens)
    draw = random.Random(SEED)
    prompt = [draw.randrange(10, 40_000) for _ in range(sizes.prompt)]
    writers = {
        "ours": ours(asked.model, asked.precision, prompt, sizes),
        "default": generate(asked.model, "fp32", prompt, sizes, merges=False),
        "best": generate(asked.model, asked.precision, prompt, sizes, merges=True),
    }
    turns = [
        {name: take(write) for name, write in writers.items()} for _ in range(asked.turns + 1)
    ][1:]
    cpu = {name: median(turn[name].cpu_s for turn in turns) for name in writers}
    wall = {name: median(turn[name].wall_s for turn in turns) for name in writers}
    figures = []
    for name, target in _TARGETS.items():
        figures += [
            Figure(f"rollout_vs_{name}", cpu[name] / cpu["ours"], "×", target),
            Figure(f"rollout_vs_{name}_wall", wall[name] / wall["ours"], "×"),
            Figure(f"rollout_{name}_cpu", cpu[name], "s"),
            Figure(f"rollout_{name}_wall", wall[name], "s"),
        ]
    speed = sizes.group * sizes.answer / wall["ours"]
    figures += [
        Figure("rollout_ours_cpu", cpu["ours"], "s"),
        Figure("rollout_ours_wall", wall["ours"], "s"),
        Figure("rollout_ours_tokens_per_second", speed, "tokens/s"),
    ]
    if not asked.json:
        print(f"P={sizes.prompt}, C={sizes.answer}, G={sizes.group}, LoRA r={RANK}.")
    print_figures(figures, as_json=asked.json)


def in_a_trainers_environment() -> None:
    """Start anew as the supervisor starts a trainer: what it sets must be there from the start."""
    wanted = computing_environment(os.environ)
    if dict(os.environ) != wanted:
        module = ["-m", "tests.bench.rollout", *sys.argv[1:]]
        os.execve(sys.executable, [sys.executable, *module], wanted)


if __name__ == "__main__":
    in_a_trainers_environment()
    main()
