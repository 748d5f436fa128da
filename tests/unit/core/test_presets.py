"""Every preset of every method is a recipe that can be run."""

from __future__ import annotations

import pytest

from workbench.core.recipes import METHODS, AdapterConfig
from workbench.core.recipes.presets import BALANCED, PRESETS, preset_values


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_valid(method: str, preset: str) -> None:
    values = preset_values(method, preset)
    recipe = METHODS[method].config
    of_adapter = {name: value for name, value in values.items() if name not in recipe.model_fields}
    of_method = {name: value for name, value in values.items() if name in recipe.model_fields}
    config = recipe(**of_method)
    adapter = AdapterConfig(**of_adapter)
    assert set(values) == set(of_method) | set(of_adapter)
    assert adapter.lora_alpha == 2 * adapter.r
    assert (config == recipe()) == (preset == BALANCED)


@pytest.mark.parametrize("method", METHODS)
def test_the_balanced_preset_is_the_defaults(method: str) -> None:
    assert not preset_values(method, BALANCED)


@pytest.mark.parametrize("method", METHODS)
def test_a_quick_look_is_shorter_and_a_thorough_run_longer(method: str) -> None:
    recipe = METHODS[method].config
    quick, thorough = ({**preset_values(method, preset)} for preset in ("quick", "thorough"))
    assert 0 < quick["max_steps"] <= 20
    epochs = thorough.get("num_train_epochs", recipe().num_train_epochs)
    assert epochs > recipe().num_train_epochs


def test_an_unknown_preset_is_an_error() -> None:
    with pytest.raises(KeyError):
        preset_values("dpo", "heroic")
