"""What a process that computes inherits."""

from __future__ import annotations

import os
import subprocess

import pytest

from workbench.core.python_process import computing_environment, module_command


def test_gpus_are_counted_as_nvml_does_and_a_persons_settings_stay() -> None:
    assert computing_environment({})["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert computing_environment({})["OMP_WAIT_POLICY"] == "PASSIVE"
    own = {"OMP_WAIT_POLICY": "ACTIVE", "GLIBC_TUNABLES": "glibc.malloc.check=1"}
    assert computing_environment(own).items() >= own.items()


@pytest.mark.skipif(not hasattr(os, "confstr"), reason="glibc's own")
def test_the_system_understands_how_memory_is_to_be_kept() -> None:
    """glibc says so on the error output when it does not know a setting's name or value."""
    done = subprocess.run(
        [*module_command("this"), "-S"],
        env=computing_environment(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
