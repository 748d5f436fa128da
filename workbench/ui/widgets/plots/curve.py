"""What a plot is given: named lines over a common axis."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from workbench.ui.widgets.plots.numerics import Floats, nearest, smooth


@dataclass(frozen=True, eq=False)
class Curve:
    """One line. `x` ascends; `color` is a token such as `series0`.

    Lines that are `measured` now and then (on held-out examples) are dashed and not smoothed.
    """

    key: str
    label: str
    color: str
    x: Floats
    y: Floats
    measured: bool = False
    _smoothed: dict[float, Floats] = field(default_factory=dict, repr=False)

    def smoothed(self, weight: float) -> Floats:
        """The values to draw at this smoothing, computed once."""
        if self.measured:
            return self.y
        if weight not in self._smoothed:
            self._smoothed.clear()
            self._smoothed[weight] = smooth(self.y, weight)
        return self._smoothed[weight]

    def value_at(self, x: float) -> float | None:
        """The value of the point nearest to `x`, as it was recorded; None beyond the ends."""
        if not len(self.x) or x < self.x[0] or x > self.x[-1]:
            return None
        return float(self.y[nearest(self.x, x)])

    @property
    def finite(self) -> Floats:
        """The values with infinities made NaN, which lines leave out."""
        return np.where(np.isfinite(self.y), self.y, np.nan)
