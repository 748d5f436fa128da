from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.modeling import LoadedBase
from workbench.engine.text_stream import TextStream
from workbench.engine.token_choice import choose


def stream(tokenizer: object, ids: list[int]) -> list[str]:
    text = TextStream(tokenizer)
    return [*(text.push(token) for token in ids), text.finish()]


def test_a_character_of_several_tokens_comes_whole(base: LoadedBase) -> None:
    ids = base.tokenizer.encode("rain 🌧 naïve 雨", add_special_tokens=False)
    pieces = stream(base.tokenizer, ids)
    assert "".join(pieces) == "rain 🌧 naïve 雨"
    assert not any("\ufffd" in piece for piece in pieces)
    assert len([piece for piece in pieces if piece]) < len(ids)


def test_half_a_character_at_the_end_is_shown_as_such(base: LoadedBase) -> None:
    ids = base.tokenizer.encode("ok 🌧", add_special_tokens=False)[:-1]
    assert "".join(stream(base.tokenizer, ids)).startswith("ok \ufffd")


def test_leading_white_space_is_left_out(base: LoadedBase) -> None:
    ids = base.tokenizer.encode("\n  It rains. \n", add_special_tokens=False)
    assert "".join(stream(base.tokenizer, ids)) == "It rains. \n"


def test_any_text_comes_out_as_it_went_in(base: LoadedBase) -> None:
    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
    def check(text: str) -> None:
        ids = base.tokenizer.encode(text, add_special_tokens=False)
        assert "".join(stream(base.tokenizer, ids)) == text.lstrip()

    check()


def test_choice_follows_temperature_and_top_p() -> None:
    import torch

    from workbench.core.generation import Sampling

    logits = torch.log(torch.tensor([[0.1, 0.5, 0.3, 0.1]])).repeat(4000, 1)
    draws = [random.Random(number) for number in range(4000)]
    assert choose(logits, Sampling(temperature=0), draws) == [1] * 4000
    free = choose(logits, Sampling(temperature=1, top_p=1), draws)
    shares = [free.count(token) / 4000 for token in range(4)]
    assert all(abs(a - b) < 0.03 for a, b in zip(shares, [0.1, 0.5, 0.3, 0.1], strict=True))
    nucleus = choose(logits, Sampling(temperature=1, top_p=0.6), draws)
    assert set(nucleus) == {1, 2}
    assert abs(nucleus.count(1) / 4000 - 0.625) < 0.03


def test_a_flat_distribution_wider_than_the_candidates_is_still_drawn_from() -> None:
    import torch

    from workbench.core.generation import Sampling

    draws = [random.Random(number) for number in range(300)]
    tokens = choose(torch.zeros(300, 5000), Sampling(temperature=1, top_p=0.9), draws)
    assert len(set(tokens)) > 250
