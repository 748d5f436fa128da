from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.modelfiles.chat_template import read_chat_template


def test_a_file_of_its_own_counts_first(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": "old"}', encoding="utf-8")
    assert read_chat_template(tmp_path) == "{{ messages }}"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"chat_template": "one"}, "one"),
        ({"chat_template": [{"name": "tool_use", "template": "tools"},
                            {"name": "default", "template": "plain"}]}, "plain"),
        ({"chat_template": [{"name": "tool_use", "template": "tools"}]}, None),
        ({"chat_template": None}, None),
        ({}, None),
        ([], None),
    ],
)  # fmt: skip
def test_the_tokenizer_config_may_hold_it(
    tmp_path: Path, config: object, expected: str | None
) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert read_chat_template(tmp_path) == expected


def test_a_broken_or_missing_file_is_no_template(tmp_path: Path) -> None:
    assert read_chat_template(tmp_path) is None
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    assert read_chat_template(tmp_path) is None
