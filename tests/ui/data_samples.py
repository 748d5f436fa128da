"""What the tests of the Data panel share: rows in the store, buttons by name, cells by place."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.conversation import user
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.store.project import Project
from workbench.store.rows import Dataset, NewPair
from workbench.ui.context import Session
from workbench.ui.panels.data.panel import DataPanel

FILE = Origin(OriginKind.IMPORTED, note="tea.jsonl")

NO_KEY = Qt.KeyboardModifier.NoModifier
_OFFERED = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


def pair(
    prompt: str, first: str = "Yes.", second: str = "No.", choice: Choice | None = Choice.FIRST,
    split: Split = Split.TRAIN,
) -> NewPair:  # fmt: skip
    return NewPair(user(prompt), first, second, FILE, FILE, choice, split)


def add_questions(project: Project, number: int, name: str = "Questions") -> Dataset:
    return project.datasets.add_pairs(name, [pair(f"Question {n}?") for n in range(number)])


def show_panel(qtbot: QtBot, session: Session) -> DataPanel:
    panel = DataPanel(session)
    session.window.panels.append(panel)
    qtbot.addWidget(panel)
    panel.resize(1280, 800)
    panel.show()
    qtbot.waitUntil(lambda: not panel._waiting)
    return panel


def push(qtbot: QtBot, parent: QWidget, name: str) -> None:
    """Press a button, as soon as it is there and can be pressed."""
    qtbot.waitUntil(lambda: parent.findChild(QAbstractButton, name) is not None)
    found = parent.findChild(QAbstractButton, name)
    assert found is not None
    qtbot.waitUntil(lambda: found.isVisible() and found.isEnabled())
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton, pos=QPoint(8, found.height() // 2))


def cell(panel: DataPanel, row: int, column: int) -> str:
    return str(panel.browser.rows.index(row, column).data())


def drag_over(panel: DataPanel, *paths: Path, key: Qt.KeyboardModifier = NO_KEY) -> QMimeData:
    """Drag files over the panel from a source that could copy or move them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    enter = QDragEnterEvent(QPoint(50, 50), _OFFERED, mime, Qt.MouseButton.LeftButton, key)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    return mime


def drop(panel: DataPanel, *paths: Path, key: Qt.KeyboardModifier = NO_KEY) -> QDropEvent:
    """Drag files over the panel and drop them."""
    mime = drag_over(panel, *paths, key=key)
    event = QDropEvent(QPoint(50, 50), _OFFERED, mime, Qt.MouseButton.LeftButton, key)
    QApplication.sendEvent(panel, event)
    return event


def tab_stops(first: QWidget, last: QWidget) -> list[str]:
    """Where Tab goes from one widget to another: object names, or accessible names."""
    found, at = [], first
    while True:
        can_stop = at.isVisible() and at.isEnabled() and at.focusProxy() is None
        if can_stop and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(at.objectName() or at.accessibleName())
        if at is last:
            return found
        at = at.nextInFocusChain()
        assert at is not first, "the last one does not follow"
