"""The generation host: `python -m workbench.engine.host` speaks `core.generation` over its pipes.

One request at a time; a `cancel` is seen between two tokens. End of input ends the process. What
libraries print goes to standard error, so that standard output carries the protocol alone.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import deque
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TextIO

from workbench.core.errors import KnownError
from workbench.core.generation import (
    Cancel,
    Failed,
    Finished,
    Generate,
    Load,
    Loading,
    LoadJudge,
    Ready,
    Reply,
    Request,
    Weigh,
    Weighed,
    decode_request,
    encode,
)  # fmt: skip
from workbench.engine.devices import describe, resolve_device

if TYPE_CHECKING:
    from workbench.engine.generation import Generator
    from workbench.engine.judge import Judge
    from workbench.engine.modeling import LoadedBase

# Between two of them a request to stop is heard.
_PAIRS_AT_ONCE = 8


class Inbox:
    """Requests in the order in which they came; cancels are known as soon as they arrive."""

    def __init__(self) -> None:
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._requests: deque[Request | Failed] = deque()
        self._cancelled: set[str] = set()
        self.ended = False

    def read_from(self, stream: int) -> None:
        """Read lines of file descriptor `stream` from a thread of its own until it ends."""

        def pump() -> None:
            with os.fdopen(stream, "rb") as lines:
                for line in lines:
                    self._lines.put(line)
            self._lines.put(None)

        threading.Thread(target=pump, name="requests", daemon=True).start()

    def next(self) -> Request | Failed | None:
        """Wait for the next request (or what is wrong with a line); None at the end of input."""
        while not self._requests:
            if self.ended:
                return None
            self._take(self._lines.get())
        return self._requests.popleft()

    def is_cancelled(self, request_id: str) -> bool:
        """Whether the request is to stop: cancelled, or nobody listens any more."""
        while not self.ended:
            try:
                self._take(self._lines.get_nowait())
            except Empty:
                break
        return self.ended or request_id in self._cancelled

    def _take(self, line: bytes | None) -> None:
        if line is None:
            self.ended = True
            return
        try:
            request = decode_request(line.decode("utf-8"))
        except (ValueError, KeyError, TypeError) as error:
            self._requests.append(Failed("", f"The request can't be read: {error}", known=False))
            return
        if isinstance(request, Cancel):
            self._cancelled.add(request.request_id)
        else:
            self._requests.append(request)


class Host:
    """Holds one base model and its adapters, and answers requests until the input ends."""

    def __init__(self, inbox: Inbox, output: TextIO) -> None:
        self._inbox = inbox
        self._output = output
        self._base: LoadedBase | None = None
        self._base_key: tuple[str, str] | None = None
        self._generator: Generator | None = None
        self._judge: Judge | None = None

    def serve(self) -> None:
        while (request := self._inbox.next()) is not None:
            if isinstance(request, Failed):
                self._reply(request)
                continue
            request_id = request.request_id if isinstance(request, Generate | Weigh) else ""
            try:
                self._carry_out(request)
            except KnownError as error:
                self._reply(Failed(request_id, str(error), known=True))
            except Exception as error:  # a bug: told to the window, and the host lives on
                traceback.print_exc()
                self._reply(Failed(request_id, f"{type(error).__name__}: {error}", known=False))

    def _reply(self, reply: Reply) -> None:
        self._output.write(encode(reply))
        self._output.flush()

    def _carry_out(self, request: Request) -> None:
        if isinstance(request, Load):
            self._load(request)
        elif isinstance(request, Generate):
            self._generate(request)
        elif isinstance(request, LoadJudge):
            self._load_judge(request)
        elif isinstance(request, Weigh):
            self._weigh(request)

    def _load(self, request: Load) -> None:
        """Load what is not loaded yet. Adapters are read anew: a run may have rewritten them."""
        self._reply(Loading("starting"))
        from workbench.engine.generation import Generator
        from workbench.engine.modeling import add_adapter, load_base

        self._judge = None
        device = resolve_device(request.device)
        key = (request.model_path, str(device))
        if self._base is None or self._base_key != key:
            self._base = self._generator = None  # the old weights go before the new ones come
            self._reply(Loading(f"loading the model on {describe(device)}"))
            self._base = load_base(Path(request.model_path), device)
            self._base_key = key
        elif self._generator is not None and self._generator.model is not self._base.model:
            self._generator.model.unload()
        model = self._base.model
        try:
            for name, folder in request.adapters.items():
                self._reply(Loading(f"loading the adapter {name}"))
                model = add_adapter(model, Path(folder), name)
        except KnownError:
            self._base = self._generator = None  # a half-loaded adapter is inside these weights
            raise
        self._generator = Generator(model, self._base.tokenizer, device)
        self._reply(
            Ready(describe(device), self._base.parameters, list(request.adapters), os.getpid())
        )

    def _generate(self, request: Generate) -> None:
        if self._generator is None:
            raise KnownError("No model is loaded: choose one first.")
        for reply in self._generator.stream(
            request, lambda: self._inbox.is_cancelled(request.request_id)
        ):
            self._reply(reply)
        self._reply(Finished(request.request_id))

    def _load_judge(self, request: LoadJudge) -> None:
        self._reply(Loading("starting"))
        from workbench.engine.judge import load_judge

        device = resolve_device(request.device)
        self._base = self._generator = self._judge = None
        self._reply(Loading(f"loading the model on {describe(device)}"))
        self._judge = load_judge(Path(request.run_folder), device)
        self._reply(Ready(describe(device), 0, [], os.getpid()))

    def _weigh(self, request: Weigh) -> None:
        if self._judge is None:
            raise KnownError("No judge is loaded: choose a run first.")
        for start in range(0, len(request.pairs), _PAIRS_AT_ONCE):
            if self._inbox.is_cancelled(request.request_id):
                break
            pairs = request.pairs[start : start + _PAIRS_AT_ONCE]
            for pair, margin in zip(pairs, self._judge(pairs), strict=True):
                self._reply(Weighed(request.request_id, pair.pair_id, margin))
        self._reply(Finished(request.request_id))


def main() -> int:
    """Serve until the input ends; returns the exit code."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # whatever prints goes to the log
    sys.stdout = sys.stderr
    inbox = Inbox()
    inbox.read_from(os.dup(0))
    try:
        Host(inbox, output).serve()
    except BrokenPipeError:
        return 0  # the window is gone
    return 0


if __name__ == "__main__":
    sys.exit(main())
