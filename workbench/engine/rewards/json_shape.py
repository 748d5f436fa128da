"""The reward for JSON: valid, and of the shape that a JSON schema asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import regex
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from workbench.core.rewards import JsonReward
from workbench.engine.rewards.patterns import PATTERN_TIMEOUT_S
from workbench.engine.rewards.sample import (
    RewardFunction,
    RewardInput,
    RewardResult,
    for_each,
    yes_or_no,
)
from workbench.engine.rewards.tagged import inside

_FENCE = "```"


def json_reward(spec: JsonReward) -> RewardFunction:
    """1 where the answer is JSON (RFC 8259) that the schema, if there is one, accepts."""
    validator = _validator(json.loads(spec.json_schema)) if spec.json_schema else None

    def judge(item: RewardInput) -> RewardResult:
        text = inside(item.completion, spec.within_tag)
        if text is None:
            return yes_or_no(False, f"there is no <{spec.within_tag}>…</{spec.within_tag}>")
        try:
            value = json.loads(
                _without_fence(text) if spec.allow_fence else text, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as error:
            return yes_or_no(False, f"not JSON: {error}")
        if validator is None:
            return yes_or_no(True)
        try:
            problem = next(validator.iter_errors(value), None)
        except TimeoutError:
            return RewardResult(None, f"a pattern took longer than {PATTERN_TIMEOUT_S} s")
        except RecursionError:
            return yes_or_no(False, "nested too deeply")
        except (Unresolvable, regex.error) as error:
            return RewardResult(None, f"the schema can't be followed: {error}"[:200])
        return yes_or_no(problem is None, _in_one_line(problem) if problem else "")

    return for_each(judge)


def _without_fence(text: str) -> str:
    """What stands in a code block that is all of the text, else the text."""
    text = text.strip()
    first, _, rest = text.partition("\n")
    if first.rstrip().lower() in {_FENCE, f"{_FENCE}json"} and rest.endswith(_FENCE):
        return rest.removesuffix(_FENCE)
    return text


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _validator(schema: Any) -> Validator:
    """A validator of the schema's own draft that fetches nothing and whose patterns can't hang."""
    plain = jsonschema.validators.validator_for(schema)
    bounded: Callable[..., Validator] = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # its stubs leave it out
        plain, {"pattern": _pattern_in_time}
    )
    return bounded(schema, registry=Registry())  # the default one would download references


def _pattern_in_time(
    _validator: Validator, pattern: str, text: Any, _schema: Any
) -> Iterator[jsonschema.ValidationError]:
    if isinstance(text, str) and not regex.search(pattern, text, timeout=PATTERN_TIMEOUT_S):
        yield jsonschema.ValidationError(f"{text[:80]!r} does not match {pattern!r}")


def _in_one_line(problem: jsonschema.ValidationError) -> str:
    where = "/".join(str(part) for part in problem.absolute_path)
    message = problem.message if len(problem.message) <= 200 else f"{problem.message[:200]}…"
    return f"{where}: {message}" if where else message
