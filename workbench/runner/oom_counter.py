"""Counting how often the system's out-of-memory killer struck near us (Linux)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_MEMBERSHIP = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")
_WHOLE_SYSTEM = Path("/proc/vmstat")


@dataclass(frozen=True, slots=True)
class OomCounter:
    """A file with a line `oom_kill N`; None where the system has no such count."""

    file: Path | None

    def read(self) -> int | None:
        if self.file is None:
            return None
        try:
            lines = self.file.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return None
        for line in lines:
            name, _, value = line.partition(" ")
            if name == "oom_kill" and value.strip().isdigit():
                return int(value)
        return None


def find_oom_counter(
    membership: Path = _MEMBERSHIP,
    cgroups: Path = _CGROUPS,
    whole_system: Path = _WHOLE_SYSTEM,
) -> OomCounter:
    """The narrowest count that includes this process: its cgroup's, else the whole system's."""
    for file in (*_cgroup_files(membership, cgroups), whole_system):
        counter = OomCounter(file)
        if counter.read() is not None:
            return counter
    return OomCounter(None)


def _cgroup_files(membership: Path, cgroups: Path) -> list[Path]:
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    files = []
    for line in lines:
        hierarchy, controllers, group = line.split(":", 2)
        group = group.lstrip("/")
        if hierarchy == "0":
            files.append(cgroups / group / "memory.events")
        elif "memory" in controllers.split(","):
            files.append(cgroups / "memory" / group / "memory.oom_control")
    return files
