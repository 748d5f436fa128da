from __future__ import annotations

import torch

from workbench.engine.batching import IGNORED, DataOrder, TokenSequence, collate, split


def test_every_epoch_sees_each_example_once_in_another_order() -> None:
    order = DataOrder(10, seed=3)
    first, second = order.take(0, 10), order.take(10, 10)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_a_place_in_the_order_says_all_that_follows() -> None:
    order = DataOrder(7, seed=0)
    whole = order.take(0, 30)
    assert [index for start in range(0, 30, 3) for index in order.take(start, 3)] == whole
    assert DataOrder(7, seed=0).take(11, 4) == whole[11:15]
    assert DataOrder(7, seed=1).take(0, 30) != whole


def test_batch_marks_what_is_learnt_and_pads_on_the_right() -> None:
    batch = collate([TokenSequence([5, 6, 7], 1), TokenSequence([8, 9], 0)], 0, torch.device("cpu"))
    assert batch.input_ids.tolist() == [[5, 6, 7], [8, 9, 0]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch.labels.tolist() == [[IGNORED, 6, 7], [IGNORED, 9, IGNORED]]
    assert batch.trained_counts == (2, 1)


def test_cutting_keeps_the_beginning() -> None:
    whole = TokenSequence([1, 2, 3, 4], 2)
    assert whole.cut(3) == TokenSequence([1, 2, 3], 2)
    assert whole.cut(2).trained_count == 0
    assert whole.cut(4) is whole


def test_split_leaves_nothing_out() -> None:
    assert [list(part) for part in split([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
