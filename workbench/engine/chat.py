"""From conversations to tokens, through the model's chat template."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from workbench.core import conversation
from workbench.core.conversation import Conversation, Message
from workbench.engine.batching import TokenSequence

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


def common_prefix_length(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens the two share at their beginning."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    )


def _render(tokenizer: Any, messages: Conversation, *, add_generation_prompt: bool) -> list[int]:
    rendered = tokenizer.apply_chat_template(
        conversation.to_json(messages),
        add_generation_prompt=add_generation_prompt, tokenize=True, return_dict=True,
    )  # fmt: skip
    ids: list[int] = rendered["input_ids"]
    return ids
