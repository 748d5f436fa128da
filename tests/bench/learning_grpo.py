"""GRPO learns: the model comes to answer in one sentence of a given length.

`python -m tests.bench.learning_grpo`
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from tests.bench.figures import Figure, print_figures
from tests.bench.learning import DEMO, Trained, interval_of_mean, options, split_rows, train
from workbench.core.events import Metric, decode
from workbench.core.recipes import GrpoConfig
from workbench.core.rewards import LengthReward, RegexReward
from workbench.core.run_folder import RunFolder
from workbench.engine.chat import prompt_ids
from workbench.engine.examples import read_prompts
from workbench.engine.generation import end_tokens
from workbench.engine.rewards.sample import RewardInput
from workbench.engine.rewards.scoring import build, score
from workbench.engine.rollout import Drawing, PolicySampler, Request

_HELD_OUT = 30
_ANSWERS = 4
_TOKENS = 24
_WINDOW = 5
_REWARDS = (
    LengthReward(target_words=8, tolerance_words=2, falloff_words=8),
    RegexReward(name="one_sentence", pattern=r"[^.!?\n]+[.!?]", match="whole"),
)


def main() -> None:
    asked = options(
        "Trains the embedded model to answer in one sentence of about eight words.", steps=40
    )
    config = GrpoConfig(
        max_steps=asked.steps, per_device_train_batch_size=3, num_generations=8,
        max_completion_length=_TOKENS, learning_rate=2e-4, rewards=_REWARDS, save_steps=0,
    )  # fmt: skip
    rows, held_out = split_rows(DEMO / "sft.jsonl", _HELD_OUT)
    with TemporaryDirectory() as name:
        folder = Path(name)
        trained = train(config, _prompts(rows), _prompts(held_out), folder)
        rewards = _rewards_of_steps(RunFolder(folder))
        after = _held_out_rewards(trained)
        with trained.policy.model.disable_adapter():
            before = _held_out_rewards(trained)
    low, high = interval_of_mean([now - was for was, now in zip(before, after, strict=True)])
    print_figures(
        [
            Figure("grpo_reward_first_steps", fmean(rewards[:_WINDOW]), "of 2"),
            Figure("grpo_reward_last_steps", fmean(rewards[-_WINDOW:]), "of 2"),
            Figure("grpo_held_out_reward_before", fmean(before), "of 2"),
            Figure("grpo_held_out_reward_after", fmean(after), "of 2"),
            Figure("grpo_held_out_reward_rise_low", low, "of 2", target=0.0),
            Figure("grpo_held_out_reward_rise_high", high, "of 2"),
            Figure("grpo_held_out_prompts", len(after), "prompts"),
            Figure("grpo_steps", trained.steps, "steps"),
            Figure("grpo_elapsed", trained.elapsed_s, "s"),
        ],
        as_json=asked.json,
    )


def _prompts(rows: Sequence[str]) -> list[str]:
    """The prompts alone, each once."""
    return [
        json.dumps({"prompt": prompt})
        for prompt in {
            json.dumps(json.loads(row)["prompt"]): json.loads(row)["prompt"] for row in rows
        }.values()
    ]


def _rewards_of_steps(run: RunFolder) -> list[float]:
    lines = run.attempt(1).events.read_text(encoding="utf-8").splitlines(keepends=True)
    payloads = [decode(line).payload for line in lines]
    return [payload.values["reward"] for payload in payloads if isinstance(payload, Metric)]


def _held_out_rewards(trained: Trained) -> list[float]:
    """Mean reward of a few sampled answers to each held-out prompt."""
    examples = read_prompts(trained.held_out)
    sampler = PolicySampler(trained.policy, end_tokens(trained.policy.causal, trained.tokenizer))
    sampler.try_sharing()
    requests = [
        Request(prompt_ids(trained.tokenizer, example.prompt), f"{place}/{answer}")
        for place, example in enumerate(examples)
        for answer in range(_ANSWERS)
    ]
    inputs = [
        RewardInput(
            examples[place // _ANSWERS].prompt,
            trained.tokenizer.decode(written.tokens, skip_special_tokens=True), None,
            len(written.tokens), written.is_finished,
        )
        for place, written in enumerate(sampler.sample(requests, Drawing(_TOKENS)))
    ]  # fmt: skip
    totals = [total or 0.0 for total in score(build(_REWARDS), inputs).totals]
    return [fmean(totals[start : start + _ANSWERS]) for start in range(0, len(totals), _ANSWERS)]


if __name__ == "__main__":
    main()
