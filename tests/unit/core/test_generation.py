"""The protocol between the window and a generation host."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workbench.core.conversation import Message, user
from workbench.core.generation import (
    Cancel,
    Done,
    Failed,
    Finished,
    Generate,
    Load,
    Loading,
    Ready,
    Reply,
    Request,
    Row,
    Sampling,
    Token,
    decode_reply,
    decode_request,
    encode,
)

REQUESTS: list[Request] = [
    Load("/models/tiny", {"concise": "/runs/1/adapter"}, "cpu"),
    Generate(
        "q1",
        (
            Row("base", user("Why is the sky blue?")),
            Row(
                "trained",
                (Message("system", "Be brief."), Message("user", "Why?")),
                adapter="concise",
            ),
        ),
        Sampling(temperature=0, seed=7),
    ),
    Cancel("q1"),
]

REPLIES: list[Reply] = [
    Loading("reading weights"),
    Ready("cuda:0", 134_515_008, ["concise"], 4711),
    Token("q1", "base", " „Licht“"),
    Done("q1", "base", "It scatters.", 4, 0.5, 0.1, "end"),
    Finished("q1"),
    Failed("", "There is no such folder.", known=True),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda message: message.KIND)
def test_requests_survive_the_pipe(request_: Request) -> None:
    line = encode(request_)
    assert line.count("\n") == 1
    assert decode_request(line) == request_


@pytest.mark.parametrize("reply", REPLIES, ids=lambda message: message.KIND)
def test_replies_survive_the_pipe(reply: Reply) -> None:
    line = encode(reply)
    assert line.count("\n") == 1
    assert decode_reply(line) == reply


@given(st.text(max_size=60))
def test_any_text_survives(text: str) -> None:
    token = Token("q", "r", text)
    assert decode_reply(encode(token)) == token


def test_unknown_fields_are_ignored() -> None:
    value = json.loads(encode(Finished("q1"))) | {"mood": "good"}
    assert decode_reply(json.dumps(value)) == Finished("q1")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nonsense", "Expecting value"),
        ("[]", "not a message of this protocol"),
        ('{"v": 9, "kind": "finished", "request_id": "q"}', "not a message of this protocol"),
        ('{"v": 1, "kind": "sing"}', "unknown kind of message 'sing'"),
        ('{"v": 1}', "unknown kind of message None"),
    ],
)
def test_what_is_no_message_says_why(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode_reply(line)
    with pytest.raises(ValueError, match=problem):
        decode_request(line)


def test_a_row_without_messages_is_refused() -> None:
    value = json.loads(encode(REQUESTS[1]))
    value["rows"][0]["messages"] = []
    with pytest.raises(ValueError, match="at least one message"):
        decode_request(json.dumps(value))


def test_sampling_has_limits() -> None:
    with pytest.raises(ValidationError):
        Sampling(temperature=-1)
    with pytest.raises(ValidationError):
        Sampling(top_p=0)
    with pytest.raises(ValidationError):
        Sampling(max_new_tokens=0)
