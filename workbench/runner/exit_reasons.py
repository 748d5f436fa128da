"""Telling why a trainer ended, in words that a person can act on."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from workbench.core.control import Command
from workbench.core.events import RunState
from workbench.runner.exit_report import ExitKind, ExitReport
from workbench.runner.facts import EventFacts

_KNOWN_ERROR_CODE = 2
_CUDA_OUT_OF_MEMORY = ("CUDA out of memory", "torch.OutOfMemoryError", "CUDA error: out of memory")
_DISK_FULL = ("No space left on device", "[Errno 28]", "Disk quota exceeded")
_CHILD_KILLED = "killed by signal: Killed"

_ENDED_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)

_SMALLER = "Lower Batch size or Max length, or turn on Checkpoint activations"
_SIGNAL_WORDS: dict[int, str] = {
    signal.SIGSEGV: "touched memory that is not its own (segmentation fault)",
    signal.SIGBUS: "lost memory under its feet (bus error)",
    signal.SIGABRT: "aborted itself",
    signal.SIGILL: "met an instruction that this processor lacks",
    signal.SIGFPE: "made an impossible calculation",
}


@dataclass(frozen=True, slots=True)
class TrainerEnd:
    """What is known of a trainer that has ended.

    `return_code` is subprocess's: negative for a signal, None when nobody saw the end.
    `command` is what was asked of the run; `resume_step` its newest complete checkpoint.
    """

    return_code: int | None
    facts: EventFacts
    log_tail: str = ""
    oom_kills: int = 0
    command: Command | None = None
    resume_step: int | None = None


def explain(end: TrainerEnd) -> ExitReport:
    """Tell the reason from what is known, the surest sign first."""
    bye = end.facts.bye
    if bye is not None and bye.state in _PEACEFUL:
        kind, words = _PEACEFUL[bye.state]
        return _report(end, bye.state, kind, bye.reason or words)
    if _ran_out_of_host_memory(end):
        return _crash(
            end, ExitKind.HOST_OUT_OF_MEMORY,
            "The computer ran out of memory and the system ended the trainer."
            f" Close other programs or train a smaller model. {_SMALLER}.",
        )  # fmt: skip
    if _says(end, _DISK_FULL):
        return _crash(
            end, ExitKind.DISK_FULL,
            "The disk is full. Free some space or keep fewer checkpoints.",
        )  # fmt: skip
    if _says(end, _CUDA_OUT_OF_MEMORY):
        return _crash(end, ExitKind.CUDA_OUT_OF_MEMORY, f"The GPU ran out of memory. {_SMALLER}.")
    if end.facts.failed is not None:
        return _error(end, end.facts.failed.message, end.facts.failed.known)
    if end.return_code is None:
        return _crash(
            end, ExitKind.KILLED,
            "The trainer and its supervisor ended without a word. The computer may have been"
            " switched off, or both were ended from outside.",
        )  # fmt: skip
    if end.return_code < 0:
        return _signalled(end, -end.return_code)
    words = last_line(end.log_tail) or "it ended without saying why"
    return _error(end, words, end.return_code == _KNOWN_ERROR_CODE)


_PEACEFUL = {
    RunState.FINISHED: (ExitKind.FINISHED, "Finished."),
    RunState.STOPPED: (ExitKind.STOPPED, "Stopped, as you asked."),
    RunState.PAUSED: (ExitKind.PAUSED, "Paused. Resume when you like."),
}


def _ran_out_of_host_memory(end: TrainerEnd) -> bool:
    if end.oom_kills <= 0:
        return False
    return end.return_code == -signal.SIGKILL or _says(end, (_CHILD_KILLED,))


def _says(end: TrainerEnd, phrases: tuple[str, ...]) -> bool:
    failed = end.facts.failed
    said = f"{failed.message}\n{failed.detail}" if failed else end.log_tail
    return any(phrase in said for phrase in phrases)


def _error(end: TrainerEnd, message: str, known: bool) -> ExitReport:
    if known:
        return _report(
            end, RunState.CRASHED, ExitKind.KNOWN_ERROR,
            f"{message}{_resume_hint(end, ', settings unchanged')}",
        )  # fmt: skip
    return _crash(
        end, ExitKind.EXCEPTION,
        f"The trainer met an error of ours: {message.rstrip('.')}. The log has the whole of it.",
    )  # fmt: skip


def _signalled(end: TrainerEnd, number: int) -> ExitReport:
    killed = -number in _ENDED_FROM_OUTSIDE
    name = _signal_name(number)
    if killed and end.command in (Command.STOP, Command.PAUSE):
        asked = "stop" if end.command is Command.STOP else "pause"
        return _report(
            end, RunState.STOPPED, ExitKind.KILLED,
            f"Ended by force, because it did not {asked} by itself."
            f"{_resume_hint(end)}", name,
        )  # fmt: skip
    if killed:
        again = "" if end.resume_step else " Resume begins again: no checkpoint was saved yet."
        words = f"The trainer was ended from outside ({name}).{again}"
        return _crash(end, ExitKind.KILLED, words, name)
    words = _SIGNAL_WORDS.get(number, "was ended by a signal")
    return _crash(
        end, ExitKind.SIGNAL,
        f"The trainer {words} ({name}). This is most often a fault in a driver or a library:"
        " update the GPU driver, then look at the log.",
        name,
    )  # fmt: skip


def _crash(end: TrainerEnd, kind: ExitKind, message: str, name: str | None = None) -> ExitReport:
    return _report(end, RunState.CRASHED, kind, f"{message}{_resume_hint(end)}", name)


def _report(
    end: TrainerEnd, state: RunState, kind: ExitKind, message: str, name: str | None = None
) -> ExitReport:
    code = end.return_code
    if name is None and code is not None and code < 0:
        name = _signal_name(-code)
    return ExitReport(
        state=state,
        kind=kind,
        message=message,
        exit_code=code if code is not None and code >= 0 else None,
        signal=name,
        last_step=end.facts.last_step,
    )


def _resume_hint(end: TrainerEnd, how: str = "") -> str:
    return "" if end.resume_step is None else f" Resume goes on from step {end.resume_step}{how}."


def _signal_name(number: int) -> str:
    known = number in set(signal.Signals)
    return signal.Signals(number).name if known else f"signal {number}"


def last_line(text: str) -> str:
    """The last line with something in it: of a traceback, the error itself."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


@dataclass(frozen=True, slots=True)
class HostEnd:
    """Why a generation host ended; `is_known` tells a person's matter from a bug of ours."""

    message: str
    is_known: bool


def explain_host(return_code: int, log_tail: str, oom_kills: int) -> HostEnd:
    """Tell why the process that writes answers ended by itself."""
    if oom_kills > 0 and return_code == -signal.SIGKILL:
        return HostEnd(
            "The computer ran out of memory while answers were written: close other programs or"
            " choose a smaller model.",
            is_known=True,
        )
    if any(phrase in log_tail for phrase in _CUDA_OUT_OF_MEMORY):
        return HostEnd(
            "The GPU ran out of memory while answers were written: end other runs, or ask for"
            " shorter answers.",
            is_known=True,
        )
    if return_code in _ENDED_FROM_OUTSIDE:
        name = _signal_name(-return_code)
        return HostEnd(
            f"The process that writes answers was ended from outside ({name}): try again.",
            is_known=True,
        )
    words = f"signal {_signal_name(-return_code)}" if return_code < 0 else last_line(log_tail)
    words = words or "it did not say why"
    return HostEnd(f"The process that writes answers ended unexpectedly: {words}", is_known=False)
