"""What the labelling benchmarks work on: files of pairs, and a training run that only writes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.core.ids import new_id
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.exchange.import_data import ImportCancelled, ImportOptions, import_source
from workbench.store import Project

_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "it",
    "for",
    "was",
    "on",
    "are",
    "as",
    "with",
    "they",
    "be",
    "at",
    "this",
    "have",
    "from",
    "or",
    "had",
    "by",
    "hot",
    "word",
    "but",
    "what",
    "some",
    "we",
    "can",
    "out",
    "other",
    "were",
    "all",
    "there",
    "when",
    "up",
    "use",
    "your",
    "how",
    "said",
    "an",
    "each",
    "she",
]


def write_pairs(path: Path, count: int, *, words: int, seed: int, formulas: int = 0) -> None:
    """A file of decided pairs in TRL's form, with Markdown in them, all different.

    Each answer has a small formula, and `formulas` larger ones that no other has.
    """
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {
                "prompt": f"Question {seed}-{number}: {_text(chance, 12)}?",
                "chosen": _answer(chance, words) + _formulas(chance, formulas),
                "rejected": _answer(chance, words + words // 2) + _formulas(chance, formulas),
            }
            file.write(json.dumps(row) + "\n")


def project_with_pairs(folder: Path, count: int, *, words: int = 90, formulas: int = 0) -> Project:
    """A project whose pairs all wait to be labelled."""
    project = Project.create(folder / "project", "Benchmark")
    file = folder / "pairs.jsonl"
    write_pairs(file, count, words=words, seed=0, formulas=formulas)
    import_source(project, file, ImportOptions(ask_again=True))
    file.unlink()
    return project


class WritingRun:
    """A run of the project at which a real process is at work: it writes events like a trainer."""

    def __init__(self, project: Project) -> None:
        spec = RunSpec(
            run_id=new_id(), name="dpo-busy", config=DpoConfig(max_steps=1_000_000),
            model=ModelRef(name="model", path="/nowhere"), created_at=time.time(),
        )  # fmt: skip
        folder = project.runs_dir / spec.run_id
        attempt = folder / "attempt-1"
        attempt.mkdir(parents=True)
        project.runs.add(spec, folder)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.labelling.writing_trainer", str(attempt)]
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def import_all(project: Project, files: Sequence[Path], is_over: Callable[[], bool]) -> int:
    """Import one file after another until `is_over`; returns how many rows came in."""
    rows = 0
    for file in files:
        try:
            rows += import_source(project, file, cancelled=is_over).dataset.row_count
        except ImportCancelled:
            break
    return rows


def _answer(chance: random.Random, words: int) -> str:
    third = max(words // 3, 4)
    return (
        f"{_text(chance, third).capitalize()}. **{_text(chance, 3)}**\n\n"
        f"1. {_text(chance, third)}\n2. `{_text(chance, 2)}` {_text(chance, third)}.\n\n"
        f"So $x^2 = {chance.randint(1, 99)}$."
    )


def _formulas(chance: random.Random, count: int) -> str:
    made = []
    for _ in range(count):
        a, b, c = (chance.randint(2, 9999) for _ in range(3))
        upper, lower = rf"-{a} \pm \sqrt{{{b}^2 - 4y}}", rf"\sum_{{i=1}}^n {c}_i"
        made.append(f"\n\\[ x_{{{a}}} = \\frac{{{upper}}}{{{lower}}} \\]")
    return "".join(made)


def _text(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(_WORDS, k=count))
