"""How many rows to handle at once so that the connection is soon free again."""

from __future__ import annotations

# A verdict that arrives meanwhile waits for one piece of work at most: a person who gives one
# after the other hardly notices the first, and nobody notices the second.
_HURRIED_TARGET_S = 0.003
_TARGET_S = 0.012
_FEWEST, _MOST = 10, 4000


class Pace:
    """Grows and shrinks with how long the last piece took."""

    def __init__(self, rows: int = 100) -> None:
        self.rows = rows

    def took(self, seconds: float, *, is_hurried: bool) -> None:
        """Tell how long the work on `rows` rows took; the next piece is made to fit.

        `is_hurried` while somebody gives verdicts.
        """
        target_s = _HURRIED_TARGET_S if is_hurried else _TARGET_S
        fitting = self.rows * target_s / max(seconds, 1e-6)
        # Half way only: one slow write to the disk says little of the next.
        self.rows = int(min(_MOST, max(_FEWEST, (self.rows + fitting) / 2)))
