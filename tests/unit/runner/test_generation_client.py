"""A real host process on the other end of real pipes."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest

from tests.unit.runner.conftest import has_ended, wait_until
from workbench.core.conversation import user
from workbench.core.errors import RunError
from workbench.core.generation import Done, Failed, Finished, Loading, Ready, Reply, Row, Sampling
from workbench.runner.generation import generate_all
from workbench.runner.generation_client import GenerationClient

HOST = "tests.unit.runner.fake_host"


class Talk:
    """A client, and what it heard."""

    def __init__(self) -> None:
        self.replies: queue.Queue[Reply] = queue.Queue()
        self.client = GenerationClient(self.replies.put, host_module=HOST)

    def next(self) -> Reply:
        return self.replies.get(timeout=60)

    def until(self, kind: type[Reply]) -> Reply:
        while not isinstance(reply := self.next(), kind):
            pass
        return reply


@pytest.fixture
def talk() -> Iterator[Talk]:
    threads = set(threading.enumerate())
    talk = Talk()
    yield talk
    talk.client.close()
    talk.client.close()
    assert not psutil.pid_exists(talk.client.pid)
    assert set(threading.enumerate()) <= threads


def rows(*texts: str) -> list[Row]:
    return [Row(str(n), user(text)) for n, text in enumerate(texts)]


def test_answers_stream_and_the_request_finishes(talk: Talk) -> None:
    talk.client.load("model", {"short": "adapters/short"})
    assert isinstance(talk.next(), Loading)
    assert talk.next() == Ready("cpu", 7, ["short"], talk.client.pid)
    talk.client.generate([Row("a", user("Grüße"), "short")], Sampling(), "request")
    done = talk.until(Done)
    assert isinstance(done, Done)
    assert done.text == "short: Grüße"
    assert talk.next() == Finished("request")


def test_a_request_longer_than_a_pipe_does_not_block(talk: Talk) -> None:
    talk.client.load("model", {})
    talk.client.generate(rows("x" * 300_000), Sampling())
    assert isinstance(talk.until(Finished), Finished)


def test_a_load_that_fails_leaves_the_host_usable(talk: Talk) -> None:
    talk.client.load("missing", {})
    failed = talk.until(Failed)
    assert isinstance(failed, Failed)
    assert (failed.request_id, failed.known) == ("", True)
    talk.client.load("model", {})
    talk.until(Ready)


@pytest.mark.parametrize(
    ("text", "known", "words"),
    [("kill", True, "ended from outside (SIGKILL)"), ("raise", False, "a bug in the host")],
)
def test_a_host_that_dies_fails_each_open_request(
    talk: Talk, text: str, known: bool, words: str
) -> None:
    talk.client.load("model", {})
    talk.until(Ready)
    request_id = talk.client.generate(rows("fine", text), Sampling())
    failed = talk.until(Failed)
    assert isinstance(failed, Failed)
    assert (failed.request_id, failed.known) == (request_id, known)
    assert words in failed.message
    assert not talk.client.is_running
    with pytest.raises(RunError, match="try again"):
        talk.client.generate(rows("more"), Sampling())


def test_a_host_that_dies_idle_says_so_once(talk: Talk) -> None:
    talk.client.load("model", {})
    talk.until(Ready)
    os.kill(talk.client.pid, signal.SIGTERM)
    failed = talk.next()
    assert isinstance(failed, Failed)
    assert (failed.request_id, failed.known) == ("", True)


def test_closing_ends_a_host_that_hangs_and_no_reply_follows(talk: Talk) -> None:
    talk.client.load("model", {})
    talk.until(Ready)
    talk.client.generate(rows("hang"), Sampling())
    talk.client.close(wait_s=0.1)
    assert talk.replies.empty()


def test_the_host_ends_when_its_parent_is_killed() -> None:
    code = (
        "import sys, time; from workbench.runner.generation_client import GenerationClient;"
        f"client = GenerationClient(lambda reply: None, host_module={HOST!r});"
        "print(client.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        host = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    wait_until(lambda: has_ended(host))


def test_generate_all_returns_every_answer() -> None:
    heard: list[tuple[int, int]] = []
    answers = generate_all(
        "model", {"a": "x"}, [*rows("one", "two"), Row("2", user("three"), "a")], Sampling(),
        lambda done, total: heard.append((done, total)), rows_at_once=2, host_module=HOST,
    )  # fmt: skip
    assert {row_id: done.text for row_id, done in answers.items()} == {
        "0": "base: one", "1": "base: two", "2": "a: three",
    }  # fmt: skip
    assert heard == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("model", "text", "error", "words"),
    [
        ("missing", "x", RunError, "choose another folder"),
        ("model", "refuse", RunError, "shorten it"),
        ("model", "raise", RuntimeError, "a bug in the host"),
    ],
)
def test_generate_all_raises_what_went_wrong(
    model: str, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        generate_all(model, {}, rows(text), Sampling(), host_module=HOST)
