"""What is Qt's is destroyed on the GUI thread, whichever thread has much to allocate."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from workbench.ui.garbage import GarbageCollector


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
