"""A record that is written is read again as it was; what a row leaves open is settled as told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.exchange.rows_of_forms import ROWS
from workbench.core.conversation import Conversation, Message, user
from workbench.core.errors import KnownError
from workbench.core.preferences import Choice, Origin, OriginKind, Strength
from workbench.formats.catalogue import FORMS, form_named, forms_that_fit
from workbench.formats.fields import Fields
from workbench.formats.form import Form
from workbench.formats.records import (
    BadRowError,
    Check,
    ExampleRecord,
    Judgement,
    Kind,
    PairRecord,
    PromptRecord,
    Record,
    UnpairedRecord,
)
from workbench.formats.roles import Role, role_title
from workbench.formats.verdicts import provenance

QUESTION = {"role": "user", "content": "Why?"}


def answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def read_all(name: str, row: dict[str, Any]) -> list[Record]:
    form = form_named(name)
    unfolded = form.unfolded(row)
    return list(form.read(Fields(unfolded, form.guess(unfolded))))


def read_pair(name: str, row: dict[str, Any]) -> PairRecord:
    (record,) = read_all(name, row)
    assert isinstance(record, PairRecord)
    return record


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip()) and text[:2] != "[{" and "\n\n" not in text
)
turns = st.tuples(texts, texts).map(
    lambda pair: (Message("user", pair[0]), Message("assistant", pair[1]))
)
prompts: st.SearchStrategy[Conversation] = st.builds(
    lambda system, before, last: (*system, *(m for turn in before for m in turn), *user(last)),
    st.lists(texts.map(lambda text: Message("system", text)), max_size=1),
    st.lists(turns, max_size=2),
    texts,
)
judgements = st.lists(
    st.builds(
        Judgement, st.just(Choice.FIRST), texts, st.none() | st.sampled_from(Strength),
        st.none() | st.floats(1e9, 2e9).map(lambda t: round(t, 3)), st.none() | st.floats(0, 900),
    ),
    min_size=1, max_size=3, unique_by=lambda each: each.annotator,
)  # fmt: skip
origins = st.builds(Origin, st.just(OriginKind.SAMPLED), model=texts, seed=st.integers(0, 99))
records: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.PREFERENCE: st.builds(PairRecord, prompts, texts, texts, judgements, origins, origins),
    Kind.SUPERVISED: st.builds(ExampleRecord, prompts, texts, origins),
    Kind.UNPAIRED: st.builds(UnpairedRecord, prompts, texts, st.booleans(), origins),
    Kind.PROMPTS: st.builds(PromptRecord, prompts)
    | st.builds(PromptRecord, prompts, texts, st.just(Check.EXACT)),
}
# Forms that have no place for a part of a record, or trim it: tested by example below.
NOT_EXACT = {"hh-rlhf", "trl-preference-text", "argilla", "label-studio", "alpaca"}


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.can_write and form.name not in NOT_EXACT],
    ids=lambda form: form.name,
)  # fmt: skip
def test_what_is_written_is_read_again(form: Form) -> None:
    @settings(max_examples=40, deadline=None)
    @given(
        records[form.kind].filter(
            lambda each: getattr(each, "first", 0) != getattr(each, "second", 1)
        )
    )
    def round_trip(record: Any) -> None:
        assert form.write is not None
        row = form.write(record)
        if isinstance(record, PairRecord):
            names = {column.role: column.names[0] for column in form.columns}
            sides = (
                (Role.CHOSEN, Role.REJECTED) if Role.CHOSEN in names else (Role.FIRST, Role.SECOND)
            )
            row |= provenance(record, names[sides[0]], names[sides[1]])
        elif not isinstance(record, PromptRecord):
            row["origin"] = record.origin.to_json()
        assert read_all(form.name, row) == [record]

    round_trip()


@pytest.mark.parametrize("name", ["argilla", "label-studio"])
def test_how_much_better_comes_back_from_labelling_tools(name: str) -> None:
    said = [
        Judgement(Choice.FIRST, "ada", Strength.MUCH),
        Judgement(Choice.TIE, "bob"),
        Judgement(Choice.SECOND, "cid", Strength.SLIGHTLY),
    ]
    record = PairRecord(user("Why?"), "a", "b", said)
    form = form_named(name)
    assert form.write is not None
    (again,) = read_all(name, form.write(record))
    assert again.judgements == said


@pytest.mark.parametrize(
    ("scores", "overall", "said"),
    [
        ([-1, -2, -3], -2, [("annotator 1", 1), ("annotator 2", 2), ("annotator 3", 3)]),
        ([0, 0], 0, [("annotator 1", None), ("annotator 2", None)]),
        ([-2, 1], -1, [("", 1)]),  # they differ: what the row says settles it
        ([-3, -3], -1, [("", 1)]),  # the row says something else
        ([-2, "?"], -2, [("", 2)]),
    ],
)
def test_single_people_of_helpsteer3_are_kept_where_they_are_of_one_mind(
    scores: list[Any], overall: int, said: list[tuple[str, int | None]]
) -> None:
    single = [{"score": score, "reasoning": "So."} for score in scores]
    row = {**ROWS["helpsteer3"], "overall_preference": overall, "individual_preference": single}
    record = read_pair("helpsteer3", row)
    assert [(each.annotator, each.strength) for each in record.judgements] == said
    form = form_named("helpsteer3")
    assert form.write is not None
    assert read_pair("helpsteer3", form.write(record)).judgements == record.judgements


def test_other_ratings_are_no_strength() -> None:
    rating = {"type": "rating", "value": {"rating": 2}, "from_name": "helpfulness"}
    (annotation, cancelled) = ROWS["label-studio"]["annotations"]
    rated = {**annotation, "result": [*annotation["result"], rating]}
    row = {**ROWS["label-studio"], "annotations": [rated, cancelled]}
    assert read_pair("label-studio", row).strength is None
    nested = {
        "fields": {"prompt": "a", "chosen": "b", "rejected": "c"},
        "responses": {
            "strength": [{"value": 3, "user_id": "ada"}, {"value": 9, "user_id": "bob"}],
            "better": [{"value": "rejected", "user_id": "bob"},
                       {"value": "chosen", "user_id": "ada"}],
        },
    }  # fmt: skip
    said = read_pair("argilla", nested).judgements
    assert [(each.annotator, each.strength) for each in said] == [
        ("bob", None), ("ada", Strength.MUCH),
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_is_told_from_one_row_and_has_words_for_its_roles(form: Form) -> None:
    assert forms_that_fit([ROWS[form.name]])[0] is form
    assert all(role_title(column.role) for column in form.columns)
    assert form_named(form.name) is form


def test_every_form_is_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "COMMANDS.md"
    listed = page.read_text(encoding="utf-8").split("\nForms: ")[1].split("\n\n")[0]
    told = {(name, bool(only_read)) for name, only_read in re.findall(
        r"`([\w-]+)`( \(only read\))?", listed)}  # fmt: skip
    assert told == {(form.name, not form.can_write) for form in FORMS}


def test_a_form_has_other_names_and_an_unknown_one_lists_all() -> None:
    assert form_named("openai-chat").name == "chat-messages"
    with pytest.raises(KnownError, match="trl-kto"):
        form_named("csv")


def test_answers_that_repeat_the_prompt_are_cut() -> None:
    row = {"prompt": [QUESTION], "chosen": [QUESTION, answer("a")], "rejected": [answer("b")]}
    record = read_pair("trl-preference", row)
    assert (record.prompt, record.first, record.second) == (user("Why?"), "a", "b")


def test_a_prompt_inside_two_texts_ends_before_the_word_that_differs() -> None:
    row = {"chosen": "The sky is blue.", "rejected": "The sky is black."}
    record = read_pair("trl-preference-implicit", row)
    assert (record.prompt, record.first, record.second) == (user("The sky is"), "blue.", "black.")


def test_a_longer_talk_is_the_prompt_of_its_last_answers() -> None:
    before = [{"role": "system", "content": "Be kind."}, QUESTION, answer("Hm."), QUESTION]
    row = {"chosen": [*before, answer("a")], "rejected": [*before, answer("b")]}
    assert len(read_pair("trl-preference-implicit", row).prompt) == 4
    talk = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Why?\n\nAssistant:"
    record = read_pair("hh-rlhf", {"chosen": f"{talk} So.", "rejected": f"{talk} Well."})
    assert [message.role for message in record.prompt] == ["user", "assistant", "user"]


def test_calls_of_tools_and_parts_become_text() -> None:
    call = {"function": {"name": "add", "arguments": '{"a": 1}'}, "id": "x", "type": "function"}
    row = {
        "messages": [
            {"role": "developer", "content": "Add."},
            {"role": "user", "content": [{"type": "text", "text": "1 + 1?"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "2", "tool_call_id": "x"},
            answer("Two."),
        ]
    }
    (record,) = read_all("chat-messages", row)
    assert isinstance(record, ExampleRecord)
    assert [message.role for message in record.prompt] == ["system", "user", "assistant", "tool"]
    shown = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>'
    assert record.prompt[2].content == shown


@pytest.mark.parametrize(
    ("name", "row", "choice"),
    [
        ("arena", {**ROWS["arena"], "winner": "tie (bothbad)"}, Choice.BOTH_BAD),
        ("helpsteer2", {**ROWS["helpsteer2"], "preference_strength": 3}, Choice.SECOND),
        ("helpsteer3", {**ROWS["helpsteer3"], "overall_preference": 0}, Choice.TIE),
        ("comparison", {**ROWS["comparison"], "winner": "B"}, Choice.SECOND),
        ("comparison", {**ROWS["comparison"], "winner": None}, None),
        (
            "argilla",
            {**ROWS["argilla"], "preference.responses.status": [[], "draft"]},
            Choice.FIRST,
        ),
        (
            "argilla",
            {**ROWS["argilla"], "preference.responses": [
                [{"value": "response_1", "rank": 2}, {"value": "response_2", "rank": 1}]]},
            Choice.SECOND,
        ),
        (
            "argilla",
            {"fields": {"prompt": "a", "chosen": "b", "rejected": "c"},
             "responses": {"better": [{"value": "rejected", "user_id": "ada"}]}},
            Choice.SECOND,
        ),
    ],
)  # fmt: skip
def test_words_and_numbers_say_who_won(
    name: str, row: dict[str, Any], choice: Choice | None
) -> None:
    assert read_pair(name, row).choice is choice


@pytest.mark.parametrize(
    ("name", "row", "column", "reason"),
    [
        ("trl-preference-text", {"prompt": "a", "chosen": "b"}, "rejected", "no column"),
        ("trl-preference-text", {"prompt": " ", "chosen": "b", "rejected": "c"}, "prompt", "empty"),
        ("trl-preference", {"prompt": "a", "chosen": [answer("b")], "rejected": "c"}, "chosen",
         "both be text or both be messages"),
        ("trl-preference-implicit", {"chosen": "One", "rejected": "Two"}, "chosen", "no prompt"),
        ("hh-rlhf", {"chosen": "Hello", "rejected": "Hello"}, "chosen", "transcript"),
        ("trl-kto", {"prompt": "a", "completion": "b", "label": "maybe"}, "label", "true or false"),
        ("chat-messages", {"messages": [QUESTION]}, "messages", "a question and its answer"),
        ("chat-messages", {"messages": [answer("a"), QUESTION]}, "messages", "ends with the user"),
        ("helpsteer2", {**ROWS["helpsteer2"], "preference_strength": 4}, "preference_strength",
         "-3 to 3"),
        ("arena", {**ROWS["arena"], "winner": "gamma"}, "winner", "neither answer nor a tie"),
        ("prompts", {"prompt": "a", "answer": "two", "check": "number"}, "answer", "a number"),
        ("ultrafeedback", {"instruction": "a", "completions": [{"response": "b"}]}, "completions",
         "at least two"),
        ("sharegpt", {"conversations": [{"from": "ghost", "value": "boo"}]}, "conversations",
         "unknown role"),
    ],
)  # fmt: skip
def test_a_bad_row_names_its_column(
    name: str, row: dict[str, Any], column: str, reason: str
) -> None:
    with pytest.raises(BadRowError, match=reason) as caught:
        read_all(name, row)
    assert caught.value.column == column


def test_what_a_form_has_no_place_for_is_not_written() -> None:
    longer = (*user("Hi"), Message("assistant", "Hello"), *user("Why?"))
    alpaca, hh = form_named("alpaca"), form_named("hh-rlhf")
    assert alpaca.write is not None
    assert hh.write is not None
    with pytest.raises(BadRowError, match="several turns"):
        alpaca.write(ExampleRecord(longer, "So."))
    with pytest.raises(BadRowError, match="looks like the turns"):
        hh.write(PairRecord(user("Why?"), "So.\n\nHuman: And?", "Well."))
