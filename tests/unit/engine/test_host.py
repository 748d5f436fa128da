"""The generation host as its own process, over its pipes: one for all tests, in any order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.engine.runs import make_run, train_here
from workbench.core.conversation import user
from workbench.core.generation import (
    Cancel,
    Done,
    Failed,
    Finished,
    Generate,
    Load,
    Ready,
    Reply,
    Request,
    Row,
    Sampling,
    Token,
    decode_reply,
    encode,
)  # fmt: skip
from workbench.core.recipes import SftConfig

SHORT = Sampling(temperature=0, max_new_tokens=6)


class Pipes:
    """One host process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench.engine.host"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self.before_loading: list[Reply] = []

    def send(self, *requests: Request) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(map(encode, requests)))
        self.process.stdin.flush()

    def until(self, *kinds: type[Reply]) -> list[Reply]:
        """Replies up to the first of one of `kinds`."""
        assert self.process.stdout is not None
        found: list[Reply] = []
        while not (found and isinstance(found[-1], kinds)):
            line = self.process.stdout.readline()
            assert line, "the host ended"
            found.append(decode_reply(line))
        return found


@pytest.fixture(scope="module")
def host() -> Iterator[Pipes]:
    pipes = Pipes()
    with pipes.process:
        pipes.send(Generate("early", rows(None), SHORT))
        pipes.before_loading = pipes.until(Failed)
        yield pipes
        assert pipes.process.stdin is not None
        pipes.process.stdin.close()
        assert pipes.process.wait(60) == 0


def rows(adapter: str | None, count: int = 2) -> list[Row]:
    return [
        Row(f"{adapter}-{number}", user(f"What is {number}?"), adapter) for number in range(count)
    ]


def answers(replies: list[Reply]) -> dict[str, str]:
    return {reply.row_id: reply.text for reply in replies if isinstance(reply, Done)}


def test_what_is_wrong_is_told_and_the_host_lives_on(host: Pipes, tmp_path: Path) -> None:
    assert host.process.stdin is not None
    host.process.stdin.write("not a request\n")
    host.send(Load(str(tmp_path / "nowhere"), {}, "cpu"))
    (unread,) = host.until(Failed)
    assert isinstance(unread, Failed)
    assert "can't be read" in unread.message
    missing = host.until(Failed)[-1]
    assert isinstance(missing, Failed)
    assert missing.known
    assert "no model folder" in missing.message


def test_nothing_is_answered_before_a_model_is_loaded(host: Pipes) -> None:
    (early,) = host.before_loading
    assert isinstance(early, Failed)
    assert (early.request_id, early.known) == ("early", True)


def test_a_whole_conversation_with_the_host(
    host: Pipes, tmp_path: Path, tiny_model_dir: Path
) -> None:
    run = make_run(tmp_path / "run", tiny_model_dir, SftConfig(max_steps=6, learning_rate=0.05))
    train_here(run)
    adapters = {"run": str(run.adapter)}

    host.send(Load(str(tiny_model_dir), adapters, "cpu"))
    ready = host.until(Ready, Failed)[-1]
    assert isinstance(ready, Ready)
    assert (ready.device, ready.adapters, ready.pid) == ("cpu", ["run"], host.process.pid)

    host.send(Generate("both", [*rows(None), *rows("run")], SHORT))
    both = host.until(Finished, Failed)
    assert len(answers(both)) == 4
    first_tokens = [reply.row_id for reply in both if isinstance(reply, Token)][:4]
    assert {row_id.partition("-")[0] for row_id in first_tokens} == {"None", "run"}

    host.send(Load(str(tiny_model_dir), {}, "cpu"))  # the same weights without the adapter
    host.until(Ready)
    host.send(Generate("base", rows(None), SHORT))
    base = answers(host.until(Finished))
    assert base == {row_id: text for row_id, text in answers(both).items() if row_id in base}
    host.send(Load(str(tiny_model_dir), adapters, "cpu"))
    host.until(Ready)
    host.send(Generate("again", [*rows(None), *rows("run")], SHORT))
    assert answers(host.until(Finished)) == answers(both)


def test_cancel_ends_a_request_and_the_next_one_is_served(
    host: Pipes, tiny_model_dir: Path
) -> None:
    host.send(Load(str(tiny_model_dir), {}, "cpu"))
    host.until(Ready)
    long = Sampling(temperature=1, max_new_tokens=400)
    host.send(Generate("long", rows(None, 8), long))
    host.until(Token)
    host.send(Cancel("long"), Generate("next", rows(None), SHORT))
    ended = [reply for reply in host.until(Finished) if isinstance(reply, Done)]
    assert "cancelled" in {reply.ended_by for reply in ended}
    assert len(answers(host.until(Finished))) == 2
