"""What a process that computes inherits."""

from __future__ import annotations

from workbench.core.python_process import computing_environment


def test_gpus_are_counted_as_nvml_does_and_a_persons_settings_stay() -> None:
    assert computing_environment({})["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert computing_environment({})["OMP_WAIT_POLICY"] == "PASSIVE"
    own = {"OMP_WAIT_POLICY": "ACTIVE", "GLIBC_TUNABLES": "glibc.malloc.check=1"}
    assert computing_environment(own).items() >= own.items()
