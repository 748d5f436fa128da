"""Which verdicts each figure of the Quality page counts. No window is needed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from workbench.core.conversation import Message
from workbench.core.ids import new_id
from workbench.core.labelling import GoldAnswer
from workbench.core.preferences import Choice, Origin, OriginKind, Split, Strength, Verdict
from workbench.store import Project
from workbench.store.quality import QualityReader
from workbench.store.rows import NewPair
from workbench.ui.panels.quality.duplicates import find_duplicates
from workbench.ui.panels.quality.figures import QualityFigures, compute
from workbench.ui.panels.quality.people_findings import PeopleFindings
from workbench.ui.panels.quality.view import Scope

FIRST, SECOND, TIE = Choice.FIRST, Choice.SECOND, Choice.TIE


@dataclass
class Labelling:
    """A project in which people say things."""

    project: Project
    clock: itertools.count = field(default_factory=lambda: itertools.count(1_790_000_000, 20))

    def pairs(self, texts: Sequence[tuple[str, str, str]], name: str = "Some") -> list[str]:
        """Add pairs of a prompt and two answers; returns their ids."""
        origin = Origin(OriginKind.SAMPLED, model="base")
        known = {pair.id for pair in self.project.pairs.waiting("nobody", 10_000)}
        self.project.datasets.add_pairs(
            name,
            [
                NewPair((Message("user", prompt),), first, second, origin, origin)
                for prompt, first, second in texts
            ],
        )
        waiting = self.project.pairs.waiting("nobody", 10_000)
        return [pair.id for pair in waiting if pair.id not in known]

    def say(self, pair_id: str, choice: Choice | None, who: str = "ada", **more: object) -> str:
        known = {
            "id": new_id(),
            "pair_id": pair_id,
            "annotator": who,
            "choice": choice,
            "shown_left": FIRST,
            "created_at": float(next(self.clock)),
            "elapsed_s": 10.0,
        }
        verdict = Verdict(**(known | more))
        self.project.labels.record(verdict)
        return verdict.id

    def figures(self, scope: Scope | None = None) -> QualityFigures:
        reader = QualityReader(self.project.database.path)
        return compute(reader, reader.read(), scope or Scope())


@pytest.fixture
def labelling(project: Project) -> Labelling:
    return Labelling(project)


def numbered(count: int, prefix: str = "") -> list[tuple[str, str, str]]:
    return [(f"{prefix}Q{n}", f"{prefix}one {n}", f"{prefix}two words {n}") for n in range(count)]


def test_two_people_who_agree_but_for_some(labelling: Labelling) -> None:
    pairs = labelling.pairs(numbered(30))
    for number, pair_id in enumerate(pairs):
        labelling.say(pair_id, FIRST if number % 2 else SECOND, strength=Strength.CLEARLY)
        disputed = number < 3
        choice = FIRST if bool(number % 2) != disputed else SECOND
        labelling.say(pair_id, choice, "ben", strength=Strength.CLEARLY)
    found = labelling.figures().agreement
    assert found.people == 2
    assert found.alpha.n == 30
    assert found.alpha.value == pytest.approx(0.803, abs=0.01)
    assert found.with_strength.n == 30
    assert [one.name for one in found.kappas] == ["ada · ben"]
    assert found.kappas[0].estimate.value == pytest.approx(0.8)
    assert found.disputed.count == 3
    assert set(found.disputed.pair_ids) == set(pairs[:3])
    labelling.say(pairs[0], FIRST, "cleo", source="adjudicate")
    settled = labelling.figures().agreement
    assert settled.disputed.pair_ids == tuple(pairs[1:3])
    assert settled.alpha == found.alpha  # who settles knows the others' verdicts
    labelling.say(pairs[1], FIRST, "ada", source="adjudicate")
    by_one_of_them = labelling.figures().agreement
    assert by_one_of_them.disputed.count == 1
    assert by_one_of_them.alpha == found.alpha
    labelling.say(pairs[2], SECOND, "ben")  # thought better of it
    assert labelling.figures().agreement.alpha.value > found.alpha.value


def test_only_independent_verdicts_count_for_agreement(labelling: Labelling) -> None:
    for pair_id in labelling.pairs(numbered(25)):
        labelling.say(pair_id, FIRST)
        labelling.say(pair_id, FIRST, "import", source="import")
    assert labelling.figures().agreement.alpha.n == 0


def test_repeats_are_held_to_the_verdict_before(labelling: Labelling) -> None:
    pairs = labelling.pairs(numbered(24))
    for number, pair_id in enumerate(pairs):
        taken_back = labelling.say(pair_id, SECOND)
        labelling.say(pair_id, None, replaces=taken_back)
        labelling.say(pair_id, FIRST, shown_left=FIRST)
        again = FIRST if number % 4 else SECOND  # every fourth time the left side again
        labelling.say(pair_id, again, shown_left=SECOND, source="repeat")
    repeats = labelling.figures().consistency.repeats
    assert repeats.same.n == 24
    assert repeats.same.value == pytest.approx(0.75)
    assert (repeats.changed, repeats.kept_side) == (6, 6)
    elsewhere = labelling.figures(Scope(annotator="ben")).consistency.repeats
    assert elsewhere.same.n == 0


def test_sides_of_people_but_not_of_files(labelling: Labelling) -> None:
    for number, pair_id in enumerate(labelling.pairs(numbered(40))):
        shown_left = FIRST if number % 2 else SECOND
        labelling.say(pair_id, FIRST, shown_left=shown_left)
        labelling.say(pair_id, FIRST, "import", source="import")
        labelling.say(pair_id, shown_left, "ben", shown_left=shown_left)
    found = labelling.figures().sides
    assert found.left.n == 80
    assert found.left.value == pytest.approx(0.75)
    assert [(one.name, one.estimate.value, one.stands_out) for one in found.each] == [
        ("ben", 1.0, True),
        ("ada", 0.5, False),
    ]


def test_a_lean_that_is_nobodys_own_yet_is_not_called_even(labelling: Labelling) -> None:
    for number, pair_id in enumerate(labelling.pairs(numbered(40))):
        labelling.say(pair_id, FIRST, shown_left=FIRST if number % 2 else SECOND)
        if number < 12:
            for who in ("ben", "cleo"):
                labelling.say(pair_id, FIRST, who, shown_left=FIRST)
    figures = labelling.figures()
    assert not any(one.stands_out for one in figures.sides.each)
    finding = PeopleFindings().sides(figures)
    assert (finding.tag, finding.tone) == ("leaning", "caution")
    assert "Together they lean to a side" in finding.advice


def test_the_longer_answer_wins_where_people_say_so(labelling: Labelling) -> None:
    pairs = labelling.pairs(numbered(30))
    for number, pair_id in enumerate(pairs):
        labelling.say(pair_id, FIRST, "import", source="import")  # people's word goes first
        labelling.say(pair_id, SECOND if number < 20 else TIE)
    found = labelling.figures().length
    assert (found.longer.n, found.longer.value) == (20, 1.0)
    assert found.control is None


def test_clicks_that_were_too_fast_and_the_pace(labelling: Labelling) -> None:
    long = " ".join(["word"] * 200)
    pairs = labelling.pairs([(f"Q{n}", long, f"{long} {n}") for n in range(30)])
    for number, pair_id in enumerate(pairs):
        labelling.say(pair_id, FIRST, elapsed_s=2.0 if number < 6 else 60.0)
    found = labelling.figures()
    assert found.speed.fast.value == pytest.approx(0.2)
    assert set(found.speed.pairs.pair_ids) == set(pairs[:6])
    assert found.pace.overall.value == pytest.approx(3600 * 30 / (6 * 2 + 24 * 60))
    ((name, line),) = found.pace.lines
    assert name == "ada"
    assert line.stretch_s == 3600


def test_everybody_has_a_row_and_six_have_a_line(labelling: Labelling) -> None:
    pairs = labelling.pairs(numbered(20))
    for person in range(9):
        for pair_id in pairs:
            labelling.say(pair_id, FIRST if pair_id in pairs[:8] else SECOND, f"person {person}")
    found = labelling.figures()
    assert len(found.sides.each) == len(found.speed.each) == len(found.pace.each) == 9
    assert len(found.pace.lines) == 6
    assert len(found.agreement.kappas) == 9 * 8 / 2


def test_contradictions_and_circles_with_the_pairs_to_repair(labelling: Labelling) -> None:
    twice = labelling.pairs([("Q", "a", "b"), ("Q", "b", "a")])
    circle = labelling.pairs([("R", "a", "b"), ("R", "b", "c"), ("R", "c", "a")], "Circle")
    labelling.pairs(numbered(3), "Fine")
    for pair_id in (*twice, *circle):
        labelling.say(pair_id, FIRST)
    found = labelling.figures().contradictions
    assert (found.opposite, found.circles, found.decided_pairs) == (1, 1, 5)
    assert set(found.pairs.pair_ids) == {*twice, *circle}
    assert [(one.prompt, one.is_circle, len(one.pair_ids)) for one in found.tangles] == [
        ("Q", False, 2),
        ("R", True, 3),
    ]
    for pair_id in (twice[0], circle[0]):
        labelling.say(pair_id, SECOND)
    mended = labelling.figures().contradictions
    assert (mended.opposite, mended.circles) == (0, 0)


def test_disputes_are_those_that_label_settles(labelling: Labelling) -> None:
    opposed, with_a_tie, known, thrown, settled = labelling.pairs(numbered(5))
    for pair_id in (opposed, known, thrown, settled):
        labelling.say(pair_id, FIRST)
        labelling.say(pair_id, SECOND, "ben")
    labelling.say(with_a_tie, FIRST)
    labelling.say(with_a_tie, TIE, "ben")
    labelling.project.gold.mark(GoldAnswer(known, FIRST), "cleo")
    labelling.project.bin.throw("pair", [thrown])
    labelling.say(settled, FIRST, "ben", source="adjudicate")
    found = labelling.figures().agreement.disputed
    assert list(found.pair_ids) == labelling.project.queue.disagreements()
    assert set(found.pair_ids) == {opposed, with_a_tie}


def test_a_gold_item_contradicts_nothing_and_is_not_looked_at_again(labelling: Labelling) -> None:
    one, other = labelling.pairs([("Q", "a", "b"), ("Q", "b", "a")])
    for pair_id in (one, other):
        labelling.say(pair_id, FIRST, elapsed_s=0.01)
    assert labelling.figures().contradictions.opposite == 1
    assert set(labelling.figures().speed.pairs.pair_ids) == {one, other}
    labelling.project.gold.mark(GoldAnswer(other, FIRST), "cleo")
    assert labelling.figures().contradictions.opposite == 0
    assert labelling.figures().speed.pairs.pair_ids == (one,)


def test_a_scope_is_one_data_set_and_one_person(labelling: Labelling) -> None:
    here, there = labelling.pairs(numbered(30)), labelling.pairs(numbered(30, "x"), "Other")
    for pair_id in (*here, *there):
        labelling.say(pair_id, FIRST)
    for pair_id in here:
        labelling.say(pair_id, SECOND, "ben")
    dataset_id = labelling.project.datasets.all()[0].id
    assert labelling.figures().verdicts == 90
    assert labelling.figures(Scope(dataset_id)).verdicts == 60
    assert labelling.figures(Scope(dataset_id, "ben")).verdicts == 30
    assert labelling.figures(Scope(annotator="ada")).agreement.alpha.n == 30
    assert labelling.figures(Scope("gone")).verdicts == 0
    everybody = labelling.figures(Scope(annotator="ben")).annotators
    assert everybody == ("ada", "ben")


def test_near_duplicates_leak_over_the_split(project: Project) -> None:
    prompt = "Tell me in a few plain words how a sailing boat can go against the wind"
    origin = Origin(OriginKind.IMPORTED)

    def pair(text: str, split: Split) -> NewPair:
        return NewPair((Message("user", text),), "a", "b", origin, origin, split=split)

    train = [pair(f"{prompt}.", Split.TRAIN), pair("Something else", Split.TRAIN)]
    one = project.datasets.add_pairs("Train", train)
    two = project.datasets.add_pairs("Held out", [pair(f"{prompt}?", Split.HELD_OUT)])
    other = project.datasets.add_pairs("Other", [pair("A third thing", Split.TRAIN)])
    found = find_duplicates(QualityReader(project.database.path), lambda: False)
    everywhere = found.of(None)
    assert (everywhere.prompts, everywhere.alike, everywhere.groups, everywhere.leaking) == (
        4, 2, 1, 1,
    )  # fmt: skip
    assert found.of(one.id).leaking == found.of(two.id).leaking == 1
    assert found.of(other.id).groups == 0
