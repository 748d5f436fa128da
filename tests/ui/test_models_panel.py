from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.ui.held_bridge import HeldBridge
from tests.unit.modelfiles.model_folders import write_model
from workbench.core import paths
from workbench.core.changes import Changed, Changes
from workbench.core.events import RunState
from workbench.core.recipes import ModelRef, RunSpec, SftConfig
from workbench.store.project import Project
from workbench.ui.context import Session
from workbench.ui.panels.models import embedded_card
from workbench.ui.panels.models.details import parameters
from workbench.ui.panels.models.panel import ModelsPanel


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hugging Face cache of the test's own, and no way to the hub."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr("huggingface_hub.utils._cache_manager.HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return folder


@pytest.fixture
def show(qtbot: QtBot, session: Session) -> Callable[[], ModelsPanel]:
    def make() -> ModelsPanel:
        panel = ModelsPanel(session)
        session.window.panels.append(panel)
        qtbot.addWidget(panel)
        panel.resize(1100, 700)
        panel.show()
        qtbot.waitUntil(lambda: bool(panel.list.entries))
        return panel

    return make


def push(qtbot: QtBot, panel: ModelsPanel, name: str) -> None:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None
    qtbot.waitUntil(found.isVisible)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def titles(panel: ModelsPanel) -> list[str]:
    return [entry.title for entry in panel.list.entries]


def facts(panel: ModelsPanel) -> list[str]:
    return [value.text() for value in panel.details._facts._values]


def cache_model(cache: Path, repo_id: str) -> Path:
    """A model as huggingface_hub keeps it: blobs, a snapshot and a ref."""
    repo = cache / f"models--{repo_id.replace('/', '--')}"
    write_model(repo / "blobs")
    snapshot = repo / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    for blob in (repo / "blobs").iterdir():
        (snapshot / blob.name).symlink_to(blob)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    return snapshot


def test_a_folder_is_added_and_described(
    show: Callable[[], ModelsPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    panel.add_folder("tiny", write_model(tmp_path / "tiny"))
    qtbot.waitUntil(lambda: panel.list.current_key == str(tmp_path / "tiny"))
    assert facts(panel) == [
        "520", "LlamaForCausalLM", "2,048 tokens", "1.2 kB", "float16", "64 tokens",
        "apache-2.0", "llama", str(tmp_path / "tiny"),
    ]  # fmt: skip
    template = panel.findChild(QPlainTextEdit, "models.chat_template")
    assert template is not None
    assert template.toPlainText() == "{{ messages }}"
    assert [row.name for row in project.models.all()] == ["tiny"]


def test_a_dropped_folder_is_added(
    show: Callable[[], ModelsPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = show()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(write_model(tmp_path / "dropped")))])
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    enter = QDragEnterEvent(QPoint(50, 50), actions, mime, left, shift)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPoint(50, 50), actions, mime, left, shift)
    QApplication.sendEvent(panel, event)
    assert event.dropAction() is Qt.DropAction.CopyAction  # the folder stays where it is
    qtbot.waitUntil(lambda: "dropped" in titles(panel))
    assert [row.source for row in project.models.all()] == ["folder"]


def test_a_folder_with_a_pickle_is_refused_with_its_reason(
    show: Callable[[], ModelsPanel], project: Project, session: Session, qtbot: QtBot,
    tmp_path: Path,
) -> None:  # fmt: skip
    panel = show()
    folder = write_model(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    panel.add_folder("pickled", folder)
    errors = session.window.errors
    qtbot.waitUntil(lambda: bool(errors))
    assert "pickle" in str(errors.pop())
    assert project.models.all() == []


def test_a_model_whose_folder_is_gone_stays_listed_with_the_reason(
    show: Callable[[], ModelsPanel], project: Project, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "gone")
    project.models.add("gone", "folder", folder, {})
    shutil.rmtree(folder)
    panel = show()
    panel.show_item(model_path=str(folder))
    assert not next(entry for entry in panel.list.entries if entry.title == "gone").is_usable
    assert "There is no folder" in panel.details._problem.text()
    train = panel.findChild(QAbstractButton, "models.train")
    assert train is not None
    assert not train.isVisible()


def test_removing_a_model_leaves_its_files(
    show: Callable[[], ModelsPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "tiny")
    project.models.add("tiny", "folder", folder, {})
    panel = show()
    panel.show_item(model_path=str(folder))
    push(qtbot, panel, "models.remove")
    qtbot.waitUntil(lambda: "tiny" not in titles(panel))
    assert project.models.all() == []
    assert (folder / "model.safetensors").is_file()


def test_a_model_that_is_removed_twice_is_gone(
    show: Callable[[], ModelsPanel], project: Project, session: Session, qtbot: QtBot,
    bridge: HeldBridge, tmp_path: Path,
) -> None:  # fmt: skip
    folder = write_model(tmp_path / "tiny")
    project.models.add("tiny", "folder", folder, {})
    panel = show()
    panel.show_item(model_path=str(folder))
    for _ in range(2):
        panel.details.remove_wanted.emit()
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert session.window.errors == []
    assert project.models.all() == []


def test_a_whole_model_that_was_trained_here_is_shown(
    show: Callable[[], ModelsPanel], project: Project
) -> None:
    folder = project.runs_dir / "sft-1"
    write_model(folder / "model")
    base = ModelRef(name="tiny", path="/models/tiny")
    spec = RunSpec(run_id="sft-1", name="sft-1", model=base, config=SftConfig())
    project.runs.add(spec, folder, RunState.FINISHED)
    panel = show()
    panel.show_item(model_path=str(folder / "model"))
    assert panel.list.current_key == str(folder / "model")
    assert panel.details._place.text() == "trained here"


def test_a_model_that_was_shown_once_is_not_gone_back_to(
    show: Callable[[], ModelsPanel], project: Project, qtbot: QtBot, bridge: HeldBridge,
    tmp_path: Path,
) -> None:  # fmt: skip
    folders = [write_model(tmp_path / name) for name in ("one", "other")]
    for folder in folders:
        project.models.add(folder.name, "folder", folder, {})
    panel = show()
    panel.show_item(model_path=str(folders[0]))
    panel.list.select(str(folders[1]))
    panel.apply_changes(Changes(Changed.MODELS))
    qtbot.waitUntil(lambda: bridge.is_idle)
    assert panel.list.current_key == str(folders[1])


def test_models_of_the_cache_can_be_trained_and_then_belong_to_the_project(
    show: Callable[[], ModelsPanel], project: Project, session: Session, qtbot: QtBot,
    hub_cache: Path,
) -> None:  # fmt: skip
    snapshot = cache_model(hub_cache, "someone/tiny")
    broken = cache_model(hub_cache, "someone/broken")
    (broken / "model.safetensors").unlink()
    panel = show()
    assert titles(panel)[1:] == ["In the Hugging Face cache", "someone/broken", "someone/tiny"]
    assert [entry.is_usable for entry in panel.list.entries[2:]] == [False, True]
    panel.show_item(model_path=str(snapshot))
    push(qtbot, panel, "models.train")
    visits = session.window.visits
    qtbot.waitUntil(lambda: bool(visits))
    assert visits == [("train", {"model_path": str(snapshot)})]
    assert [row.name for row in project.models.all()] == ["someone/tiny"]


def test_without_the_hub_a_download_says_so_in_place(
    show: Callable[[], ModelsPanel], qtbot: QtBot
) -> None:
    panel = show()
    push(qtbot, panel, "models.download")
    field = panel.findChild(QLineEdit, "models.hub.id")
    assert field is not None
    qtbot.keyClicks(field, "someone/tiny")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.hub_card.property("card") == "bad")
    assert "someone/tiny" in panel.hub_card.message
    assert field.property("invalid") is True
    push(qtbot, panel, "models.hub.cancel")
    assert panel.hub_card.isHidden()


def test_a_cached_model_is_found_by_its_hub_id_without_the_hub(
    show: Callable[[], ModelsPanel], project: Project, qtbot: QtBot, hub_cache: Path
) -> None:
    cache_model(hub_cache, "someone/tiny")
    panel = show()
    panel.ask_hub()
    field = panel.findChild(QLineEdit, "models.hub.id")
    assert field is not None
    field.setText("someone/tiny")
    push(qtbot, panel, "models.hub.go")
    qtbot.waitUntil(lambda: [row.source for row in project.models.all()] == ["hub"])
    qtbot.waitUntil(lambda: "In the Hugging Face cache" not in titles(panel))


def test_the_embedded_model_can_be_made_and_the_making_stopped(
    show: Callable[[], ModelsPanel], qtbot: QtBot
) -> None:
    panel = show()
    assert panel.list.entries[0].tag == "not made yet"
    push(qtbot, panel, "models.embedded.make")
    qtbot.waitUntil(lambda: "of about" in panel.embedded_card.message)
    push(qtbot, panel, "models.embedded.cancel")
    qtbot.waitUntil(lambda: "stopped" in panel.embedded_card.message)
    assert not paths.embedded_model_dir().exists()


def test_a_making_that_fails_says_why(
    show: Callable[[], ModelsPanel], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functools import partial

    from workbench.runner.make_embedded import make_embedded_model

    failing = partial(make_embedded_model, module="workbench.no_such_module")
    monkeypatch.setattr(embedded_card, "make_embedded_model", failing)
    panel = show()
    push(qtbot, panel, "models.embedded.make")
    qtbot.waitUntil(lambda: "workbench doctor" in panel.embedded_card.message)
    assert panel.embedded_card.property("card") == "bad"


def test_the_embedded_model_is_described_once_it_is_made(
    show: Callable[[], ModelsPanel], qtbot: QtBot
) -> None:
    write_model(paths.embedded_model_dir())
    panel = show()
    qtbot.waitUntil(lambda: panel.details.isVisible())
    assert panel.list.entries[0].tag == "embedded"
    assert facts(panel)[0] == "520"


def test_the_list_is_walked_with_the_keyboard(
    show: Callable[[], ModelsPanel], project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    project.models.add("tiny", "folder", write_model(tmp_path / "tiny"), {})
    panel = show()
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert panel.list.current_key == str(tmp_path / "tiny")
    assert panel.details.isVisible()


def test_sizes_are_told_as_people_speak_of_them() -> None:
    assert [parameters(n) for n in (520, 134_515_008, 1_711_376_384)] == ["520", "135 M", "1.7 B"]
