"""Talking to a generation host: a process of its own, which ends when we do."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from workbench.core.errors import RunError
from workbench.core.generation import (
    Cancel,
    Failed,
    Finished,
    Generate,
    Load,
    LoadJudge,
    Ready,
    Reply,
    Request,
    Row,
    Sampling,
    Weigh,
    WeighedPair,
    decode_reply,
    encode,
)
from workbench.core.ids import new_id
from workbench.core.python_process import computing_environment, module_command
from workbench.runner.exit_reasons import explain_host
from workbench.runner.oom_counter import find_oom_counter
from workbench.runner.processes import identity_of, signal_group

HOST_MODULE = "workbench.engine.host"

_LOADING = ""  # a load bears no id of its own
_PIPE_BYTES = 1024 * 1024  # a long request must not block its sender while the host is busy
_LOG_TAIL_BYTES = 8192
_LAST_WORDS_S = 5.0

_log = logging.getLogger(__name__)


class GenerationClient:
    """Starts a host and sends it requests; replies come to `on_reply`, in a thread of their own.

    A host that dies by itself answers each open request, and a load under way, with `Failed`;
    where nothing was asked of it, one `Failed` without a request says that it is gone.
    """

    def __init__(
        self, on_reply: Callable[[Reply], None], *, host_module: str = HOST_MODULE
    ) -> None:
        self._on_reply = on_reply
        self._open: set[str] = set()
        self._is_gone = False
        self._is_closing = False
        self._state_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._oom_counter = find_oom_counter()
        self._oom_kills_before = self._oom_counter.read() or 0
        self._host = subprocess.Popen(
            module_command(host_module),
            env=computing_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            process_group=0,  # so that it can be ended with whatever it starts
        )
        assert self._host.stdin is not None
        assert self._host.stdout is not None
        self._input, self._output = self._host.stdin, self._host.stdout
        with contextlib.suppress(OSError):  # the system may allow less
            fcntl.fcntl(self._input, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._identity = identity_of(self._host.pid)
        self._reader = threading.Thread(target=self._read, name="generation replies", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._host.pid

    @property
    def is_running(self) -> bool:
        """Whether requests can be sent; once false, make a new client."""
        return not (self._is_gone or self._is_closing)

    def load(self, model_path: str, adapters: Mapping[str, str], device: str = "auto") -> None:
        """Load base weights and adapters by name; answered by `Ready` or `Failed`."""
        self._send(_LOADING, Load(model_path, adapters, device))

    def generate(
        self, rows: Sequence[Row], sampling: Sampling, request_id: str | None = None
    ) -> str:
        """Answer each row; returns the id that the replies bear."""
        request_id = request_id or new_id()
        self._send(request_id, Generate(request_id, rows, sampling))
        return request_id

    def load_judge(self, run_folder: str, device: str = "auto") -> None:
        """Load what a run learnt of which answers are better; answered by `Ready` or `Failed`."""
        self._send(_LOADING, LoadJudge(run_folder, device))

    def weigh(self, pairs: Sequence[WeighedPair]) -> str:
        """Ask the judge about each pair; returns the id that the replies bear."""
        request_id = new_id()
        self._send(request_id, Weigh(request_id, pairs))
        return request_id

    def cancel(self, request_id: str) -> None:
        """Stop a request; its rows end with what they have. Does nothing where it is over."""
        if self.is_running and request_id in self._open:
            self._write(Cancel(request_id))

    def close(self, wait_s: float = 1.0) -> None:
        """End the host, by force if it takes longer than `wait_s`; no reply comes afterwards."""
        if self._is_closing:
            return
        self._is_closing = True
        with self._write_lock, contextlib.suppress(BrokenPipeError):
            self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._host.wait(wait_s)
        signal_group(self._identity, signal.SIGKILL)
        self._host.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join()
        self._output.close()
        self._errors.close()

    def __enter__(self) -> GenerationClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, request_id: str, request: Request) -> None:
        with self._state_lock:
            if not self.is_running:
                raise RunError("The process that writes answers has ended: try again.")
            self._open.add(request_id)
        self._write(request)

    def _write(self, request: Request) -> None:
        # A host that is gone can't be written to; the reader tells of that.
        with self._write_lock, contextlib.suppress(BrokenPipeError, ValueError):
            self._input.write(encode(request).encode("utf-8"))
            self._input.flush()

    def _read(self) -> None:
        """Hand replies on until the host's output ends."""
        for line in self._output:
            try:
                reply = decode_reply(line.decode("utf-8"))
            except (ValueError, TypeError) as error:
                _log.warning("not a reply of the generation host: %s", error)
                continue
            self._note(reply)
            self._deliver(reply)
        self._tell_it_is_gone()

    def _note(self, reply: Reply) -> None:
        with self._state_lock:
            if isinstance(reply, Finished | Failed):
                self._open.discard(reply.request_id)
            elif isinstance(reply, Ready):
                self._open.discard(_LOADING)

    def _tell_it_is_gone(self) -> None:
        with self._state_lock:
            self._is_gone = True
            unanswered = sorted(self._open) or [_LOADING]
        if self._is_closing:
            return
        try:
            return_code = self._host.wait(_LAST_WORDS_S)
        except subprocess.TimeoutExpired:  # it closed its output, and yet goes on
            signal_group(self._identity, signal.SIGKILL)
            return_code = self._host.wait()
        oom_kills = (self._oom_counter.read() or 0) - self._oom_kills_before
        reason = explain_host(return_code, self._log_tail(), oom_kills)
        for request_id in unanswered:
            self._deliver(Failed(request_id, reason.message, reason.is_known))

    def _deliver(self, reply: Reply) -> None:
        if not self._is_closing:
            self._on_reply(reply)

    def _log_tail(self) -> str:
        # The host writes through the same open file: read without moving its position.
        size = os.fstat(self._errors.fileno()).st_size
        start = max(0, size - _LOG_TAIL_BYTES)
        return os.pread(self._errors.fileno(), _LOG_TAIL_BYTES, start).decode("utf-8", "replace")
