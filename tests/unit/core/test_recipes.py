"""Recipes refuse what can't work, at the field and with the reason."""

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from workbench.core.conversation import user
from workbench.core.recipes import (
    METHODS,
    AdapterConfig,
    DpoConfig,
    MethodConfig,
    ModelRef,
    RunSpec,
    SftConfig,
)


def spec(**changes: Any) -> RunSpec:
    values: dict[str, Any] = {
        "run_id": "r1",
        "name": "Concise",
        "model": ModelRef(name="tiny", path="/models/tiny"),
        "config": DpoConfig(max_steps=24),
    }
    return RunSpec(**(values | changes))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", "fast"),
        ("num_train_epochs", 0),
        ("max_steps", -1),
        ("max_length", 7),
        ("per_device_train_batch_size", 0),
        ("per_device_train_batch_size", 2.5),
        ("weight_decay", 1.5),
        ("max_grad_norm", 0),
        ("seed", -1),
        ("seed", 2**31),
        ("lr_scheduler_type", "zigzag"),
        ("beta", 0),
        ("label_smoothing", 0.5),
        ("loss_type", "guess"),
        ("method", "sft"),
        ("learning_rte", 1e-4),
    ],
)
def test_a_bad_value_is_named_at_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        DpoConfig(**{field: value})
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


def test_all_bad_values_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        SftConfig(learning_rate=-1, max_length=1, seed=-5)
    assert {error["loc"][0] for error in caught.value.errors()} == {
        "learning_rate", "max_length", "seed",
    }  # fmt: skip


def test_a_value_that_is_set_later_is_checked_too() -> None:
    config = DpoConfig()
    with pytest.raises(ValidationError):
        config.beta = -1
    with pytest.raises(ValidationError):
        config.method = "dpo"
    assert config.beta == DpoConfig().beta


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:11", "mps"])
def test_devices_that_exist(device: str) -> None:
    assert spec(device=device).device == device


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:a", "CPU", ""])
def test_devices_that_do_not(device: str) -> None:
    with pytest.raises(ValidationError):
        spec(device=device)


@pytest.mark.parametrize("config", [DpoConfig(beta=0.3), SftConfig(completion_only_loss=False)])
def test_a_spec_survives_its_file(config: DpoConfig | SftConfig) -> None:
    written = spec(config=config, sample_prompts=(user("Why?"),), created_at=1790000000.0)
    read = RunSpec.model_validate_json(written.model_dump_json())
    assert read == written
    assert type(read.config) is type(config)
    assert read.method == config.method


def test_a_spec_of_a_later_version_is_refused() -> None:
    with pytest.raises(ValidationError):
        spec(v=2)


def test_a_method_nobody_knows_is_refused() -> None:
    adapter: TypeAdapter[SftConfig | DpoConfig] = TypeAdapter(MethodConfig)
    with pytest.raises(ValidationError, match="method"):
        adapter.validate_python({"method": "magic"})


def test_methods_agree_everywhere() -> None:
    for method, info in METHODS.items():
        assert info.config().method == method


@pytest.mark.parametrize("recipe", [*(info.config for info in METHODS.values()), AdapterConfig])
def test_each_setting_has_what_a_form_shows(recipe: type[BaseModel]) -> None:
    for name, field in recipe.model_fields.items():
        if name in {"method", "rewards"}:  # not single fields: a choice of cards, and a list
            continue
        assert field.title, name
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["group"], name
