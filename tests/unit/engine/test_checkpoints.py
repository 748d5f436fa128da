from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from workbench.core.errors import RunError
from workbench.core.recipes import AdapterConfig
from workbench.core.run_folder import RunFolder
from workbench.engine import checkpoints
from workbench.engine.checkpoints import CheckpointStore, TrainerState, publish_adapter
from workbench.engine.drift import DriftWatch
from workbench.engine.modeling import LoadedBase, attach_adapter


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def store(run: RunFolder, base: LoadedBase) -> CheckpointStore:
    """A store whose optimizer has made a step."""
    model = attach_adapter(base, AdapterConfig(r=2))
    parameters = [item for item in model.parameters() if item.requires_grad]
    optimizer = torch.optim.AdamW(parameters)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return CheckpointStore(run, model, optimizer)


def test_a_checkpoint_holds_no_pickle_and_loads_as_an_adapter(
    run: RunFolder, store: CheckpointStore
) -> None:
    folder = store.save(TrainerState(step=3), keep=2)
    assert sorted(file.name for file in folder.iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors", "optimizer.safetensors",
        "rng.safetensors", "trainer_state.json",
    ]  # fmt: skip
    publish_adapter(run, 3)
    assert sorted(file.name for file in run.adapter.iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors",
    ]  # fmt: skip


def test_state_random_numbers_and_place_come_back(store: CheckpointStore) -> None:
    state = TrainerState(7, 28, 900, DriftWatch(6, 0.5, 1))
    store.save(state, keep=1)
    expected = torch.rand(3)
    store.save(TrainerState(8), keep=2)
    torch.rand(11)
    assert store.restore_newest() == TrainerState(8)
    (store._run.checkpoint(8) / "rng.safetensors").unlink()
    assert store.restore_newest() == state
    assert torch.equal(torch.rand(3), expected)


def test_a_half_written_checkpoint_does_not_count(
    run: RunFolder, store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(TrainerState(step=1), keep=2)

    def power_cut(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_file", power_cut)
        with pytest.raises(OSError, match="no space"):
            store.save(TrainerState(step=2), keep=2)
    assert run.checkpoint_steps() == [1]
    assert store.restore_newest() == TrainerState(step=1)
    leftovers = [item.name for item in run.checkpoints.iterdir()]
    assert leftovers != ["step-00000001"]
    CheckpointStore(run, store._model, store._optimizer)  # the next attempt
    assert [item.name for item in run.checkpoints.iterdir()] == ["step-00000001"]


def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    run: RunFolder, store: CheckpointStore
) -> None:
    store.save(TrainerState(step=1), keep=2)
    newest = store.save(TrainerState(step=2), keep=2) / "optimizer.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    assert store.restore_newest() == TrainerState(step=1)
    (run.checkpoint(1) / "trainer_state.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="remove the folder"):
        store.restore_newest()


def test_pruning_keeps_the_best(run: RunFolder, store: CheckpointStore) -> None:
    for step in range(1, 6):
        store.save(TrainerState(step=step, drift=DriftWatch(2, 1.0)), keep=2)
    assert run.checkpoint_steps() == [2, 4, 5]


def test_a_new_result_replaces_the_old_one(run: RunFolder, store: CheckpointStore) -> None:
    store.save(TrainerState(step=1), keep=2)
    publish_adapter(run, 1)
    config = json.loads((run.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    for value in store._named.values():
        value.data.add_(1.0)
    store.save(TrainerState(step=2), keep=2)
    before = load_file(run.adapter / "adapter_model.safetensors")
    publish_adapter(run, 2)
    after = load_file(run.adapter / "adapter_model.safetensors")
    assert all(torch.equal(after[name], before[name] + 1.0) for name in before)
    assert json.loads((run.adapter / "adapter_config.json").read_text(encoding="utf-8")) == config
    assert not [item for item in run.path.iterdir() if "unfinished" in item.name]
