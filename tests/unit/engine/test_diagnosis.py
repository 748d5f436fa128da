"""What goes wrong is told once, early, and what goes right is left in peace."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.diagnosis import Diagnosis


def codes(steps: Iterable[Mapping[str, float]]) -> list[str]:
    diagnosis = Diagnosis()
    usual = {"loss": 1.0, "grad_norm": 1.0}
    return [
        warned.code
        for step, values in enumerate(steps, start=1)
        for warned in diagnosis.look(step, {**usual, **values})
    ]


def test_a_run_that_learns_is_left_in_peace() -> None:
    falling = [{"loss": 2.0 / (1 + n / 10), "grad_norm": 1.0 + n % 3} for n in range(60)]
    assert codes(falling) == []
    rising = [
        {"reward": n / 60, "kl": n / 200, "frac_reward_zero_std": 0.5,
         "completions/clipped_ratio": 0.2}
        for n in range(60)
    ]  # fmt: skip
    assert codes(rising) == []


def test_a_jump_is_told_once() -> None:
    steps = [{"loss": 0.7}] * 10 + [{"loss": 9.0}] * 3
    assert codes(steps) == ["exploding_loss"]
    assert codes([{"grad_norm": 2.0}] * 10 + [{"grad_norm": 400.0}]) == ["exploding_grad_norm"]
    assert codes([{"loss": 9.0}] + [{"loss": 0.7}] * 5) == []


def test_the_first_answers_that_are_rewarded_push_harder_than_none() -> None:
    nothing, something = (
        {"grad_norm": 0.4, "reward_std": 0.0},
        {"grad_norm": 57.0, "reward_std": 0.5},
    )
    assert codes([nothing] * 9 + [something] + [nothing] * 9 + [something]) == []


def test_a_loss_that_rises_from_the_first_steps_on_is_told_before_it_is_usual() -> None:
    losses = [2.5, 5.0, 21.0, 37.0, 20.0, 103.0, 18.0, 15.0, 12.0, 11.0, 30.0]
    assert codes({"loss": loss} for loss in losses) == ["exploding_loss"]
    odd = [0.1, 0.9, 6.0, 2.0, 0.4]  # one hard example among easy ones
    assert codes({"loss": loss} for loss in odd) == []


def test_a_reward_that_falls_below_its_start_has_collapsed() -> None:
    hill = [{"reward": 0.2 + 0.05 * min(n, 40 - n)} for n in range(60)]
    assert codes(hill) == ["reward_collapse"]
    noise = random.Random(3)
    fall = [{"reward": (0.5 if step < 30 else 0.0) + noise.gauss(0, 0.1)} for step in range(60)]
    assert codes(fall) == ["reward_collapse"]


@pytest.mark.parametrize("rise", [0.0, 0.3])
def test_a_reward_that_is_only_noisy_is_left_in_peace(rise: float) -> None:
    for seed in range(10):
        noise = random.Random(seed)
        steps = [{"reward": rise * step / 200 + noise.gauss(0, 0.3)} for step in range(200)]
        assert codes(steps) == []


def test_a_reward_that_fails_is_not_taken_for_equal_ones() -> None:
    failed = {"frac_reward_zero_std": 1.0, "rewards/mine/failed": 1.0}
    assert codes([failed] * 5) == ["reward_failed"]
    assert codes([{"rewards/mine/failed": 0.2, "reward": 1.0}] * 5) == []


def test_a_prompt_without_a_right_answer_is_no_failing_reward() -> None:
    odd = [{"rewards/mine/failed": 0.5 if step == 6 else 0.0, "reward": 1.0} for step in range(20)]
    assert codes(odd) == []
    assert codes([{"rewards/mine/failed": 0.6, "reward": 1.0}] * 4) == ["reward_failed"]


def overfitting(
    held_out: Callable[[int], float], training: Callable[[int], float], steps: int = 120
) -> list[str]:
    """What is told of a run that is measured every fourth step."""
    diagnosis = Diagnosis()
    found = []
    for step in range(1, steps + 1):
        found += diagnosis.look(step, {"loss": training(step), "grad_norm": 1.0})
        if step % 4 == 0:
            found += diagnosis.look_at_measurement(step, {"eval_loss": held_out(step)})
    return [warned.message for warned in found if warned.code == "overfitting"]


def test_held_out_loss_that_rises_while_training_goes_on_falling_is_told_once() -> None:
    noise = random.Random(1)

    def held_out(step: int) -> float:
        return 1.2 + math.exp(-step / 8) + max(0, step - 40) * 0.01 + noise.gauss(0, 0.01)

    def training(step: int) -> float:
        return 2 - step / 100 + noise.gauss(0, 0.3)

    (message,) = overfitting(held_out, training)
    assert "Steps at about" in message
    assert "Learning rate" in message
    assert overfitting(held_out, lambda step: 1 + step / 100) == []  # the run goes wrong as a whole
    assert Diagnosis().look_at_measurement(4, {"eval_reward": 0.5}) == []


@given(seed=st.integers(0, 10_000), spread=st.floats(0, 0.5), fall=st.floats(0, 1))
def test_held_out_loss_that_is_only_noisy_is_left_in_peace(
    seed: int, spread: float, fall: float
) -> None:
    noise = random.Random(seed)
    held_out = [1.5 + fall * math.exp(-n / 10) + noise.gauss(0, spread) for n in range(31)]
    assert overfitting(lambda step: held_out[step // 4], lambda step: 2 - step / 100) == []


def test_equal_rewards_teach_nothing() -> None:
    alike = {"frac_reward_zero_std": 1.0, "reward": 0.5}
    assert codes([alike] * 2 + [{**alike, "frac_reward_zero_std": 0.9}] + [alike] * 2) == []
    assert codes([alike] * 5) == ["zero_reward_variance"]


def test_kl_is_watched_where_rewards_pull() -> None:
    assert codes([{"kl": 1.5, "reward": 1.0}]) == ["kl_runaway"]
    assert codes([{"kl": 5.0}]) == []


def test_answers_that_never_end_are_told() -> None:
    (code,) = codes([{"completions/clipped_ratio": 1.0}] * 2)
    assert code == "answers_cut"


def test_a_step_without_anything_to_learn_is_told_once() -> None:
    diagnosis = Diagnosis()
    (warned,) = diagnosis.nothing_to_learn(3)
    assert warned.code == "all_masked"
    assert diagnosis.nothing_to_learn(4) == []
