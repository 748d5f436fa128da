"""A wall inside the interpreter, on every system: it refuses with a sentence people understand.

It stops what a function does by mistake or carelessly. Code that is written to get around it can;
the kernel's walls (`linux_walls`) are there for that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

_NETWORK = "use the network"
_PROCESSES = "start programs or touch other processes"
_FILES = "write, move or delete files"
_READING = "read files outside Python's own"
_MACHINE = "reach below Python"

_REFUSED_BY_FAMILY = {
    "socket": _NETWORK,
    "urllib": _NETWORK,
    "ftplib": _NETWORK,
    "http": _NETWORK,
    "smtplib": _NETWORK,
    "subprocess": _PROCESSES,
    "pty": _PROCESSES,
    "shutil": _FILES,
    "sqlite3": _FILES,
    "ctypes": _MACHINE,
    "resource": _MACHINE,
}
_REFUSED = {
    **dict.fromkeys(
        ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
         "os.startfile", "os.kill", "os.killpg", "signal.pthread_kill"), _PROCESSES),
    **dict.fromkeys(
        ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown",
         "os.lchmod", "os.chflags", "os.link", "os.symlink", "os.utime", "os.setxattr",
         "os.removexattr"), _FILES),
}  # fmt: skip
_READS = {"open", "os.listdir", "os.scandir"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def raise_wall(readable: Iterable[str]) -> None:
    """From now on only files beneath `readable` are read, and nothing else is touched."""
    roots = tuple(os.path.join(os.path.realpath(folder), "") for folder in readable)  # noqa: PTH118

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        reason = _REFUSED.get(event) or _REFUSED_BY_FAMILY.get(event.partition(".")[0])
        if event in _READS:
            reason = _reason_against_opening(event, arguments, roots)
        if reason:
            raise PermissionError(f"the function may not {reason}")

    sys.addaudithook(refuse)


def _reason_against_opening(
    event: str, arguments: tuple[Any, ...], roots: tuple[str, ...]
) -> str | None:
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
        return _FILES
    path = arguments[0]
    if isinstance(path, int):
        return None  # open already
    place = os.path.realpath(os.fsdecode(path if path is not None else "."))
    inside = any(os.path.join(place, "").startswith(root) for root in roots)  # noqa: PTH118
    return None if inside else _READING
