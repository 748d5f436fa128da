from __future__ import annotations

from workbench.engine.batching import DataOrder, TokenSequence, split


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


def test_what_others_said_between_answers_is_not_learnt() -> None:
    chat = TokenSequence(list(range(10)), 2, ((4, 7),))
    assert chat.learnt_positions == [2, 3, 7, 8, 9]
    assert chat.trained_count == 5
    assert chat.cut(6).trained_count == len(chat.cut(6).learnt_positions) == 2


def test_cutting_keeps_the_beginning() -> None:
    whole = TokenSequence([1, 2, 3, 4], 2)
    assert whole.cut(3) == TokenSequence([1, 2, 3], 2)
    assert whole.cut(2).trained_count == 0
    assert whole.cut(4) is whole


def test_split_leaves_nothing_out() -> None:
    assert [list(part) for part in split([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
