"""An import of JSON Lines: `import_vs_bare`, `import_peak_mb`, `import_longest_block_ms`.

Bare is what anybody would write first: `json.loads` of each line, the columns put together, and
`executemany` into the same tables with the same indexes, in one transaction; it checks nothing,
tells nothing, and nobody else can write meanwhile. Each of the two runs in a process of its own,
on a new project, in turn; memory is that of all its processes together at its highest. Then the
window imports the same file, and how long it was ever deaf is told.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil

from tests.bench.figures import Figure, print_figures
from workbench.core.ids import new_id
from workbench.exchange.import_data import import_source
from workbench.store import Project
from workbench.store.project import DATABASE_NAME

if TYPE_CHECKING:
    from tests.bench.labelling.window_watch import Block  # brings Qt along

TARGET_RATIO = 0.5
TARGET_MB = 400.0
TARGET_BLOCK_MS = 50.0
_ROWS_BEFORE = 10_000
_ROWS_AT_ONCE = 10_000
_WATCH_S = 0.1
_INSERTS = (
    "INSERT INTO prompts (id, messages, text, split, dataset_id, position)"
    " VALUES (?, ?, ?, 'train', ?, ?)",
    "INSERT INTO prompt_keys VALUES (?, ?)",
    "INSERT INTO responses (id, prompt_id, text, origin, created_at) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO pairs (id, prompt_id, first_id, second_id, dataset_id, position)"
    " VALUES (?, ?, ?, ?, ?, ?)",
    "INSERT INTO verdicts (id, pair_id, annotator, choice, shown_left, created_at, source)"
    " VALUES (?, ?, 'import', 'first', 'first', ?, 'import')",
    "INSERT INTO standing (pair_id, annotator, verdict_id, choice, source)"
    " VALUES (?, 'import', ?, 'first', 'import')",
)
_ORIGIN = '{"kind": "imported"}'


def write_rows(path: Path, count: int, seed: int = 0) -> None:
    """Pairs of a question of 15 words and answers of 40, none like another, in no order."""
    chance = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(5000)]

    def text(length: int) -> str:
        return " ".join(chance.choices(words, k=length))

    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {"prompt": f"{text(15)} {number}?", "chosen": text(40), "rejected": text(40)}
            file.write(json.dumps(row) + "\n")


def import_ours(file: Path, folder: Path) -> float:
    """Seconds that an import into a new project takes."""
    with Project.create(folder, "Bench") as project:
        started = time.perf_counter()
        import_source(project, file)
        return time.perf_counter() - started


def import_bare(file: Path, folder: Path) -> float:
    """Seconds that a bare parse and `executemany` take, into the same schema."""
    Project.create(folder, "Bench").close()
    db = sqlite3.connect(folder / DATABASE_NAME)
    started = time.perf_counter()
    now, dataset_id = time.time(), new_id()
    db.execute(
        "INSERT INTO datasets (id, name, kind, row_count, created_at)"
        " VALUES (?, 'Bench', 'preference', 0, ?)",
        [dataset_id, now],
    )
    position = 0
    with file.open(encoding="utf-8") as lines:
        while chunk := list(islice(lines, _ROWS_AT_ONCE)):
            tables: tuple[list[tuple[object, ...]], ...] = ([], [], [], [], [], [])
            for line in chunk:
                position += 1
                _add_bare(tables, json.loads(line), dataset_id, position, now)
            for statement, rows in zip(_INSERTS, tables, strict=True):
                db.executemany(statement, rows)
    db.commit()
    elapsed_s = time.perf_counter() - started
    db.close()
    return elapsed_s


def _add_bare(
    tables: tuple[list[tuple[object, ...]], ...],
    row: dict[str, str],
    dataset_id: str,
    position: int,
    now: float,
) -> None:
    prompts, keys, responses, pairs, verdicts, standing = tables
    prompt_id, first_id, second_id = new_id(), new_id(), new_id()
    pair_id, verdict_id = new_id(), new_id()
    messages = json.dumps([{"role": "user", "content": row["prompt"]}], ensure_ascii=False)
    prompts.append((prompt_id, messages, row["prompt"], dataset_id, position))
    keys.append((hashlib.blake2b(messages.encode(), digest_size=16).digest(), prompt_id))
    responses.append((first_id, prompt_id, row["chosen"], _ORIGIN, now))
    responses.append((second_id, prompt_id, row["rejected"], _ORIGIN, now))
    pairs.append((pair_id, prompt_id, first_id, second_id, dataset_id, position))
    verdicts.append((verdict_id, pair_id, now))
    standing.append((pair_id, verdict_id))


def import_in_window(file: Path, folder: Path, rows: int) -> Block:
    """The window's longest block while it imports the file into a project with some rows."""
    from tests.bench.labelling.importing_window import longest_block  # the others need no window

    project = Project.create(folder, "Bench")
    before = folder / "before.jsonl"
    write_rows(before, _ROWS_BEFORE, seed=1)
    import_source(project, before)
    return longest_block(project, file, rows)


def _in_process(what: str, file: Path, rows: int) -> tuple[float, float]:
    """Seconds it took, and the most memory in MB that all its processes had together."""
    command = [sys.executable, "-m", __spec__.name, "--only", what, "--file", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watch = _MemoryWatch(process.pid)
        watch.start()
        elapsed_s = float(process.stdout.read())
        watch.ended.set()
        watch.join()
    peak_mb = watch.peak_bytes / 2**20
    print(f"  {what:4}  {rows / elapsed_s:>9,.0f} rows/s  {elapsed_s:7.1f} s  {peak_mb:6.0f} MB",
          flush=True)  # fmt: skip
    return elapsed_s, peak_mb


def _block_in_process(file: Path, rows: int) -> Block:
    from tests.bench.labelling.window_watch import Block

    command = [
        sys.executable, "-m", __spec__.name, "--only", "window", "--file", str(file),
        "--rows", str(rows),
    ]  # fmt: skip
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Block(**json.loads(told.splitlines()[-1]))


class _MemoryWatch(threading.Thread):
    """Adds up the resident memory of a process and its children, ten times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.peak_bytes = 0
        self._process = psutil.Process(pid)

    def run(self) -> None:
        while not self.ended.wait(_WATCH_S):
            self.peak_bytes = max(self.peak_bytes, self._resident_bytes())

    def _resident_bytes(self) -> int:
        total = 0
        try:
            for process in (self._process, *self._process.children(recursive=True)):
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            return 0
        return total


def measure(rows: int, times: int) -> list[Figure]:
    """Import so many rows, ours and bare in turn, several times; the medians count."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as name:
        file = Path(name) / "rows.jsonl"
        write_rows(file, rows)
        print(f"  {rows:,} rows, {file.stat().st_size / 2**20:,.0f} MB", flush=True)
        ours, bare = [], []
        for _ in range(times):
            bare.append(_in_process("bare", file, rows))
            ours.append(_in_process("ours", file, rows))
        block = _block_in_process(file, rows)
    ratio = median(seconds for seconds, _ in bare) / median(seconds for seconds, _ in ours)
    return [
        Figure("import_vs_bare", ratio, "of the bare rate", TARGET_RATIO),
        Figure("import_peak_mb", max(peak for _, peak in ours), "MB", TARGET_MB),
        Figure("import_longest_block_ms", block.wall_ms, "ms", TARGET_BLOCK_MS),
        Figure("import_longest_work_ms", block.work_ms, "ms", TARGET_BLOCK_MS),
        Figure("import_block_queued_ms", block.queued_ms, "ms of it, waiting for a processor"),
        Figure("import_block_host_ms", block.host_ms, "ms of processors that the host kept then"),
        Figure("import_rows_per_s", rows / median(seconds for seconds, _ in ours), "rows/s"),
        Figure("bare_rows_per_s", rows / median(seconds for seconds, _ in bare), "rows/s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=1, help="how often each is measured")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--only", choices=("ours", "bare", "window"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        with tempfile.TemporaryDirectory(dir=options.file.parent) as name:
            if options.only == "window":
                block = import_in_window(options.file, Path(name) / "project", options.rows)
                print(json.dumps(asdict(block)))
                return
            run = import_ours if options.only == "ours" else import_bare
            print(run(options.file, Path(name) / "project"))
        return
    print_figures(measure(options.rows, options.times), as_json=options.json)


if __name__ == "__main__":
    main()
