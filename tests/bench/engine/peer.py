"""TRL 1.16 stepping: with its defaults, or with its best settings on this device."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import TrainerCallback, set_seed

from tests.bench.engine.material import ALPHA, BETA, LEARNING_RATE, RANK, SEED, Sizes, Writer
from tests.bench.engine.stepping import Turns

_ENDLESS = 1_000_000


class _TurnByTurn(TrainerCallback):
    """Makes the trainer wait before each step, and tell after it."""

    def __init__(self, turns: Turns, tokens: int) -> None:
        self._turns = turns
        self._tokens = tokens

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._turns.ready()

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not self._turns.wait():
            self._turns.finish()
            raise SystemExit

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self._turns.done(self._tokens)


def settings(best: str) -> dict[str, Any]:
    """What both have, and for `best`, "fp32" or "bf16", what its defaults miss on this device."""
    common = {
        "output_dir": tempfile.mkdtemp(), "report_to": [], "disable_tqdm": True, "seed": SEED,
        "learning_rate": LEARNING_RATE, "lr_scheduler_type": "constant", "max_steps": _ENDLESS,
        "save_strategy": "no", "logging_steps": 1, "log_level": "error",
        "use_cpu": not torch.cuda.is_available(),
    }  # fmt: skip
    if not best:
        return common
    on_gpu = {"tf32": True} if torch.cuda.is_available() else {}
    return common | on_gpu | {"gradient_checkpointing": False, "bf16": best == "bf16"}


def lora() -> LoraConfig:
    return LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules="all-linear")


def sft(model: str, writer: Writer, best: str, _: Sizes) -> tuple[Any, int]:
    from trl import SFTConfig, SFTTrainer

    rows = [
        {name: value for name, value in example.to_json().items() if name != "example_id"}
        for example in writer.supervised()
    ]
    trainer = SFTTrainer(
        model=model, peft_config=lora(), train_dataset=Dataset.from_list(rows),
        args=SFTConfig(
            **settings(best), per_device_train_batch_size=len(rows), max_length=1024,
            completion_only_loss=True,
        ),
    )  # fmt: skip
    return trainer, sum(len(row["input_ids"]) for row in trainer.train_dataset)


def dpo(model: str, writer: Writer, best: str, sizes: Sizes) -> tuple[Any, int]:
    from trl import DPOConfig, DPOTrainer

    rows = [example.to_json() for example in writer.preferences(sizes)]
    more = {"precompute_ref_log_probs": True} if best else {}
    trainer = DPOTrainer(
        model=model, peft_config=lora(), train_dataset=Dataset.from_list(rows),
        args=DPOConfig(
            **settings(best), **more, per_device_train_batch_size=sizes.pairs, max_length=1024,
            beta=BETA,
        ),
    )  # fmt: skip
    return trainer, 2 * sizes.pairs * (sizes.prompt + sizes.answer)


def grpo(model: str, writer: Writer, best: str, sizes: Sizes) -> tuple[Any, int]:
    """Whole steps: every answer is exactly as long as asked for."""
    from trl import GRPOConfig, GRPOTrainer

    rows = [{"prompt": example.to_json()["prompt"]} for example in writer.prompts(sizes)]

    def reward(completions: list[Any], **_: Any) -> list[float]:
        return [float(place % 2) for place in range(len(completions))]

    trainer = GRPOTrainer(
        model=model, peft_config=lora(), train_dataset=Dataset.from_list(rows),
        reward_funcs=reward,
        args=GRPOConfig(
            **settings(best), per_device_train_batch_size=sizes.group,
            num_generations=sizes.group, max_completion_length=sizes.answer, beta=0.0,
            generation_kwargs={"min_new_tokens": sizes.answer},
        ),
    )  # fmt: skip
    return trainer, sizes.group * (sizes.prompt + sizes.answer)


def grpo_update(model: str, writer: Writer, best: str, sizes: Sizes) -> tuple[Any, int]:
    """The same without writing answers: the update on answers that are there."""
    trainer, tokens = grpo(model, writer, best, sizes)
    generator = torch.Generator().manual_seed(SEED)
    prompt = torch.randint(10, 40_000, (1, sizes.prompt), generator=generator)
    shape = (sizes.group, sizes.answer)
    inputs = {
        "prompt_ids": prompt.expand(sizes.group, -1),
        "prompt_mask": torch.ones(sizes.group, sizes.prompt, dtype=torch.long),
        "completion_ids": torch.randint(10, 40_000, shape, generator=generator),
        "completion_mask": torch.ones(shape, dtype=torch.long),
        "advantages": torch.linspace(-1, 1, sizes.group),
        "num_items_in_batch": torch.tensor(sizes.group * sizes.answer),
    }
    device = trainer.accelerator.device
    ready = {name: value.to(device) for name, value in inputs.items()}
    trainer._prepare_inputs = lambda _: ready
    return trainer, tokens


BUILDERS = {"sft": sft, "dpo": dpo, "grpo": grpo, "grpo_update": grpo_update}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--method", choices=BUILDERS, required=True)
    parser.add_argument("--best", choices=("fp32", "bf16"), default="")
    parser.add_argument("--answers", type=int, required=True)
    asked = parser.parse_args()
    set_seed(SEED)
    trainer, tokens = BUILDERS[asked.method](
        str(asked.model), Writer(asked.model), asked.best, Sizes()
    )
    trainer.add_callback(_TurnByTurn(Turns(asked.answers), tokens))
    trainer.train()


if __name__ == "__main__":
    main()
