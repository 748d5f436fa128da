"""The Home panel."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout

from workbench.core.changes import Changed, Changes
from workbench.core.paths import projects_dir
from workbench.ui.bridge import Latest
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.file_dialogs import ask_for_folder
from workbench.ui.panel import Panel
from workbench.ui.panels.home.loop import Loop, next_step, read_loop
from workbench.ui.panels.home.next_card import NextCard
from workbench.ui.panels.home.projects import NewProjectCard, ProjectsCard
from workbench.ui.panels.home.rounds import RoundsCard
from workbench.ui.panels.home.stages import StagesRow
from workbench.ui.panels.home.welcome import Welcome
from workbench.ui.tokens import SPACE_16
from workbench.ui.widgets.texts import button

_PROJECTS_WIDTH = 320


class HomePanel(Panel):
    interests: ClassVar[Changed] = Changed.EVERYTHING

    def __init__(self, session: Session) -> None:
        super().__init__(session, "", "")
        self.setObjectName("home")
        self._readings = Latest(session.bridge, self)
        self._is_getting_demo = False
        self._projects = ProjectsCard()
        self._projects.setFixedWidth(_PROJECTS_WIDTH)
        self._projects.open_wanted.connect(self._open)
        self._projects.forget_wanted.connect(self._forget)
        self._new_project = NewProjectCard(session.settings)
        self._new_project.create_wanted.connect(self._create)
        self._new_project.cancelled.connect(self._new_project.hide)
        self._new_project.hide()
        open_button = button(self.tr("Open…"), self._choose_project, kind="quiet")
        open_button.setObjectName("home.open")
        new_button = button(self.tr("New project"), self._new_project.begin)
        new_button.setObjectName("home.new")
        self.add_action(open_button)
        self.add_action(new_button)
        self.body.addWidget(self._new_project)
        if session.opened is None:
            self._build_without_project()
        else:
            self._build_with_project()

    def refresh(self, changes: Changes) -> None:
        settings = self.session.settings
        opened = self.session.opened
        folders = [Path(folder) for folder in settings.recent_projects]
        self._projects.show_projects(folders, opened.folder if opened else None)
        if opened is not None:
            self.set_heading(opened.name, self._purpose_text())
            self._readings.run(lambda: read_loop(opened, settings.annotator), self._show_loop)

    def commands(self) -> list[Command]:
        return [
            Command(self.tr("New project"), self._new_project.begin, "new_project"),
            Command(self.tr("Open a project…"), self._choose_project, "open"),
            Command(self.tr("Open the demo project"), self._open_demo, "play"),
        ]

    @Slot(object)
    def _show_loop(self, loop: Loop) -> None:
        step = next_step(loop)
        self._stages.show_loop(loop, step)
        self._next.show_step(loop, step)
        self._next.show()
        self._rounds.show_rounds(loop.rounds)

    def _build_with_project(self) -> None:
        self._stages = StagesRow()
        self._stages.chosen.connect(self.session.navigate)
        self._next = NextCard()
        self._next.hide()  # until it is known what to do
        self._next.wanted.connect(self.session.navigate)
        self._rounds = RoundsCard()
        self._rounds.run_chosen.connect(lambda run_id: self.session.navigate("runs", run_id=run_id))
        below = QHBoxLayout()
        below.setSpacing(SPACE_16)
        below.addWidget(self._rounds, 1)
        below.addWidget(self._projects)
        self.body.addWidget(self._stages)
        self.body.addWidget(self._next)
        self.body.addLayout(below, 1)

    def _build_without_project(self) -> None:
        self.set_heading(self.tr("Welcome"), self._purpose_text())
        welcome = Welcome(
            on_demo=self._open_demo, on_new=self._new_project.begin, projects=self._projects
        )
        self.body.addWidget(welcome, 1)

    def _purpose_text(self) -> str:
        return self.tr("The loop from labels to a better model, and where you are on it.")

    @Slot(Path)
    def _open(self, folder: Path) -> None:
        self.session.window.open_project(folder)

    @Slot(Path)
    def _forget(self, folder: Path) -> None:
        self.session.settings.forget_project(folder)
        self.refresh(Changes(Changed.PROJECT))

    @Slot(Path, str)
    def _create(self, folder: Path, name: str) -> None:
        self._new_project.hide()
        self.session.window.create_project(folder, name)

    def _open_demo(self) -> None:
        from workbench.runner.demo_project import demo_project_folder, open_demo_project

        opened = self.session.opened
        if opened is not None and opened.folder == demo_project_folder().resolve():
            return
        self.session.window.show_notice(self.tr("Getting the demo ready…"))
        if self._is_getting_demo:
            return
        self._is_getting_demo = True

        def opened_once() -> None:
            self._is_getting_demo = False
            self._open(demo_project_folder())

        def failed(error: BaseException) -> None:
            self._is_getting_demo = False
            self.session.show_error(error)

        self.session.bridge.run(
            lambda: open_demo_project().close(), lambda _: opened_once(), failed, owner=self
        )

    def _choose_project(self) -> None:
        title = self.tr("Open a project's folder")
        ask_for_folder(self, self.session.settings, title, self._open, start=projects_dir())
