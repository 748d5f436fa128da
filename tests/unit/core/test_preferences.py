"""What becomes a training pair, and what never does."""

from dataclasses import replace

import pytest

from workbench.core.conversation import user
from workbench.core.preferences import (
    Choice,
    LabelProgress,
    Origin,
    OriginKind,
    Pair,
    Prompt,
    Response,
    Side,
    Split,
    SupervisedExample,
    choice_of_side,
    training_example,
)

SAMPLED = Origin(OriginKind.SAMPLED, model="tiny", temperature=0.7, seed=3)
PAIR = Pair(
    id="pair-1",
    prompt=Prompt("prompt-1", user("Why is the sky blue?")),
    first=Response("response-1", "It scatters.", SAMPLED),
    second=Response("response-2", "Well, that is a long story.", SAMPLED),
    dataset_id="set-1",
)


def test_the_chosen_answer_is_the_one_that_was_preferred() -> None:
    first = training_example(PAIR, Choice.FIRST)
    second = training_example(PAIR, Choice.SECOND)
    assert first is not None
    assert second is not None
    assert (first.chosen, first.rejected) == ("It scatters.", "Well, that is a long story.")
    assert (second.chosen, second.rejected) == (first.rejected, first.chosen)
    assert first.pair_id == "pair-1"


@pytest.mark.parametrize("choice", [Choice.TIE, Choice.BOTH_BAD, Choice.SKIP, None])
def test_without_a_winner_nothing_is_learned(choice: Choice | None) -> None:
    assert training_example(PAIR, choice) is None


@pytest.mark.parametrize("choice", [*Choice, None])
def test_held_out_prompts_never_train(choice: Choice | None) -> None:
    held_out = replace(PAIR, prompt=replace(PAIR.prompt, split=Split.HELD_OUT))
    assert training_example(held_out, choice) is None


def test_identical_answers_teach_nothing() -> None:
    same = replace(PAIR, second=replace(PAIR.second, text=PAIR.first.text))
    assert training_example(same, Choice.FIRST) is None


@pytest.mark.parametrize("shown_left", [Choice.FIRST, Choice.SECOND])
@pytest.mark.parametrize("side", Side)
def test_a_side_means_the_response_that_stood_there(side: Side, shown_left: Choice) -> None:
    choice = choice_of_side(side, shown_left)
    preferred = PAIR.first if choice is Choice.FIRST else PAIR.second
    assert PAIR.response(side, shown_left) == preferred


def test_the_two_sides_never_mean_the_same_response() -> None:
    for shown_left in (Choice.FIRST, Choice.SECOND):
        sides = {choice_of_side(side, shown_left) for side in Side}
        assert sides == {Choice.FIRST, Choice.SECOND}


def test_examples_are_written_in_trls_form() -> None:
    preference = training_example(PAIR, Choice.FIRST)
    assert preference is not None
    assert preference.to_json() == {
        "prompt": [{"role": "user", "content": "Why is the sky blue?"}],
        "chosen": [{"role": "assistant", "content": "It scatters."}],
        "rejected": [{"role": "assistant", "content": "Well, that is a long story."}],
        "pair_id": "pair-1",
    }
    assert SupervisedExample(user("Hi"), "Hello").to_json() == {
        "prompt": [{"role": "user", "content": "Hi"}],
        "completion": [{"role": "assistant", "content": "Hello"}],
    }


@pytest.mark.parametrize(
    "origin",
    [SAMPLED, Origin(OriginKind.IMPORTED, note="from a file"), Origin(OriginKind.WRITTEN)],
)
def test_an_origin_survives_being_stored(origin: Origin) -> None:
    assert Origin.from_json(origin.to_json()) == origin
    assert None not in origin.to_json().values()


def test_progress_counts_what_can_train() -> None:
    progress = LabelProgress(
        total=10,
        by_choice={Choice.FIRST: 3, Choice.SECOND: 2, Choice.TIE: 1, Choice.SKIP: 1},
    )
    assert progress.decided == 7
    assert progress.usable == 5
    assert LabelProgress(total=4).decided == 0
