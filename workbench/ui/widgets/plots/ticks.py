"""Where an axis has its ticks and what stands at them. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_WHOLE_FROM = 2.0


def tick_spacing(low: float, high: float, most: int, *, whole: bool = False) -> float:
    """A round distance between at most `most` ticks: 1, 2, 2.5 or 5 times a power of ten.

    `whole` wants whole numbers, as steps are, unless there is hardly one in the range.
    """
    span = high - low
    if span <= 0 or most < 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    fitting = (step * power for step in _STEPS if step * power * most >= span * (1 - 1e-9))
    if whole and span >= _WHOLE_FROM:
        return next((found for found in fitting if found.is_integer()), 1.0)
    return next(fitting)


def tick_values(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """The ticks inside `low` to `high`, ascending."""
    spacing = tick_spacing(low, high, most, whole=whole)
    first = math.ceil(low / spacing - 1e-9)
    last = math.floor(high / spacing + 1e-9)
    return [number * spacing for number in range(first, last + 1)]


def tick_texts(values: Sequence[float], spacing: float) -> list[str]:
    """As many places as the spacing asks for; powers of ten for what is very large or small."""
    largest = max((abs(value) for value in values), default=0.0)
    if largest and (largest >= 1e5 or largest < 1e-3):
        return [_power_of_ten(value) for value in values]
    places = next(
        (places for places in range(6) if math.isclose(spacing, round(spacing, places))), 6
    )
    return [f"{value:.{places}f}".replace("-", "−") for value in values]


def _power_of_ten(value: float) -> str:
    if value == 0:
        return "0"
    digits, power = f"{value:.2e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}".replace("-", "−")
