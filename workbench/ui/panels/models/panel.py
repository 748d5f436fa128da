"""The Models panel: which base models are here, and what they are."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from workbench.core.changes import Changed, Changes
from workbench.modelfiles.embedded import EMBEDDED_NAME
from workbench.modelfiles.inspect import inspect_model
from workbench.ui import operations
from workbench.ui.bridge import Latest
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.file_dialogs import ask_for_folder
from workbench.ui.model_list import ListedModel, Place, all_models
from workbench.ui.panel import Panel
from workbench.ui.panels.models.details import ModelDetailsCard, parameters
from workbench.ui.panels.models.embedded_card import EmbeddedCard
from workbench.ui.panels.models.hub_card import HubCard
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.entry_list import Entry, EntryList, heading
from workbench.ui.widgets.texts import button
from workbench.ui.wording import size

_LIST_WIDTH = 320


class ModelsPanel(Panel):
    interests: ClassVar[Changed] = Changed.MODELS | Changed.RUNS

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.set_heading(
            self.tr("Models"),
            self.tr("Base models on this machine. Training leaves them as they are."),
        )
        self.setObjectName("models")
        self.setAcceptDrops(True)
        self._readings = Latest(session.bridge, self)
        self._models: dict[str, ListedModel] = {}
        self._wanted = ""
        hub = button(self.tr("Download from the hub…"), self.ask_hub, kind="quiet", icon="import")
        add = button(
            self.tr("Add folder…"), self.choose_folder, kind="primary", icon="add",
            tip=self.tr("Choose a folder with config.json and safetensors; you can drop one here"),
        )  # fmt: skip
        hub.setObjectName("models.download")
        add.setObjectName("models.add_folder")
        self.add_action(hub)
        self.add_action(add)
        self.hub_card = HubCard(session)
        self.hub_card.fetched.connect(partial(self.add_folder, source="hub"))
        self.list = EntryList(self.tr("Models"))
        self.list.setObjectName("models.list")
        self.list.chosen.connect(self._show_model)
        self.details = ModelDetailsCard()
        self.details.train_wanted.connect(self._train)
        self.details.remove_wanted.connect(self._remove)
        self.embedded_card = EmbeddedCard(session, EMBEDDED_NAME)
        self.embedded_card.made.connect(self._read_models)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.details)
        self._pages.addWidget(self.embedded_card)
        self._pages.hide()
        left = Card()
        left.setFixedWidth(_LIST_WIDTH)
        left.body.setContentsMargins(SPACE_8, SPACE_8, SPACE_8, SPACE_8)
        left.body.addWidget(self.list)
        columns = QHBoxLayout()
        columns.setSpacing(SPACE_16)
        columns.addWidget(left)
        columns.addWidget(self._pages, 1)
        self.body.addWidget(self.hub_card)
        self.body.addLayout(columns, 1)

    def refresh(self, changes: Changes) -> None:
        self._read_models()

    def show_item(self, **what: object) -> None:
        """`model_path` selects a model by its folder."""
        if isinstance(path := what.get("model_path"), str):
            self._wanted = "" if self.list.select(path) else path

    def commands(self) -> list[Command]:
        return [
            Command(self.tr("Add a model folder…"), self.choose_folder, "add"),
            Command(self.tr("Download a model from the hub…"), self.ask_hub, "import"),
        ]

    def close_down(self) -> None:
        self.hub_card.give_up()
        self.embedded_card.give_up()

    def ask_hub(self) -> None:
        """Show the card that fetches a model from the hub."""
        self.session.navigate("models")
        self.hub_card.ask()

    def choose_folder(self) -> None:
        """Ask for a model folder."""
        ask_for_folder(
            self, self.session.settings, self.tr("Add a model folder"),
            lambda folder: self.add_folder(folder.name, folder),
        )  # fmt: skip

    def add_folder(self, name: str, folder: Path, source: str = "folder") -> None:
        """Check a model folder and remember it in the project; a problem is shown in the bar."""
        project = self.session.project

        def add() -> Changes:
            details = inspect_model(folder, name)
            return operations.add_model(project, name, source, folder, details.to_json())

        self._wanted = str(folder)
        self.session.change_later(add, owner=self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        folder = _dropped_folder(event)
        if folder is not None:
            event.setDropAction(Qt.DropAction.CopyAction)  # a move would take it from its place
            event.accept()
            self.add_folder(folder.name, folder)

    def _read_models(self) -> None:
        read = partial(all_models, self.session.project)
        self._readings.run(read, self._show_models)

    def _show_models(self, models: list[ListedModel]) -> None:
        self._models = {model.key: model for model in models}
        here = [model for model in models if model.place is not Place.CACHE]
        cached = [model for model in models if model.place is Place.CACHE]
        entries = [self._entry(model) for model in here]
        if cached:
            entries.append(heading(self.tr("In the Hugging Face cache")))
            entries += [self._entry(model) for model in cached]
        self.list.show_entries(entries)
        if not (self._wanted and self.list.select(self._wanted)) and not self.list.current_key:
            self.list.select(models[0].key)
        if self._wanted in self._models:
            self._wanted = ""
        self._show_model(self.list.current_key)

    def _entry(self, model: ListedModel) -> Entry:
        if model.details is not None:
            said = self.tr("{0} parameters · {1}").format(
                parameters(model.details.parameters), size(model.details.size_bytes)
            )
            tags = {Place.EMBEDDED: self.tr("embedded"), Place.TRAINED: self.tr("trained here")}
            tag = tags.get(model.place, "")
            return Entry(model.key, model.name, said, tag)
        if model.problem:
            return Entry(model.key, model.name, model.problem, is_usable=False)
        return Entry(
            model.key, model.name, self.tr("ships with Workbench"), self.tr("not made yet"),
            "caution",
        )  # fmt: skip

    def _show_model(self, key: str) -> None:
        model = self._models.get(key)
        if model is None:
            return
        is_unmade = model.details is None and not model.problem
        self._pages.setCurrentWidget(self.embedded_card if is_unmade else self.details)
        self._pages.show()
        if not is_unmade:
            self.details.show_model(model)

    def _train(self) -> None:
        model = self._models[self.list.current_key]
        go = partial(self.session.navigate, "train", model_path=model.key)
        if model.place is Place.CACHE and model.details is not None:
            add = partial(
                operations.add_model, self.session.project, model.name, "hub", model.folder,
                model.details.to_json(),
            )  # fmt: skip
            self.session.change_later(add, owner=self, then=go)
        else:
            go()

    def _remove(self) -> None:
        model = self._models[self.list.current_key]
        if model.model_id is not None:
            remove = partial(operations.remove_model, self.session.project, model.model_id)
            self.session.change_later(remove, owner=self)


def _dropped_folder(event: QDropEvent) -> Path | None:
    urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
    if len(urls) != 1:
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_dir() else None
