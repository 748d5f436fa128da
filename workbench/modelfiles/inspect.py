"""What a model folder holds, and whether it can be loaded safely: read without torch.

Refused with a reason: weights as pickles, code of its own, shards outside the folder, and files
that are missing or cut short.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ModelFolderError
from workbench.modelfiles.licences import read_licence
from workbench.modelfiles.safetensors_header import read_header

_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
_CONTEXT_FIELDS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len")
_DTYPE_NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """A model folder at a glance. None means that the folder does not say."""

    folder: Path
    name: str
    architecture: str
    model_type: str
    parameters: int
    dtype: str
    size_bytes: int
    context_length: int | None
    vocab_size: int | None
    licence: str | None
    has_chat_template: bool

    def to_json(self) -> dict[str, object]:
        return {**dataclasses.asdict(self), "folder": str(self.folder)}


def inspect_model(folder: Path, name: str | None = None) -> ModelDetails:
    """Describe the model in `folder`; raises ModelFolderError that says why it can't be used.

    `name` is what people call it, and the folder's own name when left out.
    """
    if not folder.is_dir():
        raise ModelFolderError(f"There is no folder {folder}: choose one that holds a model.")
    config = _read_config(folder)
    _refuse_remote_code(folder, config)
    files = [read_header(path) for path in _weight_files(folder)]
    parameters = sum((file.parameters_by_dtype for file in files), Counter[str]())
    if not parameters.total():
        raise ModelFolderError(f"The weights in {folder} are empty: fetch the model again.")
    tokenizer = _read_tokenizer_config(folder)
    architectures = config.get("architectures")
    text = config["text_config"] if isinstance(config.get("text_config"), dict) else config
    return ModelDetails(
        folder=folder,
        name=name or folder.resolve().name,
        architecture=str(architectures[0]) if isinstance(architectures, list) and architectures
        else str(config["model_type"]),
        model_type=str(config["model_type"]),
        parameters=parameters.total(),
        dtype=_dtype_name(parameters),
        size_bytes=sum(file.size_bytes for file in files),
        context_length=_first_number(text, _CONTEXT_FIELDS),
        vocab_size=_first_number(text, ("vocab_size",)),
        licence=read_licence(folder),
        has_chat_template=bool(tokenizer.get("chat_template"))
        or (folder / "chat_template.jinja").is_file(),
    )  # fmt: skip


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        if (folder / "adapter_config.json").is_file():
            raise ModelFolderError(
                f"{folder} holds an adapter, not a whole model: choose the model it was trained on."
            )
        raise ModelFolderError(
            f"{folder} has no config.json, so it is not a model folder: choose the folder that has"
            " config.json and model.safetensors in it."
        )
    config = _read_object(path)
    if not isinstance(config.get("model_type"), str):
        raise ModelFolderError(
            f"config.json in {folder} does not name its model_type: fetch the model again."
        )
    return config


def _read_tokenizer_config(folder: Path) -> dict[str, Any]:
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelFolderError(
            f"{folder} has no tokenizer.json, without which a model can't read text: fetch the"
            " model again with all its files."
        )
    path = folder / "tokenizer_config.json"
    return _read_object(path) if path.is_file() else {}


def _refuse_remote_code(folder: Path, config: Mapping[str, Any]) -> None:
    model_type = str(config["model_type"])
    if config.get("auto_map") and not _is_built_in(model_type):
        raise ModelFolderError(
            f"{folder} needs to run code of its own (auto_map in config.json), which is never"
            f" allowed here: choose a model whose type transformers knows, unlike {model_type!r}."
        )


def _is_built_in(model_type: str) -> bool:
    """Whether transformers has this type itself, so that the folder's own code is not needed."""
    found = importlib.util.find_spec("transformers")  # finds without importing
    if found is None or found.origin is None or not re.fullmatch(r"[A-Za-z0-9_-]+", model_type):
        return False
    return (Path(found.origin).parent / "models" / model_type.replace("-", "_")).is_dir()


def _weight_files(folder: Path) -> Iterator[Path]:
    if (folder / _WEIGHTS).is_file():
        yield folder / _WEIGHTS
    elif (folder / _INDEX).is_file():
        yield from _shards(folder)
    else:
        raise _no_weights(folder)


def _shards(folder: Path) -> Iterator[Path]:
    weight_map = _read_object(folder / _INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelFolderError(f"{_INDEX} in {folder} lists no weights: fetch the model again.")
    for name in sorted({str(name) for name in weight_map.values()}):
        if "/" in name or "\\" in name or name in {"", ".", ".."}:
            raise ModelFolderError(
                f"{_INDEX} in {folder} points outside the folder ({name!r}), so it is not opened:"
                " fetch the model again from a source you trust."
            )
        if not name.endswith(".safetensors"):
            raise ModelFolderError(
                f"{_INDEX} in {folder} names {name!r}, which is not a safetensors file: fetch the"
                " model again from a source you trust."
            )
        if not (folder / name).is_file():
            raise ModelFolderError(
                f"{name} is missing from {folder}: fetch the model again with all its files."
            )
        yield folder / name


def _no_weights(folder: Path) -> ModelFolderError:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for path in files:
        if path.suffix in _PICKLES:
            return ModelFolderError(
                f"{path.name} in {folder} is a pickle, which can run code when opened: ask for the"
                " model as safetensors, or convert it."
            )
    if any(path.suffix == ".gguf" for path in files):
        return ModelFolderError(
            f"{folder} holds only a GGUF file, which can't be trained: look for the same model as"
            " safetensors."
        )
    return ModelFolderError(
        f"{folder} has no weights ({_WEIGHTS} or {_INDEX}): fetch the model again with all its"
        " files."
    )


def _read_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFolderError(
            f"{path.name} in {path.parent} is not readable JSON: fetch the model again."
        ) from error
    if not isinstance(value, dict):
        raise ModelFolderError(
            f"{path.name} in {path.parent} is not a JSON object: fetch the model again."
        )
    return value


def _first_number(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    values = (config.get(name) for name in names)
    return next((value for value in values if isinstance(value, int) and value > 0), None)


def _dtype_name(parameters: Counter[str]) -> str:
    """The type that most parameters have."""
    dtype = parameters.most_common(1)[0][0]
    return _DTYPE_NAMES.get(dtype, dtype.lower())
