"""Search over a million rows: how long until the first page of what was found is there.

Words are drawn by Zipf's law, so that the commonest is in nearly every row, as in a language.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import sqlite_utils

from tests.bench.figures import Figure
from tests.bench.labelling.browsing import longest_block
from workbench.core.conversation import to_json, user
from workbench.store import Project
from workbench.store.browse import Order, RowFilter

TARGET_MS = 100.0
TARGET_BLOCK_MS = 50.0
ROWS = 1_000_000
_AT_ONCE = 20_000
_VOCABULARY = 30_000
_WORDS_OF_TEXT = 2_000_000
_FIRST_ROWS = 200
_PAGE_ROWS = 100
_DATASET = "benchmark"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the first pages of one kind of query took, in milliseconds."""

    name: str
    times_ms: tuple[float, ...]
    work_ms: tuple[float, ...] = ()  # of the processor alone: what other programs do is not in it

    @property
    def p95_ms(self) -> float:
        return sorted(self.times_ms)[int(len(self.times_ms) * 0.95)]


def measure(rows: int = ROWS) -> list[Figure]:
    """Make a project of so many pairs in a temporary folder, index it and search it."""
    folder = Path(tempfile.mkdtemp(prefix="workbench-search-"))
    try:
        with Project.create(folder / "project", "Search") as project:
            words = _fill(project, rows)
            print(f"{rows:,} pairs made")
            started = time.perf_counter()
            project.index.catch_up()
            index_s = time.perf_counter() - started
            print(f"indexed in {index_s:.1f} s, {project.index.path.stat().st_size / 1e6:.0f} MB")
            timings = [_time(project, name, queries) for name, queries in _queries(words)]
            block = longest_block(project, words.most_common(1)[0][0])
    finally:
        shutil.rmtree(folder)
    every = [time_ms for timing in timings for time_ms in timing.times_ms]
    for timing in timings:
        middle = statistics.median(timing.times_ms)
        print(
            f"  {timing.name:34} median {middle:6.1f}  p95 {timing.p95_ms:6.1f}"
            f"  worst {max(timing.times_ms):6.1f} ms"
        )
    all_queries = Timing("all", tuple(every))
    work = Timing("work", tuple(time_ms for timing in timings for time_ms in timing.work_ms))
    return [
        Figure("search_first_page_ms", all_queries.p95_ms, "ms", TARGET_MS),
        Figure("search_first_page_worst_ms", max(every), "ms", TARGET_MS),
        Figure("search_first_page_work_ms", work.p95_ms, "ms", TARGET_MS),
        Figure("browse_longest_block_ms", block.wall_ms, "ms", TARGET_BLOCK_MS),
        Figure("browse_longest_work_ms", block.work_ms, "ms", TARGET_BLOCK_MS),
        Figure("search_rows", rows, "rows"),
        Figure("search_index_rows_per_s", rows / index_s, "rows/s"),
    ]


def _time(project: Project, name: str, queries: Sequence[tuple[RowFilter, Order]]) -> Timing:
    times, works = [], []
    for wanted, order in queries:
        started, worked = time.perf_counter(), time.process_time()
        keys = project.browse.first_keys(wanted, order, _FIRST_ROWS)
        project.browse.page(wanted.kind, keys[:_PAGE_ROWS])
        times.append((time.perf_counter() - started) * 1000)
        works.append((time.process_time() - worked) * 1000)
    return Timing(name, tuple(times), tuple(works))


def _queries(counts: Counter[str]) -> Iterator[tuple[str, list[tuple[RowFilter, Order]]]]:
    """Kinds of queries: of common words, of rare ones, of both, as they are typed, filtered."""
    chance = random.Random(7)
    ordered = [word for word, _ in counts.most_common() if len(word) > 2]
    common, middling, rare = ordered[:20], ordered[500:1000], ordered[-500:]

    def texts(*patterns: str) -> list[tuple[RowFilter, Order]]:
        found = []
        for pattern in patterns * (24 // len(patterns)):
            a, b = chance.sample(common, 2)
            m, r = chance.choice(middling), chance.choice(rare)
            text = pattern.format(a=a, b=b, m=m, r=r, a3=a[:3], a4=a[:4], m4=m[:4])
            found.append((RowFilter(text=text), Order.STORED))
        return found

    yield "a common word", texts("{a} ")
    yield "a rare word", texts("{r} ")
    yield "a word of the middle", texts("{m} ")
    yield "two common words", texts("{a} {b} ")
    yield "a common and a rare word", texts("{a} {r} ")
    yield "two words side by side", texts('"{a} {b}" ', '"{a} {m}" ')
    yield "a word and not another", texts("{m} -{a} ", "{a} -{b} ")
    yield "as it is typed", texts("{a3}", "{a4}", "{m4}", "{a} {m4}")
    yield "a word that is nowhere", texts("qqqq{r} ")
    one = [
        (RowFilter(text=wanted.text, dataset_ids=(_DATASET,)), order)
        for wanted, order in texts("{a} ", "{m} {a} ")
    ]
    yield "within a data set", one
    yield "newest first", [(wanted, Order.NEWEST) for wanted, _ in texts("{a} ", "{m} ")]


def _fill(project: Project, rows: int) -> Counter[str]:
    """Store `rows` undecided pairs of 10 to 50 words; returns how often each word was drawn."""
    chance = random.Random(1)
    syllables = [a + b for a in "bcdfglmnprstv" for b in "aeiou"]
    vocabulary = sorted(
        {"".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(_VOCABULARY)}
    )
    chance.shuffle(vocabulary)
    weights = list(accumulate(1 / (place + 1) for place in range(len(vocabulary))))
    words = chance.choices(vocabulary, cum_weights=weights, k=_WORDS_OF_TEXT)
    origin = json.dumps({"kind": "imported", "note": "benchmark.jsonl"})

    def text(count: int) -> str:
        start = chance.randrange(len(words) - count)
        return " ".join(words[start : start + count])

    def write(db: sqlite_utils.Database, numbers: range) -> None:
        def many(sql: str, values: Iterator[tuple[object, ...]]) -> None:
            db.conn.executemany(sql, values)

        many(
            "INSERT INTO prompts(id, messages, text, split, dataset_id, position)"
            " VALUES (?, ?, ?, 'train', ?, ?)",
            (
                (f"q{n:08}", json.dumps(to_json(user(words))), words, _DATASET, n)
                for n in numbers
                for words in (f"{text(12)} {n}",)
            ),
        )
        many(
            "INSERT INTO responses(id, prompt_id, text, origin, created_at) VALUES (?, ?, ?, ?, 1)",
            (
                (f"{side}{n:08}", f"q{n:08}", text(chance.randint(10, 50)), origin)
                for n in numbers
                for side in "ab"
            ),
        )
        many(
            "INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?)",
            ((f"p{n:08}", f"q{n:08}", f"a{n:08}", f"b{n:08}", _DATASET, n) for n in numbers),
        )

    dataset = {
        "id": _DATASET, "name": "Benchmark", "kind": "preference", "row_count": rows,
        "created_at": 1.0,
    }  # fmt: skip
    project.database.write(lambda db: db.table("datasets").insert(dataset))
    for start in range(0, rows, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, rows))
        project.database.write(lambda db, numbers=numbers: write(db, numbers))
    return Counter(words)


if __name__ == "__main__":
    from tests.bench.figures import print_figures

    print_figures(measure(), as_json=True)
