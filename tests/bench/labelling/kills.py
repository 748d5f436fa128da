"""`kills_survived`: a labelling session is killed again and again, and nothing is lost or doubled.

After each `kill -9` the file is opened and compared with what the session had told as saved. Of
what was under way at the kill, a verdict may be there or not, but only once and as it was given.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from tests.bench.figures import Figure, print_figures
from tests.bench.labelling.labelling_session import label_until_killed
from workbench.core import conversation
from workbench.core.labelling import LabelSettings
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.store import Project
from workbench.store.rows import NewPair

_ORIGIN = Origin(OriginKind.SAMPLED, model="tiny")
_PAIRS = 20_000
# What a session would import first of all; a forked one has it.
_PRELOADED = (
    "workbench.ui.panels.home.panel", "workbench.ui.panels.label.panel", "PySide6.QtSvg",
)  # fmt: skip
_LONGEST_SESSION_S = 0.5


@dataclass
class Told:
    """What the sessions said: the verdict that stands for each prompt, and what is unfinished."""

    standing: dict[str, str] = field(default_factory=dict)
    verdicts: int = 0
    undone: int = 0
    unfinished: tuple[str, ...] = ()

    def hear(self, line: str) -> None:
        """Take in one line of a session; see `labelling_session.py`."""
        word, *rest = line.rstrip("\n").split("\t")
        if word in ("try", "try-undo"):
            self.unfinished = (word, *rest)
        elif word == "saved":
            self.unfinished = ()
            self.standing[rest[0]] = rest[1]
            self.verdicts += 1
        elif word == "undone":
            self.unfinished = ()
            self.standing.pop(rest[0], None)
            self.undone += 1


@dataclass(frozen=True, slots=True)
class Stored:
    """What the file holds: the same, read from the history and from what stands."""

    standing: dict[str, str]
    verdicts: int
    undone: int


def measure(kills: int = 500, seed: int = 1) -> list[Figure]:
    """Kill `kills` sessions at random moments; the value is how many were survived whole."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as name:
        folder = Path(name) / "project"
        os.environ["WORKBENCH_HOME"] = str(Path(name) / "home")
        _make_project(folder)
        for module in _PRELOADED:
            import_module(module)
        told = Told()
        survived = 0
        started = time.perf_counter()
        for number in range(1, kills + 1):
            _label_and_kill(folder, seed + number, told, chance.uniform(0, _LONGEST_SESSION_S))
            problem = _settle(told, _read(folder))
            survived += problem is None
            if problem is not None:
                print(f"kill {number}: {problem}", flush=True)
            if number % 50 == 0:
                print(
                    f"{number} kills, {told.verdicts:,} verdicts and {told.undone:,} undone,"
                    f" {time.perf_counter() - started:.0f} s",
                    flush=True,
                )
    print(f"{survived} of {kills} kills left every acknowledged verdict, once")
    return [
        Figure("kills_survived", survived, "", kills),
        Figure("kills", kills, ""),
        Figure("verdicts_between_kills", told.verdicts, ""),
    ]


def _label_and_kill(folder: Path, seed: int, told: Told, after_s: float) -> None:
    """One session in a process of its own: forked, so that Qt is imported only once."""
    heard, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(said, sys.stdout.fileno())
        try:
            label_until_killed(folder, seed)
        finally:
            os._exit(1)
    os.close(said)
    with os.fdopen(heard, encoding="utf-8") as lines:
        if lines.readline() != "ready\n":
            raise SystemExit("the session did not start")
        killer = threading.Timer(after_s, os.kill, [pid, signal.SIGKILL])
        killer.start()
        for line in lines:
            if line.endswith("\n"):
                told.hear(line)
    killer.join()
    os.waitpid(pid, 0)


def _read(folder: Path) -> Stored:
    with Project.open(folder) as project:
        return project.database.read(_query)


def _query(db: object) -> Stored:
    execute = db.execute
    standing = execute(
        "SELECT prompts.text, standing.choice, a.text, b.text FROM standing"
        " JOIN pairs ON pairs.id = standing.pair_id JOIN prompts ON prompts.id = pairs.prompt_id"
        " JOIN responses a ON a.id = pairs.first_id JOIN responses b ON b.id = pairs.second_id"
    ).fetchall()
    said = {
        prompt: {Choice.FIRST: first, Choice.SECOND: second}.get(choice, choice)
        for prompt, choice, first, second in standing
    }
    verdicts, undone = execute(
        "SELECT count(*) FILTER (WHERE choice IS NOT NULL),"
        " count(*) FILTER (WHERE choice IS NULL) FROM verdicts"
    ).fetchone()
    return Stored(said, verdicts, undone)


def _settle(told: Told, stored: Stored) -> str | None:
    """Compare; returns what is wrong, or None. What was under way counts if it is there."""
    unfinished, told.unfinished = told.unfinished, ()
    expected = dict(told.standing)
    verdicts, undone = told.verdicts, told.undone
    if unfinished[:1] == ("try",) and stored.verdicts == verdicts + 1:
        expected[unfinished[1]] = unfinished[2]
        verdicts += 1
    elif unfinished[:1] == ("try-undo",) and stored.undone == undone + 1:
        gone = expected.keys() - stored.standing.keys()
        if len(gone) == 1:
            expected.pop(gone.pop())
        undone += 1
    told.standing, told.verdicts, told.undone = stored.standing, stored.verdicts, stored.undone
    if (stored.verdicts, stored.undone) != (verdicts, undone):
        return f"{verdicts} verdicts were told and {stored.verdicts} are stored"
    if stored.standing != expected:
        lost = [prompt for prompt in expected if stored.standing.get(prompt) != expected[prompt]]
        return f"what stands differs for {len(lost)} pairs, such as {lost[:2]}"
    return None


def _make_project(folder: Path) -> None:
    with Project.create(folder, "Kills") as project:
        pairs = (
            NewPair(conversation.user(f"Question {n}?"), f"First {n}.", f"Second {n}.",
                    _ORIGIN, _ORIGIN)
            for n in range(_PAIRS)
        )  # fmt: skip
        project.datasets.add_pairs("To label", pairs)
        project.queue.change_settings(LabelSettings(gold_every=0, repeat_every=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    print_figures(measure(options.kills, options.seed), as_json=options.json)


if __name__ == "__main__":
    main()
