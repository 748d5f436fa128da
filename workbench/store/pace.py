"""How many rows to handle at once so that the writer thread is soon free again."""

from __future__ import annotations

# A verdict that arrives meanwhile waits for one piece of work at most.
_TARGET_S = 0.008
_FEWEST, _MOST = 20, 4000


class Pace:
    """Grows and shrinks with how long the last piece took."""

    def __init__(self, rows: int = 100) -> None:
        self.rows = rows

    def took(self, seconds: float) -> None:
        """Tell how long the work on `rows` rows took; the next piece is made to fit."""
        fitting = self.rows * _TARGET_S / max(seconds, 1e-6)
        # Half way only: one slow write to the disk says little of the next.
        self.rows = int(min(_MOST, max(_FEWEST, (self.rows + fitting) / 2)))
