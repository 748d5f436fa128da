"""The process that sets formulas: one a line on its standard input, one a line on its output.

What people read was written by models, and LaTeX is a language in which one can loop. Here a
formula that takes too long or too much memory ends this process and nothing else.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PySide6.QtCore import QCoreApplication

from workbench.ui.formulas.formula import Formula
from workbench.ui.formulas.mathjax import MathJax
from workbench.ui.formulas.protocol import READY

_LONGEST_CPU_S = 4.0  # of its own time: a busy machine is no reason to give up
_MOST_MEMORY_BYTES = 2 << 30


def main() -> int:
    _limit_memory()
    _app = QCoreApplication(sys.argv)
    mathjax = MathJax()
    _tell(READY)
    for line in sys.stdin:
        formula = Formula(**json.loads(line))
        with _limited_time():
            outline = mathjax.outline(formula)
        _tell(outline.to_base64() if outline else None)
    return 0


def _tell(value: str | None) -> None:
    print(json.dumps(value), flush=True)


@contextmanager
def _limited_time() -> Iterator[None]:
    """When it is over the system ends the process, whatever it does at that moment."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, _LONGEST_CPU_S)
    yield
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # not every system has such a limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))


if __name__ == "__main__":
    sys.exit(main())
