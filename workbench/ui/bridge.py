"""The only place where threads meet Qt.

Work runs on a thread of ours and its outcome travels through a queued signal to a bound slot of
an object that lives on the GUI thread; nothing else may touch a widget from another thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from workbench.core.python_process import stand_back_here

T = TypeVar("T")

_WORKERS = 4


@dataclass(frozen=True)
class _Call:
    """A function to call on the GUI thread, unless `owner` is gone by then."""

    function: Callable[[Any], object]
    value: object
    owner: QObject | None


class Task:
    """A handle on work that was started. Cancelling drops its outcome."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """The work may look at `is_cancelled` and end early; its outcome is not delivered."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()


class Poll:
    """A thread that calls a function at an interval until it is closed."""

    def __init__(self, name: str, beat: Callable[[], None], interval_s: float) -> None:
        self._beat = beat
        self._interval_s = interval_s
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Call the function now instead of at the end of the interval."""
        self._wake.set()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._closing:
            self._beat()
            self._wake.wait(self._interval_s)
            self._wake.clear()


class Bridge(QObject):
    """Runs work off the GUI thread and hands outcomes back on it. Close it before the end."""

    failed = Signal(object)
    """An exception that nobody asked for: emitted on the GUI thread."""
    _delivered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="bridge")
        self._background = ThreadPoolExecutor(
            1, thread_name_prefix="background", initializer=stand_back_here
        )
        self._polls: list[Poll] = []
        self._closed = False
        self._delivered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        function: Callable[[], T],
        on_done: Callable[[T], object],
        on_error: Callable[[BaseException], object] | None = None,
        *,
        owner: QObject | None = None,
        in_background: bool = False,
    ) -> Task:
        """Call `function()` on a worker thread, then `on_done(result)` on the GUI thread.

        Long work that nobody waits for goes `in_background`: on a thread apart, which leaves the
        processor first to the window. An exception goes to `on_error`, or to the signal `failed`
        without one. Nothing is called once `owner` (or the object whose method the callback is) has
        been deleted. A closed bridge starts nothing.
        """
        task = Task()
        if self._closed:
            task.cancel()
            return task

        def work() -> None:
            try:
                result = function()
            except BaseException as error:
                self._send(task, on_error or self.failed.emit, error, owner)
            else:
                self._send(task, on_done, result, owner)

        pool = self._background if in_background else self._pool
        pool.submit(work)
        return task

    def forward(
        self, function: Callable[[T], object], *, owner: QObject | None = None
    ) -> Callable[[T], None]:
        """A version of `function` that any thread may call; it runs later, on the GUI thread."""

        def send(value: T) -> None:
            self._send(None, function, value, owner)

        return send

    def poll(
        self,
        function: Callable[[], T],
        on_value: Callable[[T], object],
        *,
        interval_s: float,
        name: str,
        owner: QObject | None = None,
    ) -> Poll:
        """Call `function()` on its own thread again and again, `on_value` on the GUI thread.

        An exception goes to the signal `failed` once; the same kind again right after is silent.
        """
        beat = _Beat(self, function, on_value, owner)
        poll = Poll(name, beat.once, interval_s)
        self._polls.append(poll)
        return poll

    def end_poll(self, poll: Poll) -> None:
        """Close a poll before the bridge itself closes."""
        if poll in self._polls:
            self._polls.remove(poll)
        poll.close()

    def close(self) -> None:
        """Wait for the threads to end. What they still deliver is dropped."""
        self._closed = True
        for poll in self._polls:
            poll.close()
        self._polls.clear()
        for pool in (self._pool, self._background):
            pool.shutdown(wait=True, cancel_futures=True)

    def _send(
        self,
        task: Task | None,
        function: Callable[[Any], object],
        value: object,
        owner: QObject | None,
    ) -> None:
        if self._closed or (task is not None and task.is_cancelled):
            return
        receiver = owner if owner is not None else getattr(function, "__self__", None)
        is_qt = isinstance(receiver, QObject)

        def unless_cancelled(result: object) -> None:
            if task is None or not task.is_cancelled:
                function(result)

        self._delivered.emit(_Call(unless_cancelled, value, receiver if is_qt else None))

    @Slot(object)
    def _deliver(self, call: _Call) -> None:
        if self._closed or (call.owner is not None and not shiboken6.isValid(call.owner)):
            return
        call.function(call.value)


class Latest:
    """Readings of one thing, of which an older outcome never follows a newer one.

    They run beside each other, so the older may end later: it would bring back what was before.
    """

    def __init__(self, bridge: Bridge, owner: QObject) -> None:
        self._bridge = bridge
        self._owner = owner
        self._asked = 0
        self._shown = 0

    def run(
        self,
        function: Callable[[], T],
        on_done: Callable[[T], object],
        on_error: Callable[[BaseException], object] | None = None,
    ) -> None:
        """As `Bridge.run`; an outcome is dropped where that of a later call was shown already."""
        self._asked += 1
        number = self._asked
        self._bridge.run(
            function,
            lambda result: self._show(number, on_done, result),
            lambda error: self._show(number, on_error or self._bridge.failed.emit, error),
            owner=self._owner,
        )

    def _show(self, number: int, show: Callable[[Any], object], outcome: object) -> None:
        if number > self._shown:
            self._shown = number
            show(outcome)


class _Beat(Generic[T]):
    """One turn of a poll, with its errors told once instead of at every turn."""

    def __init__(
        self,
        bridge: Bridge,
        function: Callable[[], T],
        on_value: Callable[[T], object],
        owner: QObject | None,
    ) -> None:
        self._bridge = bridge
        self._function = function
        self._send_value = bridge.forward(on_value, owner=owner)
        self._last_error = ""

    def once(self) -> None:
        try:
            value = self._function()
        except Exception as error:
            text = repr(error)
            if text != self._last_error:
                self._bridge.forward(self._bridge.failed.emit)(error)
            self._last_error = text
        else:
            self._last_error = ""
            self._send_value(value)
