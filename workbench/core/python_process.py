"""Starting one of our own modules in another Python process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

import workbench

_NICER = 10
_THREAD_NICER = 5

# A step takes and gives back the same gigabytes again and again. Left to itself, glibc returns them
# to the system each time and gets them anew a small page at a time: 800,000 page faults in four
# steps of DPO in place of 65,000, and a fifth of the time.
_KEEP_MEMORY = ":".join(
    (
        "glibc.malloc.hugetlb=1",  # ask for large pages
        f"glibc.malloc.mmap_threshold={1 << 30}",
        f"glibc.malloc.trim_threshold={1 << 32}",
        f"glibc.malloc.top_pad={1 << 26}",
    )
)


def module_command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def module_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which our modules are found, whatever the working folder is."""
    package_root = str(Path(workbench.__file__).resolve().parent.parent)
    path = environment.get("PYTHONPATH")
    return {
        **environment,
        "PYTHONPATH": f"{package_root}{os.pathsep}{path}" if path else package_root,
    }


def computing_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`module_environment` for a process that computes; what a person has set stays as it is.

    GPUs are counted as NVML does. Threads that wait sleep instead of spinning: where other programs
    want the processor too, spinning wastes more than half of it (a pass took 8 s in place of 27 s
    beside a load of 5 on 2 cores). Memory is kept between steps. Output is written at once.
    """
    ours = {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "OMP_WAIT_POLICY": "PASSIVE",
        "GLIBC_TUNABLES": _KEEP_MEMORY,
        "PYTHONUNBUFFERED": "1",
    }
    return module_environment({**ours, **environment})


def let_stand_back(process_id: int) -> None:
    """Have a process that was just started leave the processor first to what a person waits for.

    It costs that process nothing where there is processor enough for all. Before it has begun, as
    what it imports is much of its work, and as threads inherit this where they have priorities.
    """
    with suppress(psutil.Error):  # it has ended already
        process = psutil.Process(process_id)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(process.nice() + _NICER)


def stand_back_here() -> None:
    """As `let_stand_back`, for the thread that calls it; only where threads have priorities.

    By less: the window may wait for what this thread holds.
    """
    if sys.platform == "linux":  # elsewhere the whole process would stand back
        os.nice(_THREAD_NICER)
