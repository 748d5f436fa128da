"""Recent projects, opening another, and making a new one in place."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.core.paths import projects_dir
from workbench.store.project import DATABASE_NAME, read_name
from workbench.ui.file_dialogs import ask_for_folder
from workbench.ui.settings import Settings
from workbench.ui.tokens import SPACE_4, SPACE_8
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, icon_button, label, line, pill
from workbench.ui.wording import ago


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a row says of a folder."""

    folder: Path
    title: str
    is_there: bool
    is_open: bool
    changed: str


class ProjectsCard(Card):
    """The recent list. Emits `open_wanted` and `forget_wanted` with a folder's path."""

    open_wanted = Signal(Path)
    forget_wanted = Signal(Path)

    def __init__(self) -> None:
        super().__init__(self.tr("Projects"))
        self._shown: list[_Listed] | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(SPACE_8)
        self.body.addLayout(self._rows)
        self.body.addStretch(1)

    def show_projects(self, folders: list[Path], opened: Path | None) -> None:
        """Show the recent folders, newest first; missing ones are named as such. None: no card."""
        listed = [_look_at(folder, is_open=folder == opened) for folder in folders]
        if listed == self._shown:
            return  # a row that is pressed just now stays
        self._shown = listed
        while (taken := self._rows.takeAt(0)) is not None:
            if (widget := taken.widget()) is not None:
                widget.deleteLater()
        for place, item in enumerate(listed):
            if place:
                self._rows.addWidget(line())
            self._rows.addWidget(self._row(item))
        self.setVisible(bool(folders))

    def _row(self, item: _Listed) -> QWidget:
        folder, title = item.folder, item.title
        row = QWidget()
        name = button(title, lambda: self.open_wanted.emit(folder), kind="link")
        name.setObjectName(f"home.project.{folder.name}")
        name.setAccessibleName(self.tr("Open {0}").format(title))
        name.setEnabled(item.is_there and not item.is_open)
        gone = self.tr("not there any more")
        place = label(_shortened(folder) if item.is_there else gone, "small")
        place.setToolTip(str(folder))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(place)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(words, 1)
        if item.is_open:
            layout.addWidget(pill(self.tr("open"), "accent"))
        elif item.is_there:
            layout.addWidget(label(item.changed, "small"))
        else:
            forget = self.tr("Take {0} off the list").format(folder.name)
            layout.addWidget(icon_button("close", forget, lambda: self.forget_wanted.emit(folder)))
        return row


class NewProjectCard(Card):
    """A form in place: a name and a folder. Emits `create_wanted` or `cancelled`."""

    create_wanted = Signal(Path, str)
    cancelled = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__(self.tr("New project"))
        self._settings = settings
        self._folder_is_ours = True
        self._name = QLineEdit()
        self._name.setObjectName("home.new.name")
        self._name.setPlaceholderText(self.tr("Concise answers"))
        self._name.setAccessibleName(self.tr("Name"))
        self._folder = QLineEdit()
        self._folder.setObjectName("home.new.folder")
        self._folder.setAccessibleName(self.tr("Folder"))
        self._create = button(self.tr("Create"), self._finish, kind="primary")
        self._create.setObjectName("home.new.create")
        form = QGridLayout()
        form.setHorizontalSpacing(SPACE_8)
        form.setVerticalSpacing(SPACE_4)
        form.addWidget(label(self.tr("Name"), "secondary"), 0, 0)
        form.addWidget(label(self.tr("Folder"), "secondary"), 0, 1)
        form.addWidget(self._name, 1, 0)
        form.addWidget(self._folder, 1, 1)
        form.addWidget(button(self.tr("Choose…"), self._choose, kind="quiet"), 1, 2)
        form.addWidget(self._create, 1, 3)
        form.addWidget(button(self.tr("Cancel"), self.cancelled.emit, kind="quiet"), 1, 4)
        form.setColumnStretch(0, 2)
        form.setColumnStretch(1, 3)
        self.body.addLayout(form)
        self._name.textEdited.connect(self._follow_name)
        self._folder.textEdited.connect(self._keep_folder)
        self._name.returnPressed.connect(self._finish)
        self._folder.returnPressed.connect(self._finish)

    def begin(self) -> None:
        """Show an empty form with the keyboard in it."""
        self._folder_is_ours = True
        self._name.clear()
        self._follow_name("")
        self.show()
        self._name.setFocus()

    def _follow_name(self, name: str) -> None:
        if self._folder_is_ours:
            self._folder.setText(str(projects_dir() / (_slug(name) or "new-project")))
        self._create.setEnabled(bool(name.strip()))

    def _keep_folder(self, _text: str) -> None:
        self._folder_is_ours = False

    def _choose(self) -> None:
        title = self.tr("A folder to keep the project in")
        ask_for_folder(self, self._settings, title, self._keep_in, start=projects_dir())

    def _keep_in(self, folder: Path) -> None:
        self._folder_is_ours = False
        self._folder.setText(str(folder / (_slug(self._name.text()) or "new-project")))

    def _finish(self) -> None:
        name, folder = self._name.text().strip(), self._folder.text().strip()
        if name and folder:
            self.create_wanted.emit(Path(folder).expanduser(), name)


def _look_at(folder: Path, *, is_open: bool) -> _Listed:
    return _Listed(
        folder,
        read_name(folder),
        (folder / DATABASE_NAME).is_file(),
        is_open,
        "" if is_open else ago(_changed_at(folder), time.time()),
    )


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name.strip().lower()).strip("-.")


def _shortened(folder: Path) -> str:
    home = str(Path.home())
    text = str(folder.parent)
    return "~" + text.removeprefix(home) if text.startswith(home) else text


def _changed_at(folder: Path) -> float:
    times_s = [0.0]
    for path in folder.glob(f"{DATABASE_NAME}*"):
        with suppress(OSError):  # its log goes when a window closes it
            times_s.append(path.stat().st_mtime)
    return max(times_s)
