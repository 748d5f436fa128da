"""What a generation host answers, waited for in a loop that can be given up."""

from __future__ import annotations

import queue
from collections.abc import Callable

from workbench.core.errors import RunError
from workbench.core.generation import Failed, Reply

_LOOK_EVERY_S = 0.2


class Cancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The work was given up."""


def next_reply(replies: queue.SimpleQueue[Reply], is_cancelled: Callable[[], bool]) -> Reply:
    """The host's next reply. Raises Cancelled, and RunError for what a person can mend."""
    while True:
        if is_cancelled():
            raise Cancelled
        try:
            reply = replies.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            continue
        if isinstance(reply, Failed):
            raise RunError(reply.message) if reply.known else RuntimeError(reply.message)
        return reply
