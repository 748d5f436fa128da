"""What a safetensors file says of itself, read without its weights.

The file begins with the length of its header (8 bytes, little-endian), then the header as JSON:
name → dtype, shape and place of each tensor. Nothing in it can run.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ModelFolderError

_LENGTH_BYTES = 8
# The reference implementation refuses longer headers as well.
_MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class TensorFile:
    """One safetensors file: how many numbers it holds, by their type."""

    parameters_by_dtype: Counter[str]
    size_bytes: int


def read_header(path: Path) -> TensorFile:
    """Read and check the header of `path`; raises ModelFolderError when the file is not whole."""
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 2 <= length <= min(_MAX_HEADER_BYTES, size_bytes - _LENGTH_BYTES):
                raise _broken(path, "its header is not that of a safetensors file")
            header = json.loads(file.read(length))
        return _check(path, header, size_bytes, _LENGTH_BYTES + length)
    except OSError as error:
        raise _broken(path, f"it can't be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(path, "its header can't be understood") from error


def _check(path: Path, header: dict[str, Any], size_bytes: int, data_start: int) -> TensorFile:
    parameters_by_dtype: Counter[str] = Counter()
    data_end = data_start
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        parameters_by_dtype[str(tensor["dtype"])] += math.prod(
            int(size) for size in tensor["shape"]
        )
        data_end = max(data_end, data_start + int(tensor["data_offsets"][1]))
    if data_end > size_bytes:
        missing = data_end - size_bytes
        raise _broken(path, f"it ends {missing:,} bytes too early")
    return TensorFile(parameters_by_dtype, size_bytes)


def _broken(path: Path, problem: str) -> ModelFolderError:
    return ModelFolderError(
        f"{path.name} in {path.parent} is damaged or not complete ({problem}): fetch it again."
    )
