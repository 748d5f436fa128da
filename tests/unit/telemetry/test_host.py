from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from workbench.core.telemetry import MachineReading
from workbench.telemetry.host import HostCpu, ProcessTree, TreeReading
from workbench.telemetry.sampler import Sampler

# A parent that sleeps and a child that keeps one core busy and holds 64 MiB.
FAMILY = """
import subprocess, sys
busy = "held = bytearray(64 * 2**20); print('ready', flush=True)\\nwhile True: pass"
subprocess.run([sys.executable, "-c", busy])
"""


def until(read: Callable[[], TreeReading | None], is_there: Callable[[TreeReading], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        reading = read()
        if reading is not None and is_there(reading):
            return
        time.sleep(0.05)
    raise AssertionError("never came")


@pytest.fixture
def family() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, process_group=0
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        yield parent.pid
        os.killpg(parent.pid, 9)


def test_children_count_and_a_first_reading_has_no_cpu(family: int) -> None:
    tree = ProcessTree(family)
    first = tree.read()
    assert first is not None
    assert first.cpu_percent is None
    assert first.memory_bytes > 64 * 2**20
    until(tree.read, lambda reading: (reading.cpu_percent or 0) > 10)


def test_a_process_that_is_gone_is_none() -> None:
    with subprocess.Popen(["true"]) as process:
        pass
    assert ProcessTree(process.pid).read() is None


def test_the_processor_is_not_told_from_no_time_at_all() -> None:
    cpu = HostCpu()
    assert cpu.percent() is None
    deadline = time.monotonic() + 60
    while (percent := cpu.percent()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert percent is not None
    assert 0 <= percent <= 100


def test_a_reading_of_this_machine_survives_its_journey() -> None:
    sampler = Sampler(os.getpid())
    reading = sampler.read()
    sampler.close()
    assert 0 < reading.memory_used_bytes < reading.memory_total_bytes
    assert reading.trainer_memory_bytes is not None
    assert MachineReading.from_json(reading.to_json()) == reading


def test_without_a_trainer_its_figures_are_none() -> None:
    sampler = Sampler()
    reading = sampler.read()
    sampler.close()
    assert (reading.trainer_cpu_percent, reading.trainer_memory_bytes) == (None, None)
