"""What a model folder says, and which folders are refused and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.modelfiles.model_folders import (
    CONFIG,
    write_index,
    write_json,
    write_model,
    write_sharded_model,
)
from workbench.core.errors import ModelFolderError
from workbench.modelfiles.inspect import inspect_model
from workbench.modelfiles.safetensors_header import read_header


def test_details_of_a_whole_folder(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    details = inspect_model(folder)
    assert details.name == "tiny"
    assert (details.architecture, details.model_type) == ("LlamaForCausalLM", "llama")
    assert details.parameters == 64 * 8 + 8
    assert details.dtype == "float16"
    assert (details.context_length, details.vocab_size) == (2048, 64)
    assert details.licence == "apache-2.0"
    assert details.has_chat_template
    assert details.size_bytes == (folder / "model.safetensors").stat().st_size
    assert json.loads(json.dumps(details.to_json()))["folder"] == str(folder)


def test_shards_count_together(tmp_path: Path) -> None:
    details = inspect_model(write_sharded_model(tmp_path / "tiny"), name="owner/tiny")
    assert (details.name, details.parameters) == ("owner/tiny", 64 * 8 + 8)


def test_what_a_folder_does_not_say_is_none(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny", {"model_type": "gpt2"})
    (folder / "README.md").unlink()
    write_json(folder / "tokenizer_config.json", {})
    details = inspect_model(folder)
    assert details.architecture == "gpt2"
    assert details.context_length is details.vocab_size is details.licence is None
    assert not details.has_chat_template


def test_a_chat_template_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    (folder / "tokenizer_config.json").unlink()
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    assert inspect_model(folder).has_chat_template


@pytest.mark.parametrize(
    ("card", "licence_file", "expected"),
    [
        ("---\nlicense: mit # free\n---\n", None, "mit"),
        ("---\nlicense: other\nlicense_name: llama3.2\n---\n", None, "llama3.2"),
        ("---\nlicense: other\n---\n", None, "other"),
        ("license: mit, but in no front matter", None, None),
        ("# A card", "Apache License\nVersion 2.0", "apache-2.0"),
        ("# A card", "Do as you like.", "see LICENSE"),
    ],
)
def test_the_licence(
    tmp_path: Path, card: str, licence_file: str | None, expected: str | None
) -> None:
    folder = write_model(tmp_path / "tiny")
    (folder / "README.md").write_text(card, encoding="utf-8")
    if licence_file is not None:
        (folder / "LICENSE").write_text(licence_file, encoding="utf-8")
    assert inspect_model(folder).licence == expected


def _remove(*names: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return spoil


def _replace_weights(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / name)

    return spoil


def _config(**changes: object) -> Callable[[Path], None]:
    return lambda folder: write_json(folder / "config.json", CONFIG | changes)


def _only_adapter(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


def _truncated(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def _not_json(folder: Path) -> None:
    (folder / "config.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_remove("config.json"), "has no config.json"),
        (_only_adapter, "holds an adapter, not a whole model"),
        (_not_json, "config.json in .* is not readable JSON"),
        (_config(model_type=None), "does not name its model_type"),
        (_remove("tokenizer.json"), "has no tokenizer.json"),
        (_remove("model.safetensors"), "has no weights"),
        (_replace_weights("pytorch_model.bin"), "pytorch_model.bin .* is a pickle, which can run"),
        (_replace_weights("model.pt"), "model.pt .* is a pickle"),
        (_replace_weights("model.gguf"), "only a GGUF file"),
        (_truncated, "ends 10 bytes too early"),
        (_config(model_type="mine", auto_map={"AutoModel": "m.M"}), "run code of its own"),
        (_config(model_type="../mine", auto_map={"AutoModel": "m.M"}), "run code of its own"),
    ],
)
def test_refused_with_one_sentence(
    tmp_path: Path, spoil: Callable[[Path], None], problem: str
) -> None:
    folder = write_model(tmp_path / "tiny")
    spoil(folder)
    with pytest.raises(ModelFolderError, match=problem) as caught:
        inspect_model(folder)
    assert "\n" not in str(caught.value)


def test_a_built_in_type_does_not_need_the_code_that_lies_beside_it(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny", CONFIG | {"auto_map": {"AutoModel": "m.M"}})
    assert inspect_model(folder).model_type == "llama"


@pytest.mark.parametrize(
    ("weight_map", "problem"),
    [
        ({}, "lists no weights"),
        ({"a": "model-1-of-2.safetensors", "b": "absent.safetensors"}, "absent.*is missing"),
        ({"a": "../model.safetensors"}, "points outside the folder"),
        ({"a": "/etc/model.safetensors"}, "points outside the folder"),
        ({"a": "..\\model.safetensors"}, "points outside the folder"),
        ({"a": "model-1-of-2.bin"}, "not a safetensors file"),
    ],
)
def test_an_index_is_followed_only_to_whole_shards_beside_it(
    tmp_path: Path, weight_map: dict[str, str], problem: str
) -> None:
    folder = write_sharded_model(tmp_path / "tiny")
    write_index(folder, weight_map)
    with pytest.raises(ModelFolderError, match=problem):
        inspect_model(folder)


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="There is no folder"):
        inspect_model(tmp_path / "absent")


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_headers_are_refused_and_never_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = write_model(tmp_path_factory.getbasetemp() / "damaged")
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    header_end = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, header_end - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        assert read_header(path).size_bytes == path.stat().st_size
    except ModelFolderError as error:
        assert "damaged or not complete" in str(error)  # noqa: PT017 - both ends are right
