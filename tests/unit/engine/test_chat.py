from __future__ import annotations

from workbench.core.conversation import Message, user
from workbench.engine.chat import FALLBACK_TEMPLATE, answer_sequence, prompt_ids
from workbench.engine.modeling import LoadedBase


def test_answer_and_the_mark_that_ends_it_are_learnt(base: LoadedBase) -> None:
    sequence = answer_sequence(base.tokenizer, user("Why?"), "It is rain.")
    decode = base.tokenizer.decode
    assert decode(sequence.ids[: sequence.trained_from]).endswith("assistant\n")
    assert decode(sequence.ids[sequence.trained_from :]) == "It is rain.<|im_end|>\n"


def test_prompt_ends_where_the_answer_begins(base: LoadedBase) -> None:
    sequence = answer_sequence(base.tokenizer, user("Why?"), "It is rain.")
    assert prompt_ids(base.tokenizer, user("Why?")) == sequence.ids[: sequence.trained_from]


def test_fallback_template_reads_as_a_dialogue(base: LoadedBase) -> None:
    base.tokenizer.chat_template = FALLBACK_TEMPLATE
    prompt = (Message("system", "Be short."), Message("user", "Why?"))
    sequence = answer_sequence(base.tokenizer, prompt, "It is rain.")
    decode = base.tokenizer.decode
    assert (
        decode(prompt_ids(base.tokenizer, prompt))
        == "System: Be short.\n\nUser: Why?\n\nAssistant:"
    )
    assert decode(sequence.ids[sequence.trained_from :]) == " It is rain.<|im_end|>\n\n"
