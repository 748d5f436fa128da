"""What tests of several packages share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Without a display Qt ends the whole process at once.
if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# No property fails because the machine is busy, nor because another example was drawn today.
settings.register_profile(
    "same_everywhere",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same_everywhere")

# A job in the background starts with SIGINT ignored, and so would every process that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


# The files that take longest, as each starts many processes.
_FIRST = (
    "tests/unit/engine/test_processes.py",
    "tests/end2end/test_round.py",
    "tests/unit/test_cli_training.py",
    "tests/unit/runner/test_with_engine.py",
    "tests/unit/engine/test_worker.py",
    "tests/ui/test_compare_panel.py",
)
_PLACES = {file: place for place, file in enumerate(_FIRST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that of several test processes none ends long after."""
    items.sort(key=lambda item: _PLACES.get(item.nodeid.partition("::")[0], len(_PLACES)))


@pytest.fixture(scope="session")
def tiny_model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random-weight model with a real tokenizer; do not write into it."""
    from tests import tiny_model  # imports torch, which most tests do without

    return tiny_model.build(tmp_path_factory.mktemp("tiny-model") / "tiny")
