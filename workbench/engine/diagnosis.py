"""Signs that a run is going wrong, told early, in plain words, with what to try.

Each sign is told once an attempt. Limits are rules of thumb and err on the quiet side.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, median

from workbench.core.events import Warned

# Steps that decide what is usual for a run, before anything can be called unusual.
_USUAL_STEPS = 8
_LOSS_FACTOR = 4.0
_GRADIENT_FACTOR = 50.0
# Before that: so much more than at the first step, and than one nat.
_EARLY_LOSS_FACTOR = 10.0
# Nats a token: at 1 the reference gives what is written a third of the probability.
_KL_LIMIT = 1.0
_REWARD_WINDOW = 8
# Of 300 steps of noise alone, one run in a hundred falls so far by chance.
_FALL_IN_NOISE = 7.0
_SAME_REWARD_STEPS = 3
_CUT_SHARE = 0.95
_FAILED = 0.5
_FAILED_STEPS = 8
# Held-out loss: so many measurements in a mean, so many before a rise can be told from noise.
_HELD_OUT_WINDOW = 3
_HELD_OUT_FEWEST = 6
# A rise that matters: a share of the loss, and so many times what chance alone does to such a mean.
_HELD_OUT_RISE = 0.03
_RISE_IN_NOISE = 10.0
_MEDIAN_OF_NOISE = 0.6745  # of the absolute value, where the standard deviation is 1


@dataclass(slots=True)
class Diagnosis:
    """Looks at the figures of each step, in order."""

    _losses: deque[float] = field(default_factory=lambda: deque(maxlen=50))
    _norms: deque[float] = field(default_factory=lambda: deque(maxlen=50))
    _rewards: list[float] = field(default_factory=list)
    _failed: dict[str, deque[float]] = field(default_factory=dict)
    _trained: list[tuple[int, float]] = field(default_factory=list)
    _measured: list[tuple[int, float]] = field(default_factory=list)
    _risen: int = 0
    _same_rewards: int = 0
    _told: set[str] = field(default_factory=set)

    def look(self, step: int, values: Mapping[str, float]) -> list[Warned]:
        """What is to be told of this step."""
        signs: list[Callable[[Mapping[str, float]], Iterator[tuple[str, str]]]] = [
            self._exploding, self._kl_runaway, self._failed_reward, self._same_reward,
            self._reward_collapse, self._all_cut,
        ]  # fmt: skip
        if "loss" in values:
            self._trained.append((step, values["loss"]))
        return [
            warned for sign in signs for found in sign(values) for warned in self._new(step, *found)
        ]

    def look_at_measurement(self, step: int, values: Mapping[str, float]) -> list[Warned]:
        """What is to be told of figures of held-out examples, whose names begin with `eval_`."""
        if "eval_loss" not in values:
            return []
        self._measured.append((step, values["eval_loss"]))
        return [warned for found in self._overfitting() for warned in self._new(step, *found)]

    def _new(self, step: int, code: str, message: str) -> Iterator[Warned]:
        if code not in self._told:
            self._told.add(code)
            yield Warned(code, f"{message} (Seen at step {step}.)", step=step)

    def nothing_to_learn(self, step: int) -> list[Warned]:
        """A step whose items all count nothing."""
        if "all_masked" in self._told:
            return []
        self._told.add("all_masked")
        return [
            Warned(
                "all_masked",
                "Nothing in a whole step could be learnt from: every answer was cut and ignored, or"
                " had no reward. Raise Answer length, or turn off Ignore cut answers; why a reward"
                f" failed stands beside the answers. (Seen at step {step}.)",
                step=step,
            )
        ]

    def _exploding(self, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        if 0 < len(self._losses) < _USUAL_STEPS:
            start, loss = self._losses[0], abs(values["loss"])
            if loss > _EARLY_LOSS_FACTOR * max(start, 1.0):
                yield (
                    "exploding_loss",
                    f"The loss began at {start:.3g} and rose to {loss:.3g} within a few steps: the"
                    " learning rate is too high. Stop, and try a tenth of it.",
                )
        for name, seen, factor in (
            ("loss", self._losses, _LOSS_FACTOR), ("grad_norm", self._norms, _GRADIENT_FACTOR),
        ):  # fmt: skip
            value = abs(values[name])
            if name == "grad_norm" and values.get("reward_std", 1.0) == 0.0:
                continue  # no reward told answers apart: what is left is no measure of a push
            if len(seen) >= _USUAL_STEPS and value > factor * max(median(seen), 0.1):
                what = "The loss" if name == "loss" else "The gradient"
                yield (
                    f"exploding_{name}",
                    f"{what} jumped to {value:.3g}, where {median(seen):.3g} was usual: the"
                    " learning rate may be too high. Try a third of it, or some Warm-up steps.",
                )
            seen.append(value)

    def _kl_runaway(self, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        kl = values.get("kl")
        if kl is not None and "reward" in values and kl > _KL_LIMIT:
            yield (
                "kl_runaway",
                f"The model has moved far from its base (KL {kl:.2f} a token): its answers may turn"
                " strange while the reward still rises. Raise Beta, or lower the learning rate.",
            )

    def _failed_reward(self, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        for figure, share in values.items():
            if not (figure.startswith("rewards/") and figure.endswith("/failed")):
                continue
            name = figure.split("/")[1]
            seen = self._failed.setdefault(name, deque(maxlen=_FAILED_STEPS))
            seen.append(share)
            # One prompt without a right answer may be half of a small step.
            often = len(seen) >= _SAME_REWARD_STEPS and fmean(seen) >= _FAILED
            if share == 1.0 or often:
                yield (
                    "reward_failed",
                    f"The reward {name} failed for {max(share, fmean(seen)):.0%} of the answers and"
                    " says nothing of them. Why stands beside the answers that are shown: mend it,"
                    " and start anew.",
                )

    def _same_reward(self, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        if "frac_reward_zero_std" not in values or "reward" not in values:
            return
        all_alike = values["frac_reward_zero_std"] >= 1.0
        self._same_rewards = self._same_rewards + 1 if all_alike else 0
        if self._same_rewards == _SAME_REWARD_STEPS:
            yield (
                "zero_reward_variance",
                f"For {_SAME_REWARD_STEPS} steps all answers to a prompt had the same reward, so"
                " there was nothing to learn. Try easier or harder prompts, a reward with degrees"
                " between right and wrong, more Answers per prompt or a higher Temperature.",
            )

    def _reward_collapse(self, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        if "reward" not in values:
            return
        self._rewards.append(values["reward"])
        if len(self._rewards) < 3 * _REWARD_WINDOW:
            return
        windows = [
            fmean(self._rewards[start : start + _REWARD_WINDOW])
            for start in range(len(self._rewards) - _REWARD_WINDOW + 1)
        ]
        first, best, last = windows[0], max(windows), windows[-1]
        # From step to step a trend hardly shows: what is left is noise.
        steps = fmean((one - other) ** 2 for one, other in pairwise(self._rewards))
        noise = math.sqrt(steps / 2 / _REWARD_WINDOW)
        if last < first and best - last > _FALL_IN_NOISE * noise:
            yield (
                "reward_collapse",
                f"The reward was {best:.3g} and has fallen to {last:.3g}, below its start"
                f" ({first:.3g}). Go back to an earlier checkpoint, and lower the learning rate or"
                " raise Beta.",
            )

    def _overfitting(self) -> Iterator[tuple[str, str]]:
        """Whether held-out loss rises for certain while that of training still falls."""
        losses = [loss for _, loss in self._measured]
        if len(losses) < _HELD_OUT_FEWEST:
            return
        means = [
            fmean(losses[start : start + _HELD_OUT_WINDOW])
            for start in range(len(losses) - _HELD_OUT_WINDOW + 1)
        ]
        best = min(range(len(means)), key=means.__getitem__)
        rise = means[-1] - means[best]
        enough = max(_HELD_OUT_RISE * abs(means[best]), _RISE_IN_NOISE * _noise_of_mean(losses))
        self._risen = self._risen + 1 if rise > enough else 0
        if self._risen < _HELD_OUT_WINDOW:  # a chance does not stay that long
            return
        lowest, least = min(self._measured, key=lambda measured: measured[1])
        if self._training_fell_since(lowest):
            yield (
                "overfitting",
                f"The loss on held-out examples was lowest at step {lowest} ({least:.3g}) and has"
                f" risen to {losses[-1]:.3g}, while that of training still falls: the model begins"
                " to learn its examples by heart. Stop, and start anew with Steps at about"
                f" {lowest}, a lower Learning rate, or more and more varied examples.",
            )

    def _training_fell_since(self, step: int) -> bool:
        after = [loss for at, loss in self._trained if at > step]
        before = [loss for at, loss in self._trained if at <= step][-len(after) :]
        return bool(before and after) and fmean(after) < fmean(before)

    def _all_cut(self, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        share = values.get("completions/clipped_ratio", 0.0)
        if share >= _CUT_SHARE:
            yield (
                "answers_cut",
                f"{share:.0%} of the answers were cut off before they ended, so their rewards say"
                " little. Raise Answer length, or ask for shorter answers in the prompts.",
            )


def _noise_of_mean(losses: Sequence[float]) -> float:
    """What chance does to the mean of a window of measurements, as a standard deviation.

    A trend does not show in second differences. Of a steep beginning nothing is seen in their
    median, nor in their later half; the larger of both says what is left.
    """
    bends = [abs(a - 2 * b + c) for a, b, c in zip(losses, losses[1:], losses[2:], strict=False)]
    later = math.sqrt(fmean(bend**2 for bend in bends[len(bends) // 2 :]))
    return max(median(bends) / _MEDIAN_OF_NOISE, later) / math.sqrt(6 * _HELD_OUT_WINDOW)
