"""Verdicts are a history; undo appends; people count before rules."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import conversation
from workbench.core.errors import DataFileError
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Origin, OriginKind, Split, Verdict
from workbench.store import Project
from workbench.store.rows import NewPair, NewPrompt

ORIGIN = Origin(OriginKind.SAMPLED, model="tiny", temperature=0.7, seed=3)


def new_pair(number: int, choice: Choice | None = None, split: Split = Split.TRAIN) -> NewPair:
    prompt = conversation.user(f"Question {number}?")
    return NewPair(
        prompt, f"Short {number}.", f"Long {number}. And so on.", ORIGIN, ORIGIN, choice, split
    )


def verdict(pair_id: str, choice: Choice | None, annotator: str = "Ada") -> Verdict:
    return Verdict(
        id=new_id(), pair_id=pair_id, annotator=annotator, choice=choice,
        shown_left=Choice.SECOND, created_at=time.time(), elapsed_s=1.5,
    )  # fmt: skip


@pytest.fixture
def labelled(project: Project) -> Project:
    project.datasets.add_pairs("Pairs", [new_pair(number) for number in range(5)])
    return project


def test_pairs_wait_in_order_until_they_are_decided(labelled: Project) -> None:
    first, second = labelled.pairs.waiting("Ada", 2)
    assert first.prompt.messages[0].content == "Question 0?"
    assert first.first.origin == ORIGIN
    labelled.labels.record(verdict(first.id, Choice.FIRST))
    assert labelled.pairs.waiting("Ada", 1) == [second]
    assert labelled.pairs.waiting("Grace", 1) == [first]
    assert labelled.pairs.waiting("Ada", 1, exclude=[second.id])[0].id not in {first.id, second.id}


def test_undo_appends_and_brings_the_pair_back(labelled: Project) -> None:
    pairs = labelled.pairs.waiting("Ada", 3)
    for pair, choice in zip(pairs, (Choice.FIRST, Choice.TIE, Choice.SKIP), strict=True):
        labelled.labels.record(verdict(pair.id, choice))
    undone = [labelled.labels.undo("Ada") for _ in range(4)]
    assert [item.pair_id if item else None for item in undone] == [
        pairs[2].id, pairs[1].id, pairs[0].id, None,
    ]  # fmt: skip
    assert labelled.pairs.waiting("Ada", 1) == [pairs[0]]
    said, taken_back = labelled.labels.history(pairs[0].id)
    assert (said.choice, said.shown_left, said.elapsed_s) == (Choice.FIRST, Choice.SECOND, 1.5)
    assert (taken_back.choice, taken_back.replaces) == (None, said.id)


def test_progress_counts_what_was_asked_of_the_annotator(project: Project) -> None:
    decided = [new_pair(number, Choice.FIRST) for number in range(3)]
    project.datasets.add_pairs("By rule", decided, verdict_source="rule")
    project.datasets.add_pairs("To label", [new_pair(number) for number in range(10, 14)])
    for pair, choice in zip(
        project.pairs.waiting("Ada", 3), (Choice.SECOND, Choice.TIE, Choice.BOTH_BAD), strict=True
    ):
        project.labels.record(verdict(pair.id, choice))
    progress = project.labels.progress("Ada")
    assert (progress.total, progress.decided, progress.usable) == (4, 3, 1)
    assert project.labels.counts() == {
        Choice.FIRST: 3, Choice.SECOND: 1, Choice.TIE: 1, Choice.BOTH_BAD: 1,
    }  # fmt: skip


def test_what_is_in_the_bin_counts_for_nobody(labelled: Project) -> None:
    pair = labelled.pairs.waiting("Ada", 1)[0]
    before = labelled.labels.progress("Ada")
    labelled.labels.record(verdict(pair.id, Choice.FIRST))
    assert labelled.labels.decided("Ada") == before.decided + 1
    thrown = labelled.bin.throw("pair", [pair.id])
    assert labelled.labels.decided("Ada") == before.decided
    assert labelled.labels.progress("Ada").total == before.total - 1
    labelled.bin.put_back(thrown.batch)
    assert labelled.labels.decided("Ada") == before.decided + 1


def test_training_takes_undisputed_winners_of_training_prompts(project: Project) -> None:
    project.datasets.add_pairs(
        "By rule",
        [new_pair(0, Choice.FIRST), new_pair(1, Choice.SECOND), new_pair(2, Choice.TIE),
         new_pair(3, Choice.FIRST, Split.HELD_OUT), new_pair(4)],
        verdict_source="rule",
    )  # fmt: skip
    examples = [labelled.example for labelled in project.pairs.labelled()]
    assert [(example.chosen, example.rejected) for example in examples] == [
        ("Short 0.", "Long 0. And so on."),
        ("Long 1. And so on.", "Short 1."),
    ]


def test_people_overrule_rules_and_dispute_each_other(project: Project) -> None:
    project.datasets.add_pairs("By rule", [new_pair(0, Choice.FIRST)], verdict_source="rule")
    example = project.pairs.labelled()[0].example
    assert example.pair_id is not None
    project.labels.record(verdict(example.pair_id, Choice.SECOND, "Ada"))
    overruled = project.pairs.labelled()[0].example
    assert overruled.chosen == example.rejected
    project.labels.record(verdict(example.pair_id, Choice.FIRST, "Grace"))
    assert project.pairs.labelled() == []


def test_a_prompt_held_out_once_never_trains(project: Project) -> None:
    project.datasets.add_pairs("Pairs", [new_pair(0, Choice.FIRST)])
    assert len(project.pairs.labelled()) == 1
    held_out = [NewPrompt(conversation.user("Question 0?"), Split.HELD_OUT)]
    project.datasets.add_prompts("Held out", held_out)
    assert project.pairs.labelled() == []
    project.datasets.add_pairs("Again", [new_pair(0, Choice.SECOND)])
    assert project.pairs.labelled() == []


def test_an_import_that_fails_half_way_leaves_nothing(project: Project) -> None:
    def rows() -> Iterator[NewPair]:
        yield new_pair(0, Choice.FIRST)
        raise DataFileError("pairs.jsonl", "the row is not JSON.", line=2)

    with pytest.raises(DataFileError, match="line 2"):
        project.datasets.add_pairs("Broken", rows())
    assert project.datasets.all() == []
    assert project.pairs.count() == 0
    assert project.datasets.prompts(Split.TRAIN) == []


_LABELLER = """
import sys, time
from pathlib import Path
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Verdict
from workbench.store import Project

project = Project.open(Path(sys.argv[1]))
for pair in project.pairs.waiting("Ada", 100):
    verdict = Verdict(new_id(), pair.id, "Ada", Choice.FIRST, Choice.FIRST, time.time())
    project.labels.record(verdict)
    print(verdict.id, flush=True)
time.sleep(600)  # until it is killed: there are pairs left for the next one
"""


def test_an_acknowledged_verdict_survives_a_kill(project: Project) -> None:
    project.datasets.add_pairs("Pairs", [new_pair(number) for number in range(400)])
    folder: Path = project.folder
    project.close()
    acknowledged: set[str] = set()
    for kill_after in (1, 7, 20):
        labeller = subprocess.Popen(
            [sys.executable, "-c", _LABELLER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert labeller.stdout is not None
        with labeller.stdout as lines:
            for _ in range(kill_after):
                acknowledged.add(lines.readline().strip())
            os.kill(labeller.pid, signal.SIGKILL)
            acknowledged |= {line.strip() for line in lines if line.endswith("\n")}
        labeller.wait()
    with Project.open(folder) as reopened:
        stored = reopened.database.read(
            lambda db: {row["verdict_id"] for row in db["standing"].rows}
        )
    assert acknowledged <= stored
    assert len(stored) - len(acknowledged) <= 3
