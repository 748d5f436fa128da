"""What tests of several packages share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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


@pytest.fixture(scope="session")
def tiny_model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random-weight model with a real tokenizer; do not write into it."""
    from tests import tiny_model  # imports torch, which most tests do without

    return tiny_model.build(tmp_path_factory.mktemp("tiny-model") / "tiny")
