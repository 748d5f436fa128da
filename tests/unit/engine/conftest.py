"""The tiny model in memory, and a home folder of each test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from workbench.engine.modeling import LoadedBase, load_base


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """A model this small is slower with more."""
    torch.set_num_threads(1)


@pytest.fixture
def base(tiny_model_dir: Path) -> LoadedBase:
    """A fresh copy: adapters change the model that they are attached to."""
    return load_base(tiny_model_dir, torch.device("cpu"))
