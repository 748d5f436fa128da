"""The confined process: reads requests as JSON lines, answers each with one JSON line.

Imports the standard library only and starts in about 30 ms. The order on the wire:

    → {"source", "function", "given", "timeout_s", "memory_bytes", "parent_pid"}
    ← {"walls": [names]}               once confined
    ← {"error": sentence or null}      once the source has run and the function is found
    → {"id", "arguments": {name: value}}      for each call
    ← {"id", "value": number} or {"id", "error": sentence}
"""

from __future__ import annotations

import inspect
import json
import linecache
import math
import numbers
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.confined import walls

FILE_NAME = "<your function>"
_LONGEST_ERROR = 300
_GRACE_S = 1.0
_TAKES_ALL = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def main() -> None:
    """Serve until the input ends."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # what the function prints goes nowhere
        os.dup2(nowhere, descriptor)

    def reply(message: Mapping[str, Any]) -> None:
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    setup = json.loads(requests.readline())
    standing = walls.raise_all(
        memory_bytes=setup["memory_bytes"], parent_pid=setup["parent_pid"], folder=os.curdir
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "workbench"]:
        del sys.modules[name]  # the function finds Python's own modules only
    reply({"walls": standing})
    function, error = define(setup["source"], setup["function"], setup["given"])
    reply({"error": error})
    if function is None:
        return
    for line in requests:
        request = json.loads(line)
        walls.limit_cpu(setup["timeout_s"] + _GRACE_S)
        result = call(function, request["arguments"])
        walls.limit_cpu(0)
        reply({"id": request["id"], **result})


def define(
    source: str, name: str, given: Iterable[str]
) -> tuple[Callable[..., Any] | None, str | None]:
    """Run `source`; return its function `name` taking what it asks for of `given`, or an error."""
    linecache.cache[FILE_NAME] = (len(source), None, source.splitlines(True), FILE_NAME)
    namespace: dict[str, Any] = {"__name__": "your_function", "__builtins__": __builtins__}
    try:
        exec(compile(source, FILE_NAME, "exec"), namespace)  # noqa: S102 - what this process is for
    except BaseException as error:
        return None, describe(error)
    function = namespace.get(name)
    if not callable(function):
        return None, f"there is no function named {name}"
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None, f"{name} is not a function written in Python"
    wanted = [item for item in parameters if item.kind not in _TAKES_ALL]
    for item in wanted:
        unknown = item.name not in given and item.default is inspect.Parameter.empty
        if unknown or item.kind is inspect.Parameter.POSITIONAL_ONLY:
            return None, f"{name} asks for {item.name!r}; it can have {', '.join(given)}"
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
        return function, None
    names = [item.name for item in wanted]

    def with_what_it_asks_for(**arguments: Any) -> Any:
        return function(**{name: arguments[name] for name in names if name in arguments})

    return with_what_it_asks_for, None


def call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The function's number, or what went wrong in one line."""
    try:
        value = function(**arguments)
        if not isinstance(value, numbers.Real):
            kind = "nothing" if value is None else type(value).__name__
            return {"error": f"it returned {kind} where a number is wanted"}
        number = float(value)
        if not math.isfinite(number):
            return {"error": f"it returned {number}, which is not a finite number"}
    except BaseException as error:  # sys.exit and KeyboardInterrupt are the function's as well
        return {"error": describe(error)}
    return {"value": number}


def describe(error: BaseException) -> str:
    """The exception's last line, and the line of the source where it came from."""
    try:
        text = traceback.format_exception_only(error)[-1].strip()
        number = error.lineno if isinstance(error, SyntaxError) else None
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == FILE_NAME:
                number = line
    except BaseException:
        return type(error).__name__
    text = " ".join(text[:_LONGEST_ERROR].split())
    return f"{text} (line {number})" if number else text


def start(root: str) -> None:
    """Entry of the process; `root` was put on the path to find this file, and goes again."""
    sys.path.remove(root)
    main()
