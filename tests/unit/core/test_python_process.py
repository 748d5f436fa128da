"""What a process that computes inherits."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workbench.core.python_process import computing_environment, let_stand_back


def test_gpus_are_counted_as_nvml_does_and_a_persons_settings_stay() -> None:
    assert computing_environment({})["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert computing_environment({})["OMP_WAIT_POLICY"] == "PASSIVE"
    own = {"OMP_WAIT_POLICY": "ACTIVE", "GLIBC_TUNABLES": "glibc.malloc.check=1"}
    assert computing_environment(own).items() >= own.items()


@pytest.mark.skipif(sys.platform == "win32", reason="priorities are classes there")
def test_a_process_stands_back_with_its_threads_before_it_has_begun() -> None:
    code = "import os, threading; threading.Thread(target=lambda: print(os.nice(0))).start()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        let_stand_back(process.pid)
        told, _ = process.communicate()
    assert int(told) > os.nice(0)


def test_a_process_that_has_ended_need_not_stand_back() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    let_stand_back(process.pid)
