"""Reward recipes: what a run's file may say, and what a form is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from workbench.confined.check import GIVEN
from workbench.core.recipes import GrpoConfig
from workbench.core.rewards import (
    REWARDS,
    JsonReward,
    LanguageReward,
    RegexReward,
    RewardModelReward,
    RewardSpec,
    TagsReward,
)

ANY = TypeAdapter[RewardSpec](RewardSpec)


def test_each_kind_can_be_chosen_and_no_other() -> None:
    union = get_args(get_args(RewardSpec)[0])
    assert {info.config for info in REWARDS.values()} == set(union)
    for kind, info in REWARDS.items():
        assert info.config().kind == kind
        assert info.purpose.endswith(".")


@pytest.mark.parametrize("kind", REWARDS)
def test_each_setting_has_what_a_form_shows(kind: str) -> None:
    for name, field in REWARDS[kind].config.model_fields.items():
        if name != "kind":
            assert field.title, name
            assert field.description, name
            assert isinstance(field.json_schema_extra, dict), name


def test_a_recipe_with_rewards_survives_its_file() -> None:
    specs = [
        info.config(path="m") if kind == "reward_model" else info.config()
        for kind, info in REWARDS.items()
    ]
    config = GrpoConfig(rewards=tuple(specs))
    assert GrpoConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "regex", "pattern": "(a"}, "not a regular expression"),
        ({"kind": "json", "json_schema": "{"}, "not JSON"),
        ({"kind": "json", "json_schema": "[]"}, "a JSON schema is an object"),
        ({"kind": "json", "json_schema": '{"type": "number-ish"}'}, "not a JSON schema"),
        ({"kind": "tags", "tags": "a, a"}, "once only"),
        ({"kind": "tags", "tags": "<a>"}, "pattern"),
        ({"kind": "language", "language": "xx"}, "not one of the languages"),
        ({"kind": "exact_match", "within_tag": "a b"}, "pattern"),
        ({"kind": "reward_model", "path": ""}, "at least 1 character"),
        ({"kind": "python", "timeout_s": 0}, "greater than 0"),
        ({"kind": "python", "memory_mb": 8}, "greater than or equal to 64"),
        ({"kind": "length", "weight": float("nan")}, "finite"),
        ({"kind": "magic"}, "does not match any"),
    ],
)
def test_what_can_not_work_is_told_at_its_field(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ANY.validate_python(values)


def test_a_value_that_is_set_later_is_checked_too() -> None:
    spec = RegexReward()
    with pytest.raises(ValidationError, match="not a regular expression"):
        spec.pattern = "["
    assert TagsReward(tags=" a ,b").tag_names == ("a", "b")
    assert JsonReward(json_schema=" ").json_schema == ""
    assert LanguageReward(language="uk").language == "uk"


def test_it_is_known_what_a_reward_needs() -> None:
    assert {kind for kind, info in REWARDS.items() if info.config.needs_answer} == {
        "exact_match", "numeric_match",
    }  # fmt: skip
    assert RewardModelReward.needs_model


def test_each_kind_is_documented() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "REWARDS.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE)) == set(REWARDS)
    for name in GIVEN:
        assert f"| `{name}` |" in page
