"""Answers to many prompts at once, for whoever can wait: the command line."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence

from workbench.core.errors import RunError
from workbench.core.generation import Done, Failed, Finished, Ready, Reply, Row, Sampling
from workbench.runner.generation_client import HOST_MODULE, GenerationClient

_ROWS_AT_ONCE = 16


def generate_all(
    model_path: str,
    adapters: Mapping[str, str],
    rows: Sequence[Row],
    sampling: Sampling,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    device: str = "auto",
    rows_at_once: int = _ROWS_AT_ONCE,
    host_module: str = HOST_MODULE,
) -> dict[str, Done]:
    """Answer every row and return the answers by row id.

    `on_progress` hears how many are done, of how many. Raises RunError for what a person can
    mend and RuntimeError for a bug.
    """
    replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
    answers: dict[str, Done] = {}
    with GenerationClient(replies.put, host_module=host_module) as client:
        client.load(model_path, adapters, device)
        _wait_for(replies, Ready)
        for start in range(0, len(rows), rows_at_once):
            client.generate(rows[start : start + rows_at_once], sampling)
            while not isinstance(reply := _next(replies), Finished):
                if isinstance(reply, Done):
                    answers[reply.row_id] = reply
                    on_progress(len(answers), len(rows))
    return answers


def _wait_for(replies: queue.SimpleQueue[Reply], kind: type[Reply]) -> None:
    while not isinstance(_next(replies), kind):
        pass


def _next(replies: queue.SimpleQueue[Reply]) -> Reply:
    reply = replies.get()
    if isinstance(reply, Failed):
        raise RunError(reply.message) if reply.known else RuntimeError(reply.message)
    return reply
