"""Products of some hundred rows, so that all of a processor's threads take part.

For a result of few columns oneDNN, which PyTorch asks for products in 16 bits, leaves 500 to 1,400
rows to a single thread; of two halves each is taken by all. Measured on two cores with AMX: rows
of 1,536 numbers to 608 took half the time.
"""

from __future__ import annotations

import math

import torch

_ROWS, _MOST_ROWS, _FEW_COLUMNS = 512, 1400, 1024


def product(rows: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """`rows` [T, in] times `matrix` [in, out]."""
    size = _rows_at_once(rows, matrix)
    if size >= len(rows):
        return rows @ matrix
    result = rows.new_empty(len(rows), matrix.shape[1])
    for part, into in zip(torch.split(rows, size), torch.split(result, size), strict=True):
        torch.mm(part, matrix, out=into)
    return result


def add_product(result: torch.Tensor, rows: torch.Tensor, matrix: torch.Tensor) -> None:
    """Add `rows` [T, in] times `matrix` [in, out] to `result` [T, out]."""
    size = _rows_at_once(rows, matrix)
    for part, into in zip(torch.split(rows, size), torch.split(result, size), strict=True):
        into.addmm_(part, matrix)


def _rows_at_once(rows: torch.Tensor, matrix: torch.Tensor) -> int:
    count = len(rows)
    is_concerned = (
        rows.device.type == "cpu"
        and rows.dtype == torch.bfloat16
        and _ROWS < count < _MOST_ROWS
        and matrix.shape[1] < _FEW_COLUMNS
    )
    return math.ceil(count / math.ceil(count / _ROWS)) if is_concerned else max(count, 1)
