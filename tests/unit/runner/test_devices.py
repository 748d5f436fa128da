from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.runner import device_queue
from workbench.runner.device_queue import DeviceTurn
from workbench.runner.devices import CPU, Device, resolve_device
from workbench.telemetry.nvml import GpuName

GPUS = (GpuName(0, "GPU-aaa", "RTX 5090"), GpuName(1, "GPU-bbb", "H100"))
FIRST = Device("GPU-aaa", "GPU 0 (RTX 5090)")
SECOND = Device("GPU-bbb", "GPU 1 (H100)")


@pytest.mark.parametrize(
    ("wanted", "visible", "device"),
    [
        ("cpu", None, CPU),
        ("auto", None, FIRST),
        ("cuda", None, FIRST),
        ("cuda:1", None, SECOND),
        ("cuda:0", "1", SECOND),
        ("cuda:1", "1,0", FIRST),
        ("auto", "GPU-b", SECOND),
        ("auto", "", CPU),
        ("auto", "-1", CPU),
        ("cuda:1", "0,7,1", Device("cuda-1", "GPU 1")),
        ("cuda:5", None, Device("cuda-5", "GPU 5")),
    ],
)
def test_a_device_is_known_by_its_uuid(wanted: str, visible: str | None, device: Device) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert resolve_device(wanted, GPUS, environment) == device


def test_without_gpus_auto_is_the_processor() -> None:
    assert resolve_device("auto", (), {}) == CPU


def test_turns_are_taken_in_the_order_of_arrival(tmp_path: Path) -> None:
    with DeviceTurn(tmp_path, "cpu") as first:
        assert first.try_take()
        with DeviceTurn(tmp_path, "cpu") as second, DeviceTurn(tmp_path, "cpu") as third:
            assert not second.try_take()
            assert (second.runs_ahead(), third.runs_ahead()) == (0, 1)
    with DeviceTurn(tmp_path, "cpu") as fourth:
        assert fourth.try_take()
    assert list((tmp_path / "cpu.queue").iterdir()) == []


def test_a_dead_waiters_ticket_holds_nobody_up(tmp_path: Path) -> None:
    # A kill leaves the ticket of an earlier time, which nobody holds any longer.
    (tmp_path / "cpu.queue").mkdir()
    (tmp_path / "cpu.queue" / "000000000000dead").touch()
    with DeviceTurn(tmp_path, "cpu") as turn:
        assert turn.try_take()


def test_a_handed_down_lock_outlives_its_holder(tmp_path: Path) -> None:
    with DeviceTurn(tmp_path, "cpu") as turn:
        assert turn.try_take()
        handed_down = os.dup(turn.descriptor)
    with DeviceTurn(tmp_path, "cpu") as waiting:
        assert not waiting.try_take()
        os.close(handed_down)
        assert waiting.try_take()


def test_a_ticket_that_is_looked_at_before_it_is_held_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = device_queue.lock_descriptor
    later: list[DeviceTurn] = []

    def while_another_looks(descriptor: int, *, blocking: bool = True) -> bool:
        if not later:
            monkeypatch.setattr(device_queue, "lock_descriptor", lock)
            later.append(DeviceTurn(tmp_path, "cpu"))
            later[0].runs_ahead()
        return lock(descriptor, blocking=blocking)

    monkeypatch.setattr(device_queue, "lock_descriptor", while_another_looks)
    with DeviceTurn(tmp_path, "cpu") as first, later[0]:
        assert later[0].runs_ahead() == 1
        assert not later[0].try_take()
        assert first.try_take()
    assert list((tmp_path / "cpu.queue").iterdir()) == []
