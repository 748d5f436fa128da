"""From a verdict key to the next pair on screen, the verdict on disk: `verdict_p99_ms`.

The real window, offscreen, with real key events; meanwhile a process writes the events of a
training run, which the window reads in, and files are imported.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import argparse
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTextEdit, QWidget

from tests.bench.figures import Figure, print_figures
from tests.bench.labelling.material import WritingRun, import_all, project_with_pairs, write_pairs
from tests.bench.labelling.plain_work import PlainWork, kept_by_host_s, plain_write_ms
from tests.bench.labelling.window_watch import Moment, ThreadClock, live_for, live_until
from workbench.store import Project
from workbench.ui import theme
from workbench.ui.app import application
from workbench.ui.garbage import GarbageCollector
from workbench.ui.main_window import MainWindow
from workbench.ui.settings import Settings

_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_0, Qt.Key.Key_7,
    Qt.Key.Key_9, Qt.Key.Key_B, Qt.Key.Key_S,
)  # fmt: skip
_WINDOW = (1440, 900)
_FILES = 12
_FILE_ROWS = 20_000
_WORK_MS = 9.0  # about what a verdict is for the window's thread
TARGET_MS = 30.0


@dataclass(frozen=True, slots=True)
class _Session:
    """Each verdict, plain work (and a bare write) after each of them, and rows imported beside."""

    taken: list[Moment]
    plain_ms: list[float]
    written_ms: list[float]
    imported: int


class PaintWatch(QObject):
    """Tells when every one of some widgets was painted since `arm`."""

    def __init__(self, views: list[QWidget]) -> None:
        super().__init__()
        self._views = views
        self._left: set[QObject] = set()
        for view in views:
            view.installEventFilter(self)

    def arm(self) -> None:
        self._left = set(self._views)

    @property
    def is_painted(self) -> bool:
        return not self._left

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._left.discard(watched)
        return False


def measure(
    pairs: int = 100_000,
    verdicts: int = 1000,
    *,
    busy: bool = True,
    pause_s: float = 0.15,
    formulas: int = 0,
    bare_writes: bool = False,
    place: Path | None = None,
) -> list[Figure]:
    """Label `verdicts` of `pairs` pairs, some six a second; `busy`: a run and imports beside it.

    `bare_writes` tells what the disk alone takes, which may itself change what it takes. `place` is
    a folder on another disk than that of temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-bench-", dir=place) as name:
        folder = Path(name)
        os.environ["WORKBENCH_HOME"] = str(folder / "home")
        started = time.perf_counter()
        project = project_with_pairs(folder, pairs, formulas=formulas)
        for number in range(1, _FILES + 1 if busy else 1):
            write_pairs(folder / f"more-{number}.jsonl", _FILE_ROWS, words=40, seed=number)
        os.sync()  # what was just written must not be on its way to the disk meanwhile
        print(f"{pairs:,} pairs ready after {time.perf_counter() - started:.0f} s", flush=True)
        host_before_s = kept_by_host_s()
        bare = folder / "bare" if bare_writes else None
        session = _label(project, folder, verdicts, busy, pause_s, bare)
        host_s = kept_by_host_s() - host_before_s
        _check(folder / "project" / "project.sqlite", verdicts)
    taken = sorted(session.taken, key=lambda each: each.wall_ms)
    walls_ms = [each.wall_ms for each in taken]
    print(f"{verdicts:,} verdicts: {_spread(walls_ms)}; {session.imported:,} rows were imported")
    _tell_parts("all", taken)
    _tell_parts("the slowest 2 %", taken[int(len(taken) * 0.98) :])
    print(f"  {_WORK_MS:.0f} ms of plain work after each: {_spread(session.plain_ms)}")
    if session.written_ms:
        print(f"  a bare write to the disk after each: {_spread(session.written_ms)}")
    print(f"  the machine's host kept {host_s:.1f} s of its processors to itself")
    return [
        Figure("verdict_p99_ms", _p99(walls_ms), "ms", TARGET_MS),
        Figure("verdict_median_ms", statistics.median(walls_ms), "ms"),
        Figure("verdict_worst_ms", max(walls_ms), "ms"),
        Figure("plain_work_p99_ms", _p99(session.plain_ms), "ms"),
    ]


def _p99(times_ms: list[float]) -> float:
    return sorted(times_ms)[int(len(times_ms) * 0.99)]


def _spread(times_ms: list[float]) -> str:
    median_ms = statistics.median(times_ms)
    return f"median {median_ms:.1f} ms, p99 {_p99(times_ms):.1f} ms, worst {max(times_ms):.1f} ms"


def _tell_parts(which: str, taken: list[Moment]) -> None:
    work_ms = statistics.median(each.work_ms for each in taken)
    queued_ms = statistics.median(each.queued_ms for each in taken)
    rest_ms = statistics.median(each.wall_ms - each.work_ms - each.queued_ms for each in taken)
    print(
        f"  {which}: the window's thread worked {work_ms:.1f} ms, waited {queued_ms:.1f} ms for a"
        f" processor and {rest_ms:.1f} ms for the disk, Python's lock or the host (medians)"
    )


def _label(
    project: Project, folder: Path, verdicts: int, busy: bool, pause_s: float, bare: Path | None
) -> _Session:
    app = application()
    GarbageCollector(app)
    settings = Settings.load(folder / "window.json")
    settings.annotator = "bench"
    theme.install(app, "dark")
    window = MainWindow(settings, project)
    window.resize(*_WINDOW)
    window.show()
    window.navigate("label")
    panel = window.current_panel
    live_until(lambda: bool(_view(panel, "prompt").toPlainText()))
    window.activateWindow()
    panel.setFocus()
    over = threading.Event()
    imported: list[int] = []
    importing = threading.Thread(target=_import, args=(project, folder, over, imported))
    run = WritingRun(project) if busy else None
    if busy:
        importing.start()
        live_for(2.0)
    watch = PaintWatch([_view(panel, side).viewport() for side in ("left", "right")])
    chance = random.Random(1)
    clock = ThreadClock()
    taken: list[Moment] = []
    plain = PlainWork(_WORK_MS)
    plain_ms: list[float] = []
    written_ms: list[float] = []
    for number in range(verdicts):
        before = _view(panel, "prompt").toPlainText()
        watch.arm()
        started = clock.now()
        QTest.keyClick(panel, chance.choice(_KEYS))
        while not watch.is_painted or _view(panel, "prompt").toPlainText() == before:
            app.processEvents()
        taken.append(clock.now().since(started))
        pause_now_s = pause_s * chance.uniform(0.5, 1.5)
        live_for(pause_now_s / 2)
        plain_ms.append(plain.time_ms())
        if bare is not None:
            written_ms.append(plain_write_ms(bare))
        live_for(pause_now_s / 2)
        if number % 200 == 199:
            print(f"  {number + 1:,} verdicts", flush=True)
    over.set()
    if busy:
        importing.join()
    if run is not None:
        run.stop()
    window.close()
    QTimer.singleShot(0, app.quit)
    app.exec()  # as in life: what the application started ends with it
    return _Session(taken, plain_ms, written_ms, sum(imported))


def _import(project: Project, folder: Path, over: threading.Event, imported: list[int]) -> None:
    files = sorted(folder.glob("more-*.jsonl"))
    imported.append(import_all(project, files, over.is_set))


def _check(path: Path, verdicts: int) -> None:
    """Every key press is one verdict in the file."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT count(*), count(DISTINCT pair_id) FROM verdicts WHERE annotator = 'bench'"
        stored, pairs = connection.execute(sql).fetchone()
    if stored != verdicts:
        raise SystemExit(f"{verdicts} keys were pressed and {stored} verdicts are stored")
    print(f"{stored:,} verdicts on {pairs:,} pairs are on disk")


def _view(panel: QWidget, name: str) -> QTextEdit:
    found = panel.findChild(QTextEdit, f"label.{name}")
    assert isinstance(found, QTextEdit)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--verdicts", type=int, default=1000)
    parser.add_argument("--alone", action="store_true", help="no run and no import beside it")
    parser.add_argument(
        "--formulas", type=int, default=0, help="larger ones in each answer, all different"
    )
    parser.add_argument("--pause", type=float, default=0.15, help="seconds between keys")
    parser.add_argument(
        "--bare-writes", action="store_true", help="time a bare write to the disk after each too"
    )
    parser.add_argument("--place", type=Path, help="a folder on the disk to measure")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(
        options.pairs,
        options.verdicts,
        busy=not options.alone,
        pause_s=options.pause,
        formulas=options.formulas,
        bare_writes=options.bare_writes,
        place=options.place,
    )
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    main()
