"""Small real model folders for the tests: real safetensors files, a config and a tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "max_position_embeddings": 2048,
    "vocab_size": 64,
}
CARD = "---\nlicense: apache-2.0\nlanguage: en\n---\n# A tiny model\n"


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def write_tokenizer(folder: Path) -> None:
    write_json(folder / "tokenizer.json", {"version": "1.0"})
    write_json(folder / "tokenizer_config.json", {"chat_template": "{{ messages }}"})


def write_model(folder: Path, config: dict[str, Any] | None = None) -> Path:
    """A complete folder: 64 × 8 half-precision and 8 single-precision numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG if config is None else config)
    write_tokenizer(folder)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    tensors = {"embed": np.zeros((64, 8), np.float16), "norm": np.zeros(8, np.float32)}
    save_file(tensors, folder / "model.safetensors")
    return folder


def write_sharded_model(folder: Path) -> Path:
    """The same in two shards with an index."""
    write_model(folder)
    (folder / "model.safetensors").unlink()
    save_file({"embed": np.zeros((64, 8), np.float16)}, folder / "model-1-of-2.safetensors")
    save_file({"norm": np.zeros(8, np.float32)}, folder / "model-2-of-2.safetensors")
    write_index(folder, {"embed": "model-1-of-2.safetensors", "norm": "model-2-of-2.safetensors"})
    return folder


def write_index(folder: Path, weight_map: dict[str, str]) -> None:
    write_json(folder / "model.safetensors.index.json", {"weight_map": weight_map})
