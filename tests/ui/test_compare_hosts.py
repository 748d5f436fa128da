"""What can be compared, and which processes write the answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from workbench.core.conversation import user
from workbench.core.events import RunState
from workbench.core.generation import Done, Row, Sampling
from workbench.core.recipes import (
    AdapterConfig,
    DpoConfig,
    MethodConfig,
    ModelRef,
    RewardConfig,
    RunSpec,
    SftConfig,
)
from workbench.runner.generation_client import GenerationClient
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.compare import host as host_module
from workbench.ui.panels.compare.comparison import ADAPTER_NAME
from workbench.ui.panels.compare.host import HostLink
from workbench.ui.panels.compare.subjects import Subject, read_subjects

FAKE_HOST = "tests.unit.runner.fake_host"
BASE = ModelRef(name="tiny", path="/models/tiny")
ROWS = [Row("base", user("Hello")), Row("trained", user("Hello"), ADAPTER_NAME)]


def add_run(
    project: Project, name: str, config: MethodConfig, weights: str, tuning: str = "lora"
) -> Path:
    """A finished run that left `weights` behind."""
    spec = RunSpec(
        run_id=name, name=name, config=config, model=BASE, created_at=time.time(),
        adapter=AdapterConfig.model_validate({"tuning": tuning}),
    )  # fmt: skip
    path = project.runs_dir / name / weights
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    project.runs.add(spec, project.runs_dir / name, RunState.FINISHED)
    return path.parent


def test_adapters_and_whole_models_can_be_compared_and_reward_models_not(project: Project) -> None:
    adapter = add_run(project, "dpo-1", DpoConfig(), "adapter/adapter_model.safetensors")
    whole = add_run(project, "sft-1", SftConfig(), "model/model.safetensors", "full")
    (project.runs_dir / "sft-1" / "checkpoints" / "step-00000004").mkdir(parents=True)
    add_run(project, "reward-1", RewardConfig(), "adapter/adapter_model.safetensors")
    subjects = {
        (item.run_name, item.folder, item.is_whole_model) for item in read_subjects(project)
    }
    assert subjects == {("dpo-1", adapter, False), ("sft-1", whole, True)}


@pytest.fixture
def link(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostLink]:
    """Real processes that need no model."""
    client = partial(GenerationClient, host_module=FAKE_HOST)
    monkeypatch.setattr(host_module, "GenerationClient", client)
    owner = QObject()
    made = HostLink(session.bridge, owner)
    yield made
    made.close()


def subject(folder: str, *, is_whole_model: bool) -> Subject:
    return Subject("r1", "sft-1", BASE, Path(folder), None, "cpu", is_whole_model)


def test_a_whole_model_is_written_by_a_host_of_its_own_while_it_is_in_view(
    link: HostLink, qtbot: QtBot
) -> None:
    done: list[Done] = []
    link.wrote.connect(lambda reply: done.append(reply) if isinstance(reply, Done) else None)
    with qtbot.waitSignal(link.finished):
        link.write(subject("/runs/r1/model", is_whole_model=True), ROWS, Sampling())
    assert {(reply.row_id, reply.text) for reply in done} == {
        ("base", "base: Hello"), ("trained", "base: Hello"),
    }  # fmt: skip
    pids = {host.client.pid for host in link._hosts.values()}
    assert len(pids) == 2
    done.clear()
    with qtbot.waitSignal(link.finished):
        link.write(subject("/runs/r1/adapter", is_whole_model=False), ROWS, Sampling())
    assert {reply.text for reply in done} == {"base: Hello", f"{ADAPTER_NAME}: Hello"}
    (left,) = link._hosts.values()
    assert left.client.pid in pids


def test_the_last_words_of_a_host_are_not_taken_for_those_of_the_next(
    link: HostLink, session: Session, qtbot: QtBot
) -> None:
    base = subject("/runs/r1/adapter", is_whole_model=False)
    with qtbot.waitSignal(link.finished):
        link.write(base, ROWS, Sampling())
    session.bridge.hold(qtbot)
    kill = [Row("base", user("kill")), Row("trained", user("kill"), ADAPTER_NAME)]
    link.write(base, kill, Sampling())
    dying = link._hosts["base"].client
    qtbot.waitUntil(lambda: bool(session.bridge.held) and not dying.is_running)
    failed: list[str] = []
    link.failed.connect(lambda message, _: failed.append(message))
    last_words = list(session.bridge.held)
    session.bridge.held.clear()
    session.bridge.let_pass()
    with qtbot.waitSignal(link.finished):
        link.write(base, ROWS, Sampling())
        for call in last_words:
            session.bridge._deliver(call)
    assert failed == []


def test_one_host_that_fails_ends_the_comparison_with_one_sentence(
    link: HostLink, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(link.failed) as failed:
        link.write(subject("missing", is_whole_model=True), ROWS, Sampling())
    assert failed.args == ["There is no model: choose another folder.", True]
    assert not link.is_busy
