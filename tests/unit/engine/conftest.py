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


@pytest.fixture(autouse=True)
def exact_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are float32 on every machine, whatever it would choose by itself."""
    monkeypatch.setattr("workbench.engine.modeling.has_bfloat16_units", lambda _: False)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """A model this small is slower with more."""
    torch.set_num_threads(1)


@pytest.fixture
def base(tiny_model_dir: Path) -> LoadedBase:
    """A fresh copy: adapters change the model that they are attached to."""
    return load_base(tiny_model_dir, torch.device("cpu"))
