"""Data of exact token counts, the same for both sides, and the settings that both share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from workbench.core.conversation import user
from workbench.core.preferences import PreferenceExample, PromptExample, SupervisedExample
from workbench.engine.chat import answer_sequence, prompt_ids

RANK, ALPHA, LEARNING_RATE, BETA, SEED = 16, 32, 1e-5, 0.1, 0

# Mixed lengths as chats have them: many short ones, few long ones. (prompt, answer) in tokens.
SFT_LENGTHS = ((48, 24), (64, 40), (60, 64), (96, 64), (72, 128), (128, 96), (96, 224), (160, 352))
# All of them are words of one token in SmolLM2's vocabulary.
_WORDS = [
    "",
    "time",
    "people",
    "water",
    "house",
    "world",
    "school",
    "year",
    "day",
    "hand",
    "part",
    "place",
    "case",
    "week",
    "company",
    "system",
    "program",
    "question",
    "work",
    "number",
    "night",
    "point",
    "home",
    "room",
    "area",
    "money",
    "story",
    "fact",
    "month",
    "lot",
    "right",
    "study",
    "book",
    "eye",
    "job",
    "word",
    "business",
    "issue",
    "side",
    "kind",
    "head",
    "service",
    "friend",
    "father",
    "power",
    "hour",
    "game",
    "line",
    "end",
    "member",
    "law",
    "car",
    "city",
    "community",
    "name",
    "president",
    "team",
    "minute",
    "idea",
    "body",
][1:]


@dataclass(frozen=True, slots=True)
class Sizes:
    """P, C and G: tokens of a prompt, of an answer, answers a prompt; and pairs or prompts."""

    prompt: int = 256
    answer: int = 64
    group: int = 8
    pairs: int = 4


class Writer:
    """Conversations whose tokens, chat template included, are as many as wanted."""

    def __init__(self, model: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(model)
        self._random = random.Random(SEED)
        self._around_prompt = len(prompt_ids(self.tokenizer, user(self._words(1)))) - 1
        sequence = answer_sequence(self.tokenizer, user("a"), self._words(1))
        self._around_answer = sequence.trained_count - 1

    def _words(self, count: int) -> str:
        return "".join(" " + self._random.choice(_WORDS) for _ in range(count))

    def prompt(self, tokens: int) -> str:
        return self._words(tokens - self._around_prompt)

    def answer(self, tokens: int) -> str:
        return self._words(tokens - self._around_answer)

    def supervised(self) -> list[SupervisedExample]:
        return [SupervisedExample(user(self.prompt(p)), self.answer(c)) for p, c in SFT_LENGTHS]

    def preferences(self, sizes: Sizes) -> list[PreferenceExample]:
        return [
            PreferenceExample(
                user(self.prompt(sizes.prompt)), self.answer(sizes.answer),
                self.answer(sizes.answer),
            )
            for _ in range(sizes.pairs)
        ]  # fmt: skip

    def prompts(self, sizes: Sizes) -> list[PromptExample]:
        return [PromptExample(user(self.prompt(sizes.prompt)))]
