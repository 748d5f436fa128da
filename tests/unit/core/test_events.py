"""The run protocol: what is written today must be read for ever."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.events import (
    PAYLOADS,
    Ack,
    Bye,
    CheckpointSaved,
    Event,
    Failed,
    GroupSampled,
    Heartbeat,
    Hello,
    Metric,
    Payload,
    ProtocolError,
    RunState,
    Sample,
    SampledAnswer,
    Severity,
    StateChanged,
    Warned,
    decode,
    encode,
)

GOLDEN = Path(__file__).with_name("golden_events.jsonl")

ATTEMPT: list[Payload] = [
    Hello(
        pid=4711,
        process_started_at=1789999990.5,
        device="cuda:0",
        versions={"python": "3.11.7", "torch": "2.13.0"},
        total_steps=24,
        resumed_from_step=12,
    ),
    StateChanged(RunState.RUNNING, "training"),
    Metric(
        step=13,
        values={"loss": 0.6931, "rewards/margins": -0.25, "learning_rate": 5e-05},
        epoch=0.65,
    ),
    Metric(step=14, values={"loss": math.inf, "grad_norm": -math.inf, "num_tokens": 2048.0}),
    Sample(step=14, prompt="What is the capital of France?", text="Paris – “la Ville Lumière”.\n"),
    CheckpointSaved(step=20, path="checkpoints/step-00000020", reason="every 20 steps"),
    Heartbeat("measuring the reference"),
    Ack(control_id="0199a0b1c2d3e4f5a6b7c8d9", command="checkpoint"),
    Warned("drift", "Chosen answers become less likely.", Severity.NOTICE, step=20),
    Failed("The graphics card is out of memory.", known=True, detail="CUDA out of memory"),
    Bye(RunState.CRASHED, step=20, reason="out of memory"),
    GroupSampled(
        step=20,
        prompt="What is 2 + 2?",
        expected="4",
        answers=(
            SampledAnswer("4", 3, True, {"exact": 1.0, "short": None}, 1.0, 0.7, {"short": "late"}),
            SampledAnswer("five", 2, False, {"exact": 0.0, "short": 1.0}, None, -0.7),
        ),
    ),
]


def event(payload: Payload, seq: int = 1) -> Event:
    return Event(run="0199a0b1c2d3", attempt=2, seq=seq, t=1790000000.0 + seq, payload=payload)


def test_golden_lines_are_read_and_written_as_ever() -> None:
    events = [event(payload, seq) for seq, payload in enumerate(ATTEMPT, start=1)]
    lines = GOLDEN.read_text(encoding="utf-8").splitlines(keepends=True)
    assert [decode(line) for line in lines] == events
    assert [encode(event) for event in events] == lines


def test_the_golden_file_has_every_kind() -> None:
    assert {payload.KIND for payload in ATTEMPT} == set(PAYLOADS)


def test_not_a_number_survives_without_breaking_json() -> None:
    line = encode(event(Metric(1, {"loss": math.nan, "kl": 0.5})))
    strict = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert strict["data"]["values"] == {"loss": None, "kl": 0.5}
    assert strict["data"]["not_finite"] == {"loss": "nan"}
    payload = decode(line).payload
    assert isinstance(payload, Metric)
    assert math.isnan(payload.values["loss"])
    assert payload.values["kl"] == 0.5


def test_fields_of_a_newer_trainer_are_ignored() -> None:
    line = json.loads(encode(event(Heartbeat("saving"))))
    line["data"]["mood"] = "good"
    line["host"] = "elsewhere"
    assert decode(json.dumps(line)) == event(Heartbeat("saving"))


def test_optional_fields_may_be_absent() -> None:
    line = json.loads(encode(event(Bye(RunState.FINISHED, 24))))
    del line["data"]["reason"]
    assert decode(json.dumps(line)).payload == Bye(RunState.FINISHED, 24)


GOOD: dict[str, Any] = {
    "v": 1,
    "run": "r",
    "attempt": 1,
    "seq": 1,
    "t": 1.0,
    "kind": "heartbeat",
    "data": {"doing": ""},
}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"v": 1, "run": "r", "att', "not JSON"),
        ("", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ("{}", "protocol version None"),
        (json.dumps(GOOD | {"v": 2}), "protocol version 2, this program reads 1"),
        (json.dumps(GOOD | {"kind": "gossip"}), "unknown kind of event 'gossip'"),
        (json.dumps(GOOD | {"seq": "first"}), "malformed event"),
        (json.dumps(GOOD | {"data": None}), "malformed event"),
        (json.dumps(GOOD | {"kind": "bye", "data": {"step": 1}}), "state"),
        (json.dumps(GOOD | {"kind": "bye", "data": {"state": "bored", "step": 1}}), "bored"),
        (json.dumps(GOOD | {"kind": "metric", "data": {"step": 1}}), "values"),
        (json.dumps(GOOD | {"kind": "metric", "data": {"step": 1, "values": [1]}}), "malformed"),
        (json.dumps({key: GOOD[key] for key in GOOD if key != "run"}), "run"),
    ],
)
def test_a_line_that_is_no_event_says_why(line: str, problem: str) -> None:
    with pytest.raises(ProtocolError, match=problem):
        decode(line)


def test_each_state_is_active_or_can_be_resumed_or_is_finished() -> None:
    assert {state for state in RunState if state.is_active} == {
        RunState.QUEUED,
        RunState.STARTING,
        RunState.RUNNING,
        RunState.NO_CONTACT,
    }
    rest = {state for state in RunState if not state.is_active and not state.can_resume}
    assert rest == {RunState.FINISHED}


counts = st.integers(0, 2**53)
texts = st.text(max_size=40)
figures = st.dictionaries(texts, st.floats(width=64), max_size=5)
payloads = st.one_of(
    st.builds(
        Hello,
        pid=counts,
        process_started_at=st.floats(0, 2e9),
        device=texts,
        versions=st.dictionaries(texts, texts, max_size=3),
        total_steps=st.none() | counts,
        resumed_from_step=st.none() | counts,
    ),
    st.builds(StateChanged, st.sampled_from(RunState), texts),
    st.builds(Metric, counts, figures, st.none() | st.floats(0, 1e6)),
    st.builds(Sample, counts, texts, texts),
    st.builds(CheckpointSaved, counts, texts, texts),
    st.builds(Heartbeat, texts),
    st.builds(Ack, texts, texts),
    st.builds(Warned, texts, texts, st.sampled_from(Severity), st.none() | counts),
    st.builds(Failed, texts, st.booleans(), texts),
    st.builds(Bye, st.sampled_from(RunState), counts, texts),
)


@given(st.builds(Event, texts, counts, counts, st.floats(0, 2e9), payloads))
def test_whatever_is_written_is_read_back(written: Event) -> None:
    line = encode(written)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    # NaN differs from itself, so what is compared is what is written again.
    assert encode(decode(line)) == line
    assert written.kind == decode(line).payload.KIND
