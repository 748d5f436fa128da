"""The window: the rail, the panels, the message bar and the device strip. Navigation only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.changes import Changed, Changes
from workbench.core.errors import KnownError
from workbench.core.telemetry import MachineReading
from workbench.store.project import Project
from workbench.store.rows import RunRow
from workbench.telemetry.sampler import Sampler
from workbench.ui.bridge import Bridge
from workbench.ui.bug_report import bug_report
from workbench.ui.commands import Command
from workbench.ui.context import Session
from workbench.ui.garbage import look_through_everything
from workbench.ui.panel import Panel
from workbench.ui.panel_table import HOME, PANELS, PanelEntry
from workbench.ui.run_watcher import RunWatcher, WatchReport
from workbench.ui.settings import SIZES_PERCENT, Settings
from workbench.ui.tokens import WINDOW_DEFAULT, WINDOW_MINIMUM
from workbench.ui.widgets.command_palette import CommandPalette
from workbench.ui.widgets.device_strip import DeviceStrip
from workbench.ui.widgets.message_bar import MessageBar
from workbench.ui.widgets.notice import Notice
from workbench.ui.widgets.rail import Rail
from workbench.ui.window_commands import Elsewhere, Go, Look, Size

_TELEMETRY_INTERVAL_S = 1.0
_FRAME_HEIGHT = 40  # about what a desktop puts around a window


class MainWindow(QMainWindow):
    """Owns the session. `project` None shows Home alone; opening another replaces every panel."""

    def __init__(self, settings: Settings, project: Project | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._panels: dict[str, Panel] = {}
        self._chosen = ""
        self._opening: Path | None = None
        self._open_next: Callable[[], object] | None = None
        self._on_its_way: Project | None = None  # opened on another thread, and not shown yet
        self._reading: MachineReading | None = None
        self._active_runs: tuple[RunRow, ...] = ()
        self._watcher: RunWatcher | None = None
        self._rail = Rail()
        self._stack = QStackedWidget()
        self._strip = DeviceStrip()
        self._messages = MessageBar()
        self._ground = QWidget()
        self._notice = Notice(self._ground, lambda: self.current_panel.heading)
        self._palette = CommandPalette(self)
        self._sampler = Sampler()
        self._build()
        self._begin(project)

    # Session: from the opening of a project to its closing.

    def _begin(self, project: Project | None) -> None:
        bridge = Bridge()
        bridge.failed.connect(self.show_error)
        self._session = Session(self, bridge, self._settings, project, self._stack)
        bridge.poll(
            self._sampler.read,
            self._show_reading,
            interval_s=_TELEMETRY_INTERVAL_S,
            name="telemetry",
        )
        for entry in PANELS:
            self._rail.set_available(entry.name, project is not None or entry.name == HOME)
        self.setWindowTitle(f"{project.name} – Workbench" if project else "Workbench")
        if project is not None:
            self._settings.remember_project(project.folder)
            self._watcher = RunWatcher(bridge, project, self._show_watch_report)
        self.navigate(HOME if project is None else self._chosen or HOME)

    def _end(self) -> None:
        for panel in self._panels.values():
            try:
                panel.close_down()
            except Exception as error:  # it keeps none of the others from their end
                self.show_error(error)
        self._palette.hide()  # it may offer what belongs to these panels
        self._session.bridge.close()
        if self._on_its_way is not None:
            self._on_its_way.close()
        self._watcher = None
        for panel in self._panels.values():
            self._stack.removeWidget(panel)
            panel.deleteLater()
        self._panels.clear()
        if self._session.opened is not None:
            self._session.opened.close()
        self._active_runs = ()
        self._strip.show_job(None)

    @property
    def session(self) -> Session:
        return self._session

    def open_project(self, folder: Path) -> None:
        """Open the project in `folder` in place of this one; an error leaves this one open."""
        opened = self._session.opened
        if opened is not None and opened.folder == folder.resolve():
            self.navigate(HOME)
            if self._opening is None:
                return
        self._open(folder, lambda: Project.open(folder), lambda: self.open_project(folder))

    def create_project(self, folder: Path, name: str) -> None:
        """Make a project in `folder` and open it in place of this one."""
        create = partial(Project.create, folder, name)
        self._open(folder, create, lambda: self.create_project(folder, name))

    def _open(
        self, folder: Path, get: Callable[[], Project], ask_again: Callable[[], object]
    ) -> None:
        """Get one project at a time; of others that are wanted meanwhile, the last one counts."""
        if self._opening is not None:
            self._open_next = ask_again if folder != self._opening else None
            return

        def keep() -> Project:
            self._on_its_way = get()
            return self._on_its_way

        self._opening = folder
        self._session.bridge.run(keep, self._replace_project, self._opening_failed)

    @Slot(object)
    def _replace_project(self, project: Project) -> None:
        self._opening = self._on_its_way = None
        if self._open_next is not None:
            project.close()
            self._open_other()
            return
        self._end()
        self._chosen = HOME
        self._messages.hide()
        self._notice.hide()
        self._begin(project)
        QTimer.singleShot(0, look_through_everything)  # the panels of the one before are gone then

    @Slot(object)
    def _opening_failed(self, error: BaseException) -> None:
        self._opening = None
        self.show_error(error)
        self._open_other()

    def _open_other(self) -> None:
        following, self._open_next = self._open_next, None
        if following is not None:
            following()

    # What panels ask for (`context.Window`).

    @Slot(str)
    def navigate(self, panel: str, **what: object) -> None:
        """Show `panel`, made at its first showing; `what` goes to its `show_item`."""
        if not self._can_show(panel):
            return
        entry = next((item for item in PANELS if item.name == panel), None)
        if entry is None:
            return
        shown = self._panel(entry)
        if panel != self._chosen:
            self._notice.hide()  # what it leads on from is left behind
        self._chosen = panel
        self._rail.show_chosen(panel)
        self._stack.setCurrentWidget(shown)
        if what:
            shown.show_item(**what)
        shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def apply(self, changes: Changes) -> None:
        """Pass on what changed: visible panels refresh now, hidden ones when next shown."""
        if not changes:
            return
        for panel in list(self._panels.values()):
            panel.apply_changes(changes)
        if changes.flags & Changed.RUNS and self._watcher is not None:
            self._watcher.look_now()
        if changes.flags & Changed.PROJECT and self._session.opened is not None:
            self.setWindowTitle(f"{self._session.project.name} – Workbench")

    @Slot(object)
    def show_error(self, error: BaseException) -> None:
        """Show a KnownError's sentence; anything else is ours, with an offer to report it."""
        if isinstance(error, KnownError):
            self._messages.say(str(error), tone="bad")
            return
        report = bug_report(error)
        self._messages.say(
            self.tr("Something broke in Workbench: {0}.").format(
                f"{type(error).__name__}: {error}".rstrip(".: ")
            ),
            tone="bad",
            action=self.tr("Copy report"),
            on_action=lambda: QGuiApplication.clipboard().setText(report),
        )

    def show_notice(
        self, text: str, *, action: str = "", on_action: Callable[[], object] | None = None
    ) -> None:
        """Say what was done, for a while, with an optional next step."""
        self._notice.say(text, action=action, on_action=on_action)

    def machine(self) -> MachineReading | None:
        """The newest reading of the machine."""
        return self._reading

    def active_runs(self) -> tuple[RunRow, ...]:
        """The runs that are not over; the one that the strip names comes first."""
        return self._active_runs

    # What the parts show.

    @property
    def messages(self) -> MessageBar:
        return self._messages

    @property
    def notice(self) -> Notice:
        return self._notice

    @property
    def strip(self) -> DeviceStrip:
        return self._strip

    @property
    def palette_popup(self) -> CommandPalette:
        return self._palette

    @property
    def current_panel(self) -> Panel:
        return self._panels[self._chosen]

    def _can_show(self, panel: str) -> bool:
        return panel == HOME or self._session.opened is not None

    def _panel(self, entry: PanelEntry) -> Panel:
        if entry.name not in self._panels:
            panel = entry.make(self._session)
            self._panels[entry.name] = panel
            self._stack.addWidget(panel)
        return self._panels[entry.name]

    @Slot(object)
    def _show_reading(self, reading: MachineReading) -> None:
        self._reading = reading
        self._strip.show_reading(reading)

    @Slot(object)
    def _show_watch_report(self, report: WatchReport) -> None:
        self._active_runs = report.active
        self._strip.show_job(report.job)
        self.apply_watched(report.changes)

    def apply_watched(self, changes: Changes) -> None:
        """Pass on what the watcher read, without asking it to look again."""
        if changes:
            for panel in list(self._panels.values()):
                panel.apply_changes(changes)

    @Slot()
    def open_palette(self) -> None:
        """Ctrl+K: the visible panel's actions first, then the rest."""
        self._palette.open_with(self._commands())
        QTimer.singleShot(0, self, self._list_next_panel)

    def _list_next_panel(self) -> None:
        """Make a panel that was not seen yet, so that its actions are found too; one a turn."""
        missing = (entry for entry in PANELS if entry.name not in self._panels)
        entry = next(missing, None)
        if entry is None or self._session.opened is None or not self._palette.isVisible():
            return
        self._panel(entry)
        self._palette.offer(self._commands())
        QTimer.singleShot(0, self, self._list_next_panel)

    def _commands(self) -> list[Command]:
        found = list(self.current_panel.commands())
        for number, entry in enumerate(PANELS, start=1):
            go = Go(self, entry.name)
            title = self.tr("Go to {0}").format(entry.shown_title)
            found.append(
                Command(
                    title, go, entry.name, f"Ctrl {number}", partial(self._can_show, entry.name)
                )
            )
        for name, panel in self._panels.items():
            if name != self._chosen:
                found += [
                    replace(command, run=Elsewhere(self, name, command.run))
                    for command in panel.commands()
                ]
        looks = {
            "system": self.tr("Theme: as the system"),
            "light": self.tr("Theme: light"),
            "dark": self.tr("Theme: dark"),
        }
        for mode, title in looks.items():
            found.append(Command(title, Look(self._settings, mode), "theme"))
        for percent in SIZES_PERCENT:
            title = self.tr("Size: {0} %").format(percent)
            found.append(Command(title, Size(self, self._settings, percent), "theme"))
        return found

    # Building, closing.

    def _build(self) -> None:
        room = self.screen().availableSize()
        self.setMinimumSize(
            min(WINDOW_MINIMUM[0], room.width()), min(WINDOW_MINIMUM[1], room.height())
        )
        for number, entry in enumerate(PANELS, start=1):
            self._rail.add(entry.name, entry.shown_title, f"Ctrl {number}")
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(Go(self, entry.name))
        QShortcut(QKeySequence("Ctrl+K"), self).activated.connect(self.open_palette)
        self._rail.chosen.connect(self.navigate)
        self._strip.palette_wanted.connect(self.open_palette)
        self._strip.job_clicked.connect(Go(self, "runs"))
        content = QVBoxLayout()
        content.setSpacing(0)
        content.addWidget(self._messages)
        content.addWidget(self._ground, 1)
        ground = QVBoxLayout(self._ground)
        ground.setContentsMargins(0, 0, 0, 0)
        ground.addWidget(self._stack)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._rail)
        middle.addLayout(content, 1)
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(self._strip)
        self.setCentralWidget(central)
        self._restore_geometry()

    def _restore_geometry(self) -> None:
        stored = QByteArray.fromBase64(QByteArray(self._settings.geometry.encode()))
        if stored.isEmpty() or not self.restoreGeometry(stored):
            room = self.screen().availableSize()
            width, height = WINDOW_DEFAULT
            # The frame is only there once the window is shown.
            self.resize(min(width, room.width()), min(height, room.height() - _FRAME_HEIGHT))

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Qt asks here as well when the widget with the keyboard is hidden: the rail's first button
        # would get it. It stays in the panel.
        focused = self.focusWidget()
        if focused is not None and not focused.isVisible() and self._chosen in self._panels:
            self.current_panel.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().focusNextPrevChild(forward)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self._settings.save()
        self._end()
        self._sampler.close()
        super().closeEvent(event)
