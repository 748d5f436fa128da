"""From conversations to tokens, through the model's chat template."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from workbench.core import conversation
from workbench.core.conversation import Conversation, Message
from workbench.engine.batching import TokenSequence, common_prefix_length

# For base models, which bring none. Plain words, so that no token needs to be added.
FALLBACK_TEMPLATE = """\
{%- for message in messages -%}
{{ message['role'].capitalize() + ': ' + message['content'] }}
{%- if message['role'] == 'assistant' and eos_token %}{{ eos_token }}{% endif -%}
{{ '\n\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ 'Assistant:' }}{% endif -%}
"""


def prompt_ids(tokenizer: Any, prompt: Conversation) -> list[int]:
    """Tokens of a prompt, ending where the model is to answer."""
    return _render(tokenizer, prompt, add_generation_prompt=True)


def answer_sequence(tokenizer: Any, prompt: Conversation, answer: str) -> TokenSequence:
    """Prompt and answer in one sequence, of which the answer is trained, as TRL splits them.

    The answer begins where prompt and prompt with answer diverge, and ends with what the template
    writes after an answer, so that the model learns to end.
    """
    before = prompt_ids(tokenizer, prompt)
    whole = _render(tokenizer, (*prompt, Message("assistant", answer)), add_generation_prompt=False)
    return TokenSequence(whole, common_prefix_length(before, whole))


def chat_sequence(tokenizer: Any, messages: Conversation) -> TokenSequence:
    """A conversation that ends with an answer, of which every answer is trained.

    An earlier answer that the template shows differently once the talk goes on (some leave out
    its reasoning) is learnt only as far as it is the same.
    """
    whole = _render(tokenizer, messages, add_generation_prompt=False)
    learnt: list[tuple[int, int]] = []
    for place, message in enumerate(messages):
        if message.role != "assistant" or not place:
            continue
        before = prompt_ids(tokenizer, messages[:place])
        so_far = _render(tokenizer, messages[: place + 1], add_generation_prompt=False)
        start, end = common_prefix_length(before, whole), common_prefix_length(so_far, whole)
        if start < end:
            learnt.append((start, end))
    between = tuple((end, start) for (_, end), (start, _) in pairwise(learnt))
    return TokenSequence(whole, learnt[0][0] if learnt else len(whole), between)


def _render(tokenizer: Any, messages: Conversation, *, add_generation_prompt: bool) -> list[int]:
    rendered = tokenizer.apply_chat_template(
        conversation.to_json(messages),
        add_generation_prompt=add_generation_prompt, tokenize=True, return_dict=True,
    )  # fmt: skip
    ids: list[int] = rendered["input_ids"]
    return ids
