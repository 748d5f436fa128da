from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file

from workbench.core.errors import RunError
from workbench.core.recipes import AdapterConfig, SftConfig
from workbench.core.run_folder import RunFolder
from workbench.engine import checkpoints
from workbench.engine.checkpoints import CheckpointStore, TrainerState, publish_result
from workbench.engine.drift import DriftWatch
from workbench.engine.logprobs import Policy
from workbench.engine.modeling import LoadedBase, load_base, trainable
from workbench.engine.optimizer import Optimizer
from workbench.engine.processes import Processes

TOKENIZER = None  # an adapter brings none


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def store(run: RunFolder, base: LoadedBase) -> CheckpointStore:
    """A store whose optimizer has made a step."""
    policy = Policy(trainable(base, AdapterConfig(r=2)))
    processes = Processes(Accelerator(cpu=True, device_placement=False))
    optimizer = Optimizer(SftConfig(), policy, {}, processes)
    for parameter in optimizer.named.values():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return CheckpointStore(run, policy, optimizer, processes)


def test_a_checkpoint_holds_no_pickle_and_loads_as_an_adapter(
    run: RunFolder, store: CheckpointStore
) -> None:
    folder = store.save(TrainerState(step=3), keep=2)
    assert sorted(file.name for file in folder.iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors", "optimizer.safetensors",
        "rng.safetensors", "trainer_state.json",
    ]  # fmt: skip
    publish_result(run, 3, TOKENIZER)
    assert sorted(file.name for file in run.adapter.iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors",
    ]  # fmt: skip


def test_state_random_numbers_and_place_come_back(store: CheckpointStore) -> None:
    state = TrainerState(7, 28, 900, 0, DriftWatch(6, 0.5, 1))
    store.save(state, keep=1)
    expected = torch.rand(3)
    store.save(TrainerState(8), keep=2)
    torch.rand(11)
    assert store.restore_newest() == (TrainerState(8), {})
    (store._run.checkpoint(8) / "rng.safetensors").unlink()
    assert store.restore_newest() == (state, {})
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("place", ["", "0/"])
def test_random_numbers_of_fewer_processes_are_the_firsts(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    folder = store.save(TrainerState(1), keep=1)
    save_file({f"{place}cpu": torch.get_rng_state()}, folder / "rng.safetensors")
    expected = torch.rand(3)
    monkeypatch.setattr(store._processes, "rank", 1)
    assert store.restore_newest() == (TrainerState(1), {})
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
    assert store.restore_newest() == (TrainerState(step=1), {})
    leftovers = [item.name for item in run.checkpoints.iterdir()]
    assert leftovers != ["step-00000001"]
    CheckpointStore(run, store._policy, store._optimizer, store._processes)  # the next attempt
    assert [item.name for item in run.checkpoints.iterdir()] == ["step-00000001"]


def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    run: RunFolder, store: CheckpointStore
) -> None:
    store.save(TrainerState(step=1), keep=2)
    newest = store.save(TrainerState(step=2), keep=2) / "optimizer.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    assert store.restore_newest() == (TrainerState(step=1), {})
    (run.checkpoint(1) / "trainer_state.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="remove the folder"):
        store.restore_newest()


def test_pruning_keeps_the_best(run: RunFolder, store: CheckpointStore) -> None:
    for step in range(1, 6):
        store.save(TrainerState(step=step, drift=DriftWatch(2, 1.0)), keep=2)
    assert run.checkpoint_steps() == [2, 4, 5]


def test_a_new_result_replaces_the_old_one(run: RunFolder, store: CheckpointStore) -> None:
    store.save(TrainerState(step=1), keep=2)
    publish_result(run, 1, TOKENIZER)
    config = json.loads((run.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    for value in store._optimizer.named.values():
        value.data.add_(1.0)
    store.save(TrainerState(step=2), keep=2)
    before = load_file(run.adapter / "adapter_model.safetensors")
    publish_result(run, 2, TOKENIZER)
    after = load_file(run.adapter / "adapter_model.safetensors")
    assert all(torch.equal(after[name], before[name] + 1.0) for name in before)
    assert json.loads((run.adapter / "adapter_config.json").read_text(encoding="utf-8")) == config
    assert not [item for item in run.path.iterdir() if "unfinished" in item.name]


def test_what_is_still_to_be_learnt_from_comes_back(store: CheckpointStore) -> None:
    items = {"ids": torch.tensor([3, 1, 4])}
    store.save(TrainerState(step=1, uses_left=2), keep=2, items=items)
    restored = store.restore_newest()
    assert restored is not None
    state, kept = restored
    assert state.uses_left == 2
    assert torch.equal(kept["ids"], items["ids"])


def test_a_whole_model_is_kept_and_becomes_the_result(run: RunFolder, base: LoadedBase) -> None:
    policy = Policy(trainable(base, AdapterConfig(tuning="full")))
    processes = Processes(Accelerator(cpu=True, device_placement=False))
    store = CheckpointStore(run, policy, Optimizer(SftConfig(), policy, {}, processes), processes)
    weight = policy.causal.model.layers[0].mlp.up_proj.weight
    with torch.no_grad():
        weight.fill_(0.25)
        store.save(TrainerState(step=1), keep=1)
        weight.fill_(0.5)
    assert store.restore_newest() is not None
    assert weight.unique().tolist() == [0.25]
    publish_result(run, 1, base.tokenizer)
    assert not run.adapter.exists()
    again = load_base(run.model, torch.device("cpu"))
    assert again.model.model.layers[0].mlp.up_proj.weight.unique().tolist() == [0.25]
    assert again.tokenizer.chat_template == base.tokenizer.chat_template
