"""Finding words in scripts that put no spaces between them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.conversation import user
from workbench.core.preferences import Origin, OriginKind
from workbench.store import Project
from workbench.store.browse import RowFilter
from workbench.store.rows import NewPair
from workbench.store.unspaced import as_asked, as_indexed

WRITTEN = Origin(OriginKind.WRITTEN)
CHINESE, JAPANESE, THAI, ENGLISH = (
    "北京大学在哪里？", "東京タワー2020は高い。", "ฉันชอบกินข้าวผัด", "Where is Beijing?",
)  # fmt: skip


@pytest.fixture
def written(project: Project) -> Project:
    texts = (CHINESE, JAPANESE, THAI, ENGLISH)
    pairs = [NewPair(user(text), "Yes.", "No.", WRITTEN, WRITTEN) for text in texts]
    project.datasets.add_pairs("Scripts", pairs)
    project.index.catch_up()
    return project


def found(project: Project, typed: str) -> list[str]:
    keys = project.browse.first_keys(RowFilter(text=typed), limit=10)
    return [row.prompt for row in project.browse.page("pair", keys)]


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("大学", [CHINESE]),
        ("京大学 ", [CHINESE]),
        ("京", [CHINESE, JAPANESE]),
        ("学", [CHINESE]),
        ("里", [CHINESE]),  # the last of its run
        ("北大", []),  # both letters, but not side by side
        ("北京 -大学", []),
        ("京 -大学", [JAPANESE]),
        ("タワー", [JAPANESE]),
        ("タワー2020", [JAPANESE]),
        ("タワー202", [JAPANESE]),
        ('"2020は高"', [JAPANESE]),
        ("กินข้าว", [THAI]),
        ("ข้าว", [THAI]),
        ("ขาว", []),  # another tone is another word
        ("beij", [ENGLISH]),
    ],
)
def test_a_part_of_a_run_is_found(written: Project, typed: str, rows: list[str]) -> None:
    assert found(written, typed) == rows


def test_what_is_not_of_such_a_script_stays_as_it_is() -> None:
    assert as_indexed(ENGLISH) == ENGLISH
    assert as_indexed("Привет, мир") == "Привет, мир"
    assert as_indexed("a北京b").split() == ["a", "北京", "京", "b"]
    assert as_asked(["北京b"]) == ("北京 京 b", False)
    assert as_asked(["京"]) == ("京", True)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text("北京大学กินข้าวพทタワ", min_size=1, max_size=12), st.data())
def test_whatever_stands_in_a_text_is_found_by_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    asked, is_beginning = as_asked([part])
    wanted, words = asked.split(), as_indexed(text).split()
    last = wanted[-1]
    assert any(
        words[place : place + len(wanted) - 1] == wanted[:-1]
        and (words[place + len(wanted) - 1].startswith(last) if is_beginning
             else words[place + len(wanted) - 1] == last)
        for place in range(len(words) - len(wanted) + 1)
    )  # fmt: skip
