"""A generation host without a model: it repeats the prompt, and dies when the prompt says so.

As a judge it prefers the first answer by as much as that is longer.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from workbench.core.generation import (
    Cancel,
    Done,
    Failed,
    Finished,
    Generate,
    Load,
    Loading,
    LoadJudge,
    Ready,
    Reply,
    Token,
    Weigh,
    Weighed,
    decode_request,
    encode,
)


def tell(reply: Reply) -> None:
    sys.stdout.write(encode(reply))
    sys.stdout.flush()


def load(request: Load) -> None:
    tell(Loading("Reading weights"))
    if request.model_path == "missing":
        tell(Failed("", "There is no model: choose another folder.", known=True))
    else:
        tell(Ready("cpu", 7, tuple(request.adapters), os.getpid()))


def generate(request: Generate) -> None:
    for row in request.rows:
        text = row.messages[-1].content
        if text == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "raise":
            raise ValueError("a bug in the host")
        if text == "refuse":
            tell(Failed(request.request_id, "The prompt is too long: shorten it.", known=True))
            return
        if text == "hang":
            time.sleep(600)
        answer = f"{row.adapter or 'base'}: {text}"
        for word in answer.split():
            tell(Token(request.request_id, row.row_id, f"{word} "))
        tell(Done(request.request_id, row.row_id, answer, 3, 0.1, 0.05, "stop"))
    tell(Finished(request.request_id))


def weigh(request: Weigh) -> None:
    for pair in request.pairs:
        text = pair.messages[-1].content
        if text == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "hang":
            time.sleep(600)
        margin = None if text == "too long" else float(len(pair.first) - len(pair.second))
        tell(Weighed(request.request_id, pair.pair_id, margin))
    tell(Finished(request.request_id))


def main() -> None:
    print("a library that prints where it should not", flush=True)
    for line in sys.stdin:
        request = decode_request(line)
        if isinstance(request, Load):
            load(request)
        elif isinstance(request, Generate):
            generate(request)
        elif isinstance(request, LoadJudge):
            tell(Ready("cpu", 0, (), os.getpid()))
        elif isinstance(request, Weigh):
            weigh(request)
        elif isinstance(request, Cancel):
            tell(Finished(request.request_id))


if __name__ == "__main__":
    main()
