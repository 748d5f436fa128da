"""Products of few rows, and of some hundred, as a processor is quick at them.

For a result of few columns oneDNN, which PyTorch asks for products in 16 bits, leaves 500 to 1,400
rows to a single thread; of two halves each is taken by all. Measured on two cores with AMX: rows
of 1,536 numbers to 608 took half the time.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

_ROWS, _MOST_ROWS, _FEW_COLUMNS = 512, 1400, 1024
# Beyond this many rows the usual product is the faster one.
_FEW_ROWS = 64


def few_rows_linear(
    rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """A linear layer, weight [out, in] and bias [out], of `rows` [B, in].

    On a CPU, W · xᵀ takes about two thirds of the time of x · Wᵀ for a handful of rows. The result
    is left column by column: the next layer reads it so without another copy.
    """
    if rows.device.type != "cpu" or len(rows) > _FEW_ROWS:
        return functional.linear(rows, weight, bias)
    result = (weight @ rows.t()).t()
    return result if bias is None else result + bias


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
