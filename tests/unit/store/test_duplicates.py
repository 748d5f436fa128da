"""Rows that are alike are found together, and the statistics say what the rows are like."""

from __future__ import annotations

from workbench.core.conversation import user
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.store import Project
from workbench.store.browse import RowFilter
from workbench.store.duplicates import (
    Compared,
    DuplicateQuestion,
    RowGroup,
    SearchProgress,
    find_duplicates,
)
from workbench.store.row_statistics import LengthCounts, read_statistics, sample_texts
from workbench.store.rows import NewExample, NewPair

FILE = Origin(OriginKind.IMPORTED, note="tea.jsonl")
MODEL = Origin(OriginKind.SAMPLED, model="SmolLM", seed=3)
LONG = "Tea is a drink made by pouring hot water over the leaves of an evergreen shrub from Asia."


def pair(
    prompt: str, first: str, second: str, choice: Choice | None = None, origin: Origin = FILE
) -> NewPair:
    return NewPair(user(prompt), first, second, origin, FILE, choice)


def find(
    project: Project, threshold: float = 0.8, compared: Compared = Compared.ROW, kind: str = "pair"
) -> list[RowGroup]:
    question = DuplicateQuestion(RowFilter(kind), compared, threshold)
    return find_duplicates(project.database, project.browse, question)


def test_rows_alike_but_for_signs_and_order_of_answers_are_one_group(project: Project) -> None:
    project.datasets.add_pairs(
        "Tea",
        [
            pair("What is tea?", LONG, "No idea."),
            pair("What is coffee?", "Another drink.", "No idea."),
            pair("What is tea", "no idea", LONG.upper(), Choice.FIRST),
        ],
    )
    (group,) = find(project, 1.0)
    assert group == RowGroup((3, 1), 1.0)  # the decided one is best kept


def test_nearly_the_same_is_found_below_the_threshold_only(project: Project) -> None:
    examples = [NewExample(user("Tea?"), LONG), NewExample(user("Tea?"), f"{LONG} Enjoy it!")]
    project.datasets.add_examples("Ex", examples)
    assert find(project, 1.0, kind="example") == []
    (group,) = find(project, 0.75, kind="example")
    assert group.keys == (1, 2)
    assert 0.75 <= group.least_similarity < 1
    (same_prompt,) = find(project, 1.0, Compared.PROMPT, "example")
    assert same_prompt.keys == (1, 2)


def test_the_search_tells_how_far_it_is_and_can_be_given_up(project: Project) -> None:
    project.datasets.add_pairs("Tea", [pair(f"Tea {n}?", LONG, "No.") for n in range(3)])
    steps: list[SearchProgress] = []
    question = DuplicateQuestion(RowFilter())
    find_duplicates(project.database, project.browse, question, steps.append)
    assert (steps[-1].done, steps[-1].total, steps[-1].remaining_s) == (3, 3, 0.0)
    none = find_duplicates(project.database, project.browse, question, is_cancelled=lambda: True)
    assert none == []


def test_statistics_tell_lengths_by_verdict_and_where_answers_come_from(project: Project) -> None:
    dataset = project.datasets.add_pairs(
        "Tea",
        [
            pair("What is tea?", "A hot drink.", "Tea.", Choice.FIRST),
            pair("What is coffee?", "It is also a drink.", "A drink.", Choice.SECOND, MODEL),
            pair("And cocoa?", "One two", "One two three"),
        ],
    )
    project.index.catch_up()
    found = read_statistics(project.database, project.index, RowFilter("pair", (dataset.id,)))
    assert found.row_count == 3
    assert found.lengths["prompt"].counts == {3: 2, 2: 1}
    assert found.lengths["chosen"].counts == {3: 1, 2: 1}
    assert found.lengths["rejected"].counts == {1: 1, 5: 1}
    assert found.lengths["undecided"].counts == {2: 1, 3: 1}
    assert found.origins == {"tea.jsonl": 5, "SmolLM": 1}
    assert found.longer_wins == 0.5
    assert read_statistics(project.database, project.index, RowFilter("example")).row_count == 0
    texts = sample_texts(project.database, project.browse, RowFilter(), 2)
    assert texts == ["A hot drink.", "It is also a drink."]


def test_quantiles_of_lengths() -> None:
    counts = LengthCounts({1: 50, 10: 49, 500: 1})
    assert (counts.quantile(0.5), counts.quantile(0.99), counts.quantile(1)) == (1, 10, 500)
    assert LengthCounts().quantile(0.5) == 0
