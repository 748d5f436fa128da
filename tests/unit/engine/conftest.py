"""The tiny model in memory, and a home folder of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from workbench.engine.modeling import LoadedBase, load_base


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="module")
def exact_numbers() -> Iterator[None]:
    """Weights are float32 on every machine, whatever it would choose by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.engine.modeling.has_bfloat16_units", lambda _: False)
        yield


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """A model this small is slower with more."""
    torch.set_num_threads(1)


@pytest.fixture
def base(tiny_model_dir: Path) -> LoadedBase:
    """A fresh copy: adapters change the model that they are attached to."""
    return load_base(tiny_model_dir, torch.device("cpu"))
