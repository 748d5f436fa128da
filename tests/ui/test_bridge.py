"""Threads meet Qt in one place: outcomes arrive on the GUI thread, or not at all."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from workbench.core.errors import KnownError
from workbench.ui.bridge import Bridge, Latest


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:  # noqa: ARG001 (an application must exist)
    made = Bridge()
    yield made
    made.close()


def test_work_runs_elsewhere_and_its_result_arrives_here(qtbot: QtBot, bridge: Bridge) -> None:
    seen: list[tuple[int, int]] = []
    bridge.run(threading.get_ident, lambda worker: seen.append((worker, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    worker, here = seen[0]
    assert here == threading.get_ident()
    assert worker != here


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
def test_work_in_the_background_leaves_the_processor_to_the_window(
    qtbot: QtBot, bridge: Bridge
) -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    seen: list[int] = []
    bridge.run(priority, seen.append, in_background=True)
    qtbot.waitUntil(lambda: len(seen) == 1)
    bridge.run(priority, seen.append)
    qtbot.waitUntil(lambda: len(seen) == 2)
    background, usual = seen
    assert usual == priority()
    assert background > usual


def test_an_error_goes_to_who_asked(qtbot: QtBot, bridge: Bridge) -> None:
    errors: list[BaseException] = []

    def fail() -> None:
        raise KnownError("The disk is full.")

    bridge.run(fail, lambda _: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert str(errors[0]) == "The disk is full."


def test_an_error_that_nobody_asked_for_is_told(qtbot: QtBot, bridge: Bridge) -> None:
    with qtbot.waitSignal(bridge.failed) as told:
        bridge.run(lambda: 1 / 0, lambda _: None)
    assert told.args is not None
    assert isinstance(told.args[0], ZeroDivisionError)


def test_a_cancelled_task_delivers_nothing(qtbot: QtBot, bridge: Bridge) -> None:
    gate, seen = threading.Event(), []
    task = bridge.run(gate.wait, seen.append)
    task.cancel()
    gate.set()
    bridge.run(lambda: "after", seen.append)
    qtbot.waitUntil(lambda: "after" in seen)
    assert seen == ["after"]


def test_of_several_readings_an_older_one_never_follows_a_newer_one(
    qtbot: QtBot, bridge: Bridge
) -> None:
    gate, seen, owner = threading.Event(), [], QObject()
    readings = Latest(bridge, owner)
    late: list[bool] = []
    readings.run(lambda: gate.wait() and late.append(True), lambda _: seen.append("old"))
    readings.run(lambda: "new", seen.append)
    qtbot.waitUntil(lambda: seen == ["new"])
    gate.set()
    qtbot.waitUntil(lambda: late == [True])
    readings.run(lambda: "newest", seen.append)
    qtbot.waitUntil(lambda: "newest" in seen)
    assert seen == ["new", "newest"]


def test_a_reading_that_fails_says_so_unless_a_newer_one_came(qtbot: QtBot, bridge: Bridge) -> None:
    owner, told = QObject(), []
    readings = Latest(bridge, owner)
    readings.run(lambda: 1 / 0, told.append, lambda error: told.append(type(error)))
    qtbot.waitUntil(lambda: told == [ZeroDivisionError])
    with qtbot.waitSignal(bridge.failed):
        readings.run(lambda: 1 / 0, told.append)


def test_nothing_is_delivered_to_a_deleted_object(qtbot: QtBot, bridge: Bridge) -> None:
    import shiboken6

    owner, gate, seen = QObject(), threading.Event(), []
    bridge.run(gate.wait, lambda _: seen.append("dead"), owner=owner)
    shiboken6.delete(owner)
    gate.set()
    bridge.run(lambda: "after", seen.append)
    qtbot.waitUntil(lambda: "after" in seen)
    assert seen == ["after"]


def test_any_thread_may_call_a_forwarded_function(qtbot: QtBot, bridge: Bridge) -> None:
    seen: list[tuple[str, int]] = []
    send = bridge.forward(lambda text: seen.append((text, threading.get_ident())))
    reader = threading.Thread(target=lambda: [send(text) for text in "abc"])
    reader.start()
    reader.join()
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert seen == [(text, threading.get_ident()) for text in "abc"]


def test_a_poll_goes_on_until_it_is_closed(qtbot: QtBot, bridge: Bridge) -> None:
    counter = iter(range(10**9))
    seen: list[int] = []
    poll = bridge.poll(lambda: next(counter), seen.append, interval_s=0.001, name="counter")
    qtbot.waitUntil(lambda: len(seen) >= 3)
    bridge.end_poll(poll)
    assert seen[:3] == [0, 1, 2]
    assert "counter" not in {thread.name for thread in threading.enumerate()}


def test_a_failing_poll_tells_once_and_goes_on(qtbot: QtBot, bridge: Bridge) -> None:
    turns = iter(range(10**9))
    told: list[object] = []
    seen: list[int] = []
    bridge.failed.connect(told.append)

    def sometimes() -> int:
        turn = next(turns)
        if turn < 5:
            raise OSError("gone")
        return turn

    bridge.poll(sometimes, seen.append, interval_s=0.001, name="sometimes")
    qtbot.waitUntil(lambda: bool(seen))
    assert len(told) == 1


def test_closing_ends_every_thread(qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    bridge, seen = Bridge(), []
    bridge.poll(lambda: 1, seen.append, interval_s=60, name="slow")
    bridge.run(lambda: 2, seen.append)
    qtbot.waitUntil(lambda: len(seen) == 2)
    bridge.close()
    assert bridge.run(lambda: 3, seen.append).is_cancelled
    assert set(threading.enumerate()) <= before
