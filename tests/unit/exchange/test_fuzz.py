"""Whatever a file holds, an import ends with rows, told problems or one sentence; never in part."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.exchange.rows_of_forms import ROWS
from workbench.core.errors import KnownError
from workbench.exchange.import_data import ImportOptions, import_source
from workbench.exchange.probe import probe
from workbench.exchange.stage import StageJob, records_of, stage
from workbench.formats.catalogue import FORMS, forms_that_fit
from workbench.formats.files.open_file import open_file
from workbench.formats.files.row_file import RawRow
from workbench.formats.form import Form
from workbench.formats.records import BadRowError
from workbench.store import Project
from workbench.store.staging import staged_content

texts = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\n\nHuman: a\n\nAssistant: b", "####", '[{"role"}]', "model_a", "NaN", "1e999"]
)  # fmt: skip
plain = st.none() | st.booleans() | st.integers() | st.floats() | texts
messages = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["user", "assistant", "system", "tool", "bot", 3, None]),
            "content": plain | st.lists(st.fixed_dictionaries({"text": plain}), max_size=2),
            "from": texts, "value": plain, "tool_calls": st.lists(plain, max_size=2),
            "function": plain,
        },
    ),
    max_size=4,
)  # fmt: skip
values = st.recursive(
    plain | messages,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def is_one_sentence(text: str) -> None:
    assert text
    assert "\n" not in text


def is_same(now: dict[str, int], before: dict[str, int]) -> None:
    assert now == before


def columns_of(form: Form) -> list[str]:
    return [name.replace("*", "q") for column in form.columns for name in column.names]


def mangled(form: Form) -> st.SearchStrategy[dict[str, Any]]:
    """A good row in which some values are others, or this form's columns with anything in them."""
    good = ROWS[form.name]
    changed = st.dictionaries(st.sampled_from([*good, *columns_of(form)]), values, max_size=4)
    return changed.map(lambda other: {**good, **other}) | st.dictionaries(
        st.sampled_from(columns_of(form)), values, max_size=6
    )


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_row_is_read_or_refused(form: Form) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mangled(form))
    def read(fields: dict[str, Any]) -> None:
        forms_that_fit([fields])
        mapping = form.guess(form.unfolded(fields))
        try:
            assert records_of(form, mapping, RawRow(1, fields))
        except BadRowError as error:
            is_one_sentence(error.reason)

    read()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def parquet_bytes(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    return file.getvalue()


def seeds() -> list[bytes]:
    rows = [ROWS["trl-preference-text"], ROWS["comparison"], ROWS["arena"]]
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    table = b'prompt,chosen,rejected\n"Why, so?",a,"b\nc"\nx,y\n'
    return [
        lines, json.dumps(rows, indent=1).encode(), json.dumps({"rows": rows}, indent=2).encode(),
        table, gzip.compress(lines), parquet_bytes(rows[:1]), "Grüße\nß?".encode("utf-16"),
    ]  # fmt: skip


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """A good file with bytes changed, cut out or put in; or any bytes at all."""
    content = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 8))] = draw(st.binary(max_size=6))
    return bytes(content)


ENDINGS = ["jsonl", "json", "csv", "txt", "parquet", "jsonl.gz", "data"]


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=200) | damaged_bytes(), ending=st.sampled_from(ENDINGS))
def test_any_bytes_are_rows_or_problems(folder: Path, content: bytes, ending: str) -> None:
    path = folder / f"file.{ending}"
    path.write_bytes(content)
    try:
        for row in open_file(path).rows():
            assert (row.fields is None) == bool(row.reason)
        found = probe(path)
        job = StageJob((path,), found.form.name, found.mapping, folder / "s", folder / "r")
        staged = stage(job)
    except KnownError as error:
        is_one_sentence(str(error))
        return
    assert staged_content(folder / "s")[0] == staged.row_count
    assert len((folder / "r").read_bytes().splitlines()) == staged.problem_count


@pytest.fixture(scope="module")
def fuzzed_project(folder: Path) -> Iterator[Project]:
    with Project.create(folder / "project", "Fuzzed") as project:
        yield project


@settings(max_examples=25, deadline=None)
@given(
    rows=st.sampled_from(FORMS).flatmap(lambda form: st.lists(mangled(form), max_size=5)),
    held_out=st.booleans(), ask_again=st.booleans(),
)  # fmt: skip
def test_an_import_is_whole_or_not_there(
    fuzzed_project: Project, folder: Path, rows: list[dict[str, Any]], held_out: bool,
    ask_again: bool,
) -> None:  # fmt: skip
    project = fuzzed_project
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    before = _counts(project)
    options = ImportOptions(held_out=held_out, ask_again=ask_again, even_again=True)
    try:
        report = import_source(project, path, options)
    except KnownError as error:
        is_one_sentence(str(error))
        is_same(_counts(project), before)
        return
    after = _counts(project)
    assert report.dataset.row_count > 0
    assert after["datasets"] == before["datasets"] + 1
    assert after["unfinished"] == 0
    assert project.database.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []


def _counts(project: Project) -> dict[str, int]:
    tables = ("datasets", "unfinished", "imported", "prompts", "prompt_keys", "responses", "pairs",
              "examples", "unpaired", "verdicts", "standing")  # fmt: skip
    return project.database.read(lambda db: {name: db[name].count for name in tables})
