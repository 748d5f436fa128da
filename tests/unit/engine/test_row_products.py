"""Products taken some hundred rows at a time are the products."""

from __future__ import annotations

import pytest
import torch

from workbench.engine.row_products import add_product, few_rows_linear, product


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("count", [0, 1, 512, 513, 1025, 1399, 1400])
@pytest.mark.parametrize("columns", [5, 1024])
def test_the_whole_is_its_parts(dtype: torch.dtype, count: int, columns: int) -> None:
    draw = torch.Generator().manual_seed(count)
    rows = torch.randint(-3, 4, (count, 7), generator=draw).to(dtype)  # exact in 16 bits
    matrix = torch.randint(-3, 4, (columns, 7), generator=draw).to(dtype).T
    assert torch.equal(product(rows, matrix), rows @ matrix)
    start = torch.randint(-3, 4, (count, columns), generator=draw).to(dtype)
    result = start.clone()
    add_product(result, rows, matrix)
    assert torch.equal(result, start + rows @ matrix)


@pytest.mark.parametrize("count", [1, 64, 65])
def test_a_linear_layer_of_few_rows_is_the_layer(count: int) -> None:
    draw = torch.Generator().manual_seed(count)
    layer = torch.nn.Linear(7, 5)
    rows = torch.randn(count, 7, generator=draw)
    found = few_rows_linear(rows, layer.weight, layer.bias)
    torch.testing.assert_close(found, layer(rows))
    torch.testing.assert_close(few_rows_linear(rows, layer.weight), found - layer.bias)
