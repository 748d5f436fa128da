"""What makes an answer good: the rewards that GRPO, RLOO and PPO learn from.

Each kind is a recipe of its own, so that a form can show it; `engine/rewards` computes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from workbench.core.fields import Recipe, setting
from workbench.core.languages import LANGUAGES

_TAG = r"[A-Za-z][\w-]*"

EXAMPLE_SOURCE = '''\
def reward(prompt, completion, answer, **kwargs):
    """A number for one answer; more is better. prompt, completion and answer are text."""
    return 1.0 if completion.strip().endswith("?") else 0.0
'''


class BaseReward(Recipe):
    """What every reward has."""

    needs_answer: ClassVar[bool] = False
    """Whether prompts must come with their right answer; samples without one get no value."""
    needs_model: ClassVar[bool] = False
    """Whether `engine.rewards.scoring.build` must be given a scorer for it."""

    weight: float = setting(
        1.0, "Weight", "How much this reward counts. Below 0: the less, the better.",
        group="Reward", ge=-100, le=100,
    )  # fmt: skip
    name: str = setting(
        "", "Name", "What the figures call it. Empty: its kind.",
        group="Reward", advanced=True, pattern=r"^[\w-]*$", max_length=40,
    )  # fmt: skip


class _WithinTag(BaseReward):
    """A reward that may look at a part of the answer only."""

    within_tag: str = setting(
        "", "Look inside", "A tag, such as answer for <answer>…</answer>. Empty: the whole answer.",
        group="Reward", advanced=True, pattern=rf"^({_TAG})?$",
    )  # fmt: skip


class ExactMatch(_WithinTag):
    """1 where the answer is the prompt's right answer, 0 elsewhere."""

    needs_answer = True
    kind: Literal["exact_match"] = Field("exact_match", frozen=True)
    ignore_case: bool = setting(
        True, "Ignore case", "Yes and yes are the same answer.", group="Reward"
    )
    ignore_punctuation: bool = setting(
        True, "Ignore punctuation", "42. and 42 are the same answer. Spaces never count.",
        group="Reward",
    )  # fmt: skip


class NumericMatch(_WithinTag):
    """1 where the final number is the prompt's right one, 0 elsewhere."""

    needs_answer = True
    kind: Literal["numeric_match"] = Field("numeric_match", frozen=True)


class RegexReward(BaseReward):
    """1 where the answer has the pattern, 0 elsewhere."""

    kind: Literal["regex"] = Field("regex", frozen=True)
    pattern: str = setting(
        r"\bthank you\b", "Pattern", "A regular expression in Python's form.",
        group="Reward", min_length=1, max_length=2000,
    )  # fmt: skip
    match: Literal["anywhere", "whole"] = setting(
        "anywhere", "Found", "Where the pattern must be.", group="Reward",
        choices={"anywhere": "Anywhere in the answer", "whole": "The whole answer is the pattern"},
    )  # fmt: skip
    ignore_case: bool = setting(
        False, "Ignore case", "A and a are the same letter.", group="Reward"
    )
    negate: bool = setting(
        False, "Must be absent", "1 where the pattern is not found.", group="Reward"
    )

    @field_validator("pattern")
    @classmethod
    def _pattern_is_readable(cls, pattern: str) -> str:
        import regex  # only recipes with this reward need it

        try:
            regex.compile(pattern)
        except regex.error as error:
            raise ValueError(f"this is not a regular expression: {error}") from None
        return pattern


class JsonReward(_WithinTag):
    """1 where the answer is JSON, and of the right shape where a schema is given."""

    kind: Literal["json"] = Field("json", frozen=True)
    json_schema: str = setting(
        "", "JSON schema", "The shape that the answer must have. Empty: any JSON will do.",
        group="Reward", max_length=100_000,
    )  # fmt: skip
    allow_fence: bool = setting(
        True, "Allow a code fence", "The answer may be wrapped in ```json … ```.",
        group="Reward", advanced=True,
    )  # fmt: skip

    @field_validator("json_schema")
    @classmethod
    def _schema_is_a_schema(cls, text: str) -> str:
        if not text.strip():
            return ""
        import jsonschema  # takes a tenth of a second, and few recipes need it

        try:
            schema = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the schema is not JSON: {error}") from None
        if not isinstance(schema, dict):
            raise ValueError("a JSON schema is an object: {…}")
        try:
            jsonschema.validators.validator_for(schema).check_schema(schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f"this is not a JSON schema: {error.message}") from None
        return text


class LengthReward(BaseReward):
    """1 near the wanted number of words, falling smoothly with the distance from it."""

    kind: Literal["length"] = Field("length", frozen=True)
    target_words: int = setting(
        100, "Words", "How long an answer should be.", group="Reward", ge=0, le=100_000
    )
    tolerance_words: int = setting(
        20, "Tolerance", "Words more or less that still get the full reward.",
        group="Reward", ge=0, le=100_000,
    )  # fmt: skip
    falloff_words: int = setting(
        50, "Falloff", "This many words beyond the tolerance, the reward is a half.",
        group="Reward", ge=1, le=100_000,
    )  # fmt: skip


class TagsReward(BaseReward):
    """1 where each tag is there once, in order, and holds something."""

    kind: Literal["tags"] = Field("tags", frozen=True)
    tags: str = setting(
        "think, answer", "Tags", "In their order, with commas between them.",
        group="Reward", pattern=rf"^\s*{_TAG}\s*(,\s*{_TAG}\s*)*$", max_length=200,
    )  # fmt: skip
    nothing_outside: bool = setting(
        True, "Nothing outside", "Only blank space may stand outside the tags.", group="Reward"
    )
    graded: bool = setting(
        True, "Reward in part", "Some tags count a little: helps a model that never has them all.",
        group="Reward",
    )  # fmt: skip

    @field_validator("tags")
    @classmethod
    def _tags_differ(cls, tags: str) -> str:
        names = [name.strip() for name in tags.split(",")]
        if len(set(names)) < len(names):
            raise ValueError("each tag may be named once only")
        return tags

    @property
    def tag_names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.tags.split(","))


class LanguageReward(BaseReward):
    """1 where the answer is in the language, 0 where it is in another."""

    kind: Literal["language"] = Field("language", frozen=True)
    language: str = setting(
        "en", "Language", "Its code of two letters, such as en, de or zh.", group="Reward"
    )

    @field_validator("language")
    @classmethod
    def _language_is_known(cls, code: str) -> str:
        if code not in LANGUAGES:
            raise ValueError(f"{code!r} is not one of the languages: {', '.join(LANGUAGES)}")
        return code


class RewardModelReward(BaseReward):
    """What a trained reward model gives the answer."""

    needs_model = True
    kind: Literal["reward_model"] = Field("reward_model", frozen=True)
    path: str = setting(
        "", "Reward model", "Folder of a reward model that you trained.",
        group="Reward", min_length=1,
    )  # fmt: skip


class PythonReward(BaseReward):
    """What a function of your own returns, run in a process of its own."""

    kind: Literal["python"] = Field("python", frozen=True)
    source: str = setting(
        EXAMPLE_SOURCE, "Function", "Python with a function reward(prompt, completion, answer).",
        group="Reward", min_length=1, max_length=100_000,
    )  # fmt: skip
    timeout_s: float = setting(
        2.0, "Time limit", "Seconds for one answer. Slower answers get no value.",
        group="Reward", advanced=True, gt=0, le=600,
    )  # fmt: skip
    memory_mb: int = setting(
        512, "Memory limit", "Megabytes that the function may use.",
        group="Reward", advanced=True, ge=64, le=65536,
    )  # fmt: skip


RewardSpec = Annotated[
    ExactMatch | NumericMatch | RegexReward | JsonReward | LengthReward | TagsReward
    | LanguageReward | RewardModelReward | PythonReward,
    Field(discriminator="kind"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RewardInfo:
    """What a window shows where people choose a kind of reward."""

    title: str
    purpose: str
    config: type[BaseReward]


REWARDS: dict[str, RewardInfo] = {
    "numeric_match": RewardInfo(
        "Right number", "1 where the final number is the prompt's right one.", NumericMatch
    ),
    "exact_match": RewardInfo(
        "Right answer", "1 where the answer is the prompt's right answer.", ExactMatch
    ),
    "tags": RewardInfo(
        "Format tags", "1 where tags such as <think> are there once and in order.", TagsReward
    ),
    "json": RewardInfo(
        "Valid JSON", "1 where the answer is JSON, of a shape that you may give.", JsonReward
    ),
    "regex": RewardInfo("Pattern", "1 where the answer has what you describe.", RegexReward),
    "length": RewardInfo("Length", "1 near the wanted number of words.", LengthReward),
    "language": RewardInfo("Language", "1 where the answer is in the language.", LanguageReward),
    "reward_model": RewardInfo(
        "Reward model", "The score of a model that learnt from your pairs.", RewardModelReward
    ),
    "python": RewardInfo(
        "Your own function", "What a Python function of yours returns.", PythonReward
    ),
}
