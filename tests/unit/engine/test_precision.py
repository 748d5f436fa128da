"""Frozen weights in 16 or 32 bits: who decides, and what training makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.engine.runs import make_run, payloads, train_here
from tests.unit.engine.test_packing import PAIR
from workbench.core.events import Metric, RunState
from workbench.core.recipes import AdapterConfig, DpoConfig, Precision
from workbench.engine import modeling
from workbench.engine.fused import fuse
from workbench.engine.logprobs import Policy, try_packing
from workbench.engine.modeling import load_base, weights_dtype
from workbench.engine.reference import ReferenceCache

CPU = torch.device("cpu")


@pytest.mark.parametrize("has_units", [True, False])
def test_the_device_decides_unless_the_recipe_does(
    monkeypatch: pytest.MonkeyPatch, *, has_units: bool
) -> None:
    monkeypatch.setattr(modeling, "has_bfloat16_units", lambda _: has_units)
    fastest = torch.bfloat16 if has_units else torch.float32
    assert weights_dtype(CPU, AdapterConfig()) is fastest
    assert weights_dtype(CPU, AdapterConfig(precision="bf16")) is torch.bfloat16
    assert weights_dtype(CPU, AdapterConfig(precision="fp32")) is torch.float32
    assert weights_dtype(CPU, AdapterConfig(tuning="full", precision="bf16")) is torch.float32


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_training_learns_in_either_and_keeps_its_adapter_in_32_bits(
    tmp_path: Path, tiny_model_dir: Path, precision: Precision
) -> None:
    adapter = AdapterConfig(r=4, lora_alpha=8, precision=precision)
    config = DpoConfig(learning_rate=1e-2, max_steps=8, per_device_train_batch_size=4, eval_steps=0)
    run = make_run(tmp_path / precision, tiny_model_dir, config, adapter=adapter)
    assert train_here(run).state is RunState.FINISHED
    losses = [metric.values["loss"] for metric in payloads(run.attempt(1), Metric)]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < losses[0] - 0.05
    trained = load_file(run.adapter / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in trained.values()} == {torch.float32}


def test_16_bits_say_nearly_the_same(tiny_model_dir: Path) -> None:
    sums = {}
    for precision in ("fp32", "bf16"):
        base = load_base(tiny_model_dir, CPU, AdapterConfig(precision=precision))
        policy = Policy(base.model)
        assert try_packing(policy)
        fuse(policy)
        with torch.no_grad():
            sums[precision] = policy([PAIR]).sums()
    assert base.model.dtype is torch.bfloat16
    torch.testing.assert_close(sums["bf16"], sums["fp32"], rtol=2e-2, atol=0.0)


def test_a_reference_in_other_numbers_is_computed_anew(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    exact = ReferenceCache(tmp_path, tiny_model_dir, CPU, "torch.float32")
    rounded = ReferenceCache(tmp_path, tiny_model_dir, CPU, "torch.bfloat16")
    exact.save(PAIR, [-1.0, -2.0])
    assert exact.load(PAIR) == [-1.0, -2.0]
    assert rounded.load(PAIR) is None
