"""The protocol between the window and a generation host: JSON lines over stdin and stdout.

Requests: load, generate, load_judge, weigh, cancel. End of input ends the host.
Replies: loading, ready, token, done, weighed, failed, finished.
One host holds one copy of the base weights; each column names the adapter it answers with. Instead
it may hold a judge: the result of a run that can tell which of two answers is better.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from workbench.core import conversation
from workbench.core.conversation import Conversation


class Sampling(BaseModel):
    """How answers are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(
        0.7, ge=0, le=2, title="Temperature", description="0 always takes the likeliest token."
    )
    top_p: float = Field(
        0.95, gt=0, le=1, title="Top p", description="Only the likeliest tokens of this total."
    )
    max_new_tokens: int = Field(
        200, ge=1, le=4096, title="Longest answer", description="In tokens."
    )
    seed: int = Field(0, ge=0, title="Seed", description="The same seed gives the same answers.")


@dataclass(frozen=True, slots=True)
class Load:
    """Load base weights from `model_path` and adapters by name from their folders."""

    KIND: ClassVar[str] = "load"
    model_path: str
    adapters: Mapping[str, str]
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Row:
    """One answer to write: `adapter` None is the base model."""

    row_id: str
    messages: Conversation
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Generate:
    """Write an answer for each row, all streaming at once."""

    KIND: ClassVar[str] = "generate"
    request_id: str
    rows: Sequence[Row]
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class LoadJudge:
    """Load what the run in `run_folder` learnt of which answers are better."""

    KIND: ClassVar[str] = "load_judge"
    run_folder: str
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class WeighedPair:
    """Two answers to a prompt."""

    pair_id: str
    messages: Conversation
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Weigh:
    """Tell of each pair by how much the judge finds its first answer better."""

    KIND: ClassVar[str] = "weigh"
    request_id: str
    pairs: Sequence[WeighedPair]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a request; its rows end with what they have."""

    KIND: ClassVar[str] = "cancel"
    request_id: str


@dataclass(frozen=True, slots=True)
class Loading:
    KIND: ClassVar[str] = "loading"
    detail: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The weights are in memory. `base_parameters` is counted once, whatever the columns."""

    KIND: ClassVar[str] = "ready"
    device: str
    base_parameters: int
    adapters: Sequence[str]
    pid: int


@dataclass(frozen=True, slots=True)
class Token:
    """More text of one row."""

    KIND: ClassVar[str] = "token"
    request_id: str
    row_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """One row is complete; `text` is all of it."""

    KIND: ClassVar[str] = "done"
    request_id: str
    row_id: str
    text: str
    tokens: int
    elapsed_s: float
    first_token_s: float
    ended_by: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """The first answer's reward less the second's; None where an answer is too long to be read."""

    KIND: ClassVar[str] = "weighed"
    request_id: str
    pair_id: str
    margin: float | None


@dataclass(frozen=True, slots=True)
class Finished:
    """Every row of the request is done or cancelled."""

    KIND: ClassVar[str] = "finished"
    request_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A request (or loading, with an empty `request_id`) could not be carried out."""

    KIND: ClassVar[str] = "failed"
    request_id: str
    message: str
    known: bool


Request = Load | Generate | LoadJudge | Weigh | Cancel
Reply = Loading | Ready | Token | Done | Weighed | Finished | Failed

_Message = TypeVar("_Message", Request, Reply)

_REQUESTS: dict[str, type[Request]] = {
    kind.KIND: kind for kind in (Load, Generate, LoadJudge, Weigh, Cancel)
}
_REPLIES: dict[str, type[Reply]] = {
    kind.KIND: kind for kind in (Loading, Ready, Token, Done, Weighed, Finished, Failed)
}


def encode(message: Request | Reply) -> str:
    """One JSON line, newline included."""
    data = _plain(message)
    return json.dumps({"v": 1, "kind": message.KIND, **data}, ensure_ascii=False) + "\n"


def _plain(message: Request | Reply) -> dict[str, Any]:
    if isinstance(message, Generate):
        rows = [
            {
                "row_id": row.row_id,
                "messages": conversation.to_json(row.messages),
                "adapter": row.adapter,
            }
            for row in message.rows
        ]
        return {
            "request_id": message.request_id,
            "rows": rows,
            "sampling": message.sampling.model_dump(),
        }
    if isinstance(message, Weigh):
        pairs = [
            {
                "pair_id": pair.pair_id,
                "messages": conversation.to_json(pair.messages),
                "first": pair.first,
                "second": pair.second,
            }
            for pair in message.pairs
        ]
        return {"request_id": message.request_id, "pairs": pairs}
    return dataclasses.asdict(message)


def decode_request(line: str) -> Request:
    """Read one request; raises ValueError that says what is wrong."""
    value = _object(line)
    kind = value.get("kind")
    if kind == Generate.KIND:
        rows = tuple(
            Row(row["row_id"], conversation.from_json(row["messages"]), row.get("adapter"))
            for row in value["rows"]
        )
        return Generate(value["request_id"], rows, Sampling.model_validate(value["sampling"]))
    if kind == Weigh.KIND:
        pairs = tuple(
            WeighedPair(
                pair["pair_id"],
                conversation.from_json(pair["messages"]),
                pair["first"],
                pair["second"],
            )
            for pair in value["pairs"]
        )
        return Weigh(value["request_id"], pairs)
    return _build(_REQUESTS, value)


def decode_reply(line: str) -> Reply:
    """Read one reply; raises ValueError that says what is wrong."""
    return _build(_REPLIES, _object(line))


def _object(line: str) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict) or value.get("v") != 1:
        raise ValueError("not a message of this protocol")
    return value


def _build(kinds: Mapping[str, type[_Message]], value: Mapping[str, Any]) -> _Message:
    kind = kinds.get(str(value.get("kind")))
    if kind is None:
        raise ValueError(f"unknown kind of message {value.get('kind')!r}")
    names = {item.name for item in dataclasses.fields(kind)}
    return kind(**{name: item for name, item in value.items() if name in names})
