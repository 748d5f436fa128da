"""A person's function in a process of its own: started once, asked many times, killed when late."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ROOT = str(Path(__file__).resolve().parents[2])
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from workbench.confined.child import start; start(sys.argv[1])"
)
_STARTING_S = 60.0
_LONGEST_REPLY_BYTES = 64 * 1024
# What an interpreter may need to start at all; nothing else of the environment is passed on.
_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: a finite number, or None and one line that says why."""

    value: float | None
    error: str = ""


class ConfinedFunction:
    """The function `name` of `source`, called in a confined process.

    `given` are the names of the arguments that calls will bear. Calls never raise for what the
    function does: a call that takes longer than `timeout_s`, or ends the process, fails by itself,
    and the next one gets a new process. One thread at a time may call; on Linux the process ends
    with the thread that started it.
    """

    def __init__(
        self,
        source: str,
        name: str,
        given: Sequence[str],
        *,
        timeout_s: float,
        memory_bytes: int,
    ) -> None:
        self._source, self._name, self._given = source, name, tuple(given)
        self._timeout_s, self._memory_bytes = timeout_s, memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._calls = 0
        self.walls: tuple[str, ...] = ()
        """What confines the process, once it has started; see `walls.raise_all`."""

    def start(self) -> str | None:
        """Start the process if none is at work; returns what is wrong with the source, or None."""
        if self._process is not None and self._process.poll() is None:
            return None
        self.close()
        self._folder = Path(tempfile.mkdtemp(prefix="confined-"))
        self._process = _start_process(self._folder)
        setup = {
            "source": self._source, "function": self._name, "given": self._given,
            "timeout_s": self._timeout_s, "memory_bytes": self._memory_bytes,
            "parent_pid": os.getpid(),
        }  # fmt: skip
        confined = self._exchange(setup, _STARTING_S)
        if "walls" not in confined.message:
            self.close()
            return f"the process for it could not be started: {confined.problem}"
        self.walls = tuple(confined.message["walls"])
        defined = self._exchange(None, self._timeout_s)
        error: str | None = defined.message.get("error", defined.problem)
        if error is not None:
            self.close()
        return error

    def call(self, arguments: Mapping[str, Any]) -> Outcome:
        """Call the function with `arguments`, which must be what JSON can say."""
        error = self.start()
        if error is not None:
            return Outcome(None, error)
        self._calls += 1
        reply = self._exchange({"id": self._calls, "arguments": arguments}, self._timeout_s)
        value, error = reply.message.get("value"), reply.message.get("error")
        if reply.message.get("id") != self._calls:
            self.close()
            return Outcome(None, reply.problem or "it wrote where only its result belongs")
        if isinstance(value, float):
            return Outcome(value)
        return Outcome(None, str(error))

    def close(self) -> None:
        """End the process and everything that it started."""
        if self._process is not None:
            _kill(self._process)
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> ConfinedFunction:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, message: Mapping[str, Any] | None, timeout_s: float) -> _Reply:
        """Send `message`, if any, and wait for one line; a process that is late is killed."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        with _Deadline(process, timeout_s) as deadline:
            line = b""
            with contextlib.suppress(OSError):  # the process is gone: there is no line
                if message is not None:
                    process.stdin.write(json.dumps(message).encode() + b"\n")
                    process.stdin.flush()
                line = process.stdout.readline(_LONGEST_REPLY_BYTES)
        if deadline.passed:
            return _Reply(problem=f"it took longer than {timeout_s:g} s")
        if not line:
            return _Reply(problem=_how_it_ended(process))
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict):
                return _Reply(value)
        return _Reply(problem="it wrote where only its result belongs")


@dataclass(frozen=True, slots=True)
class _Reply:
    message: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


class _Deadline:
    """Kills the process after `timeout_s`, unless the block has ended by then."""

    def __init__(self, process: subprocess.Popen[bytes], timeout_s: float) -> None:
        self._process = process
        self._timer = threading.Timer(timeout_s, self._pass)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._over = False
        self.passed = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:  # either it has killed, or it never will
            self._over = True
        self._timer.cancel()

    def _pass(self) -> None:
        with self._lock:
            if not self._over:
                self.passed = True
                _kill(self._process)


def _start_process(folder: Path) -> subprocess.Popen[bytes]:
    # -I and -S: no variables, no site-packages, nothing of the person's own is imported.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _BOOT, _ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    if code < 0:
        with contextlib.suppress(ValueError):
            if signal.Signals(-code) == getattr(signal, "SIGPROF", None):
                return "it computed for longer than the time limit"
            return f"its process was ended by {signal.Signals(-code).name}"
    return f"it ended its process (exit code {code})"
