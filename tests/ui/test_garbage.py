"""What is Qt's is destroyed on the GUI thread, whichever thread has much to allocate."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from workbench.ui.garbage import GarbageCollector, look_through_everything


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:  # noqa: ARG001 (it needs a loop)
    gc.enable()
    owner = QObject()
    yield GarbageCollector(owner)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_a_worker_thread_destroys_nothing_of_qts(qtbot: QtBot) -> None:
    destroyed_on: list[str] = []

    class Part(QObject):
        """Holds itself, as panels and their slots do."""

        def __init__(self) -> None:
            super().__init__()
            self.cycle = self
            self.destroyed.connect(
                lambda: destroyed_on.append(threading.current_thread().name),
                Qt.ConnectionType.DirectConnection,
            )

    Part()
    allocated: list[object] = []
    work = threading.Thread(target=lambda: allocated.extend([n] for n in range(200_000)))
    work.start()
    work.join()
    assert destroyed_on == []
    more = [[Part()] for _ in range(2 * gc.get_threshold()[0])]
    more.clear()
    qtbot.waitUntil(lambda: len(destroyed_on) > 1)
    assert set(destroyed_on) == {threading.main_thread().name}


class _Circle:
    def __init__(self) -> None:
        self.itself = self


def _old_circle() -> weakref.ref[_Circle]:
    """Garbage that only a look through the oldest objects finds."""
    circle = _Circle()
    gc.collect(1)
    gc.collect(1)
    return weakref.ref(circle)


def _make_all_due() -> list[list[int]]:
    """By Python's own rules: each generation after eleven collections of the one below."""
    for generation in (1, 0):
        for _ in range(gc.get_threshold()[2 - generation] + 1):
            gc.collect(generation)
    return [[number] for number in range(2 * gc.get_threshold()[0])]


@pytest.mark.usefixtures("collector")
def test_too_many_old_objects_at_once_are_set_aside_until_there_is_time(qtbot: QtBot) -> None:
    before = gc.get_freeze_count()
    many = [[number] for number in range(30_000)]
    circle = _old_circle()
    young = _make_all_due()
    qtbot.waitUntil(lambda: gc.get_freeze_count() > before + len(many), timeout=60_000)
    assert young
    assert circle() is not None
    look_through_everything()
    assert circle() is None
