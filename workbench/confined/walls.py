"""Every wall that this system has, in the order in which they can be raised."""

from __future__ import annotations

import os
import signal
import sys

from workbench.confined import python_wall

OPEN_FILES = 64


def raise_all(*, memory_bytes: int, parent_pid: int, folder: str) -> list[str]:
    """Confine this process for good; `folder` is empty and stays readable. Returns what stands.

    On Linux: `privileges`, `network namespace`, `parent`, `files`, `system calls`; on POSIX the
    limits `memory`, `file size` and, without `system calls`, `processes`; everywhere `python`.
    """
    standing = []
    readable = [*_python_folders(), folder]
    if sys.platform == "linux":
        standing += _raise_in_kernel(readable, parent_pid)
    if os.name == "posix":
        standing += _set_limits(memory_bytes, allow_threads="system calls" in standing)
    python_wall.raise_wall(readable)
    return [*standing, "python"]


def _raise_in_kernel(readable: list[str], parent_pid: int) -> list[str]:
    from workbench.confined import linux_walls

    raised = {
        "privileges": linux_walls.give_up_privileges(),
        "network namespace": linux_walls.leave_network(),
        # After the namespace: changing credentials makes the kernel forget the wish.
        "parent": linux_walls.die_with(parent_pid),
        "files": linux_walls.read_only([*readable, *_SYSTEM_FILES]),
        "system calls": linux_walls.refuse_system_calls(),
    }
    return [name for name, stands in raised.items() if stands]


_SYSTEM_FILES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/dev/null", "/dev/urandom")


def _python_folders() -> list[str]:
    """Where the standard library and the time zones are."""
    library = os.path.dirname(os.__file__)  # noqa: PTH120 - pathlib would cost the child 10 ms
    return [*sys.path, library, "/usr/share/zoneinfo", "/etc/localtime"]


def _set_limits(memory_bytes: int, *, allow_threads: bool) -> list[str]:
    import resource  # POSIX only

    wanted = {
        "memory": (resource.RLIMIT_AS, memory_bytes),
        "file size": (resource.RLIMIT_FSIZE, 0),
        "open files": (resource.RLIMIT_NOFILE, OPEN_FILES),
        "core": (resource.RLIMIT_CORE, 0),
    }
    if not allow_threads:
        # Counts what this person runs anywhere: 0 refuses each new process, and each thread.
        wanted["processes"] = (resource.RLIMIT_NPROC, 0)
    standing = []
    for name, (kind, limit) in wanted.items():
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # macOS refuses a limit on memory
            continue
        standing.append(name)
    return standing


def limit_cpu(seconds: float) -> None:
    """The kernel ends this process after that much computing; 0 takes the limit away."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
