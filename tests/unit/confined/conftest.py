"""One confined process for the tests that only try a line of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.unit.confined.functions import confined
from workbench.confined.check import EXAMPLE
from workbench.confined.process import Outcome


@pytest.fixture(scope="session")
def evaluated() -> Iterator[Callable[[str], Outcome]]:
    """What a function gives that returns this expression."""
    with confined("return eval(completion)") as function:
        yield lambda text: function.call({**EXAMPLE, "completion": text})


@pytest.fixture(scope="session")
def tried() -> Iterator[Callable[[str], Outcome]]:
    """What a function gives that runs these statements and returns 1."""
    with confined("exec(completion, {})", "return 1") as function:
        yield lambda text: function.call({**EXAMPLE, "completion": text})
