"""Label panels for tests: real ones, with pairs whose origin must never show."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from workbench.core import conversation
from workbench.core.labelling import LabelSettings
from workbench.core.preferences import Origin, OriginKind, Verdict
from workbench.store.project import Project
from workbench.store.rows import NewPair
from workbench.ui.context import Session
from workbench.ui.panels.label.panel import LabelPanel

SECRET = Origin(OriginKind.SAMPLED, model="SecretModel", run_id="secret-run")
_OWN_PROPERTIES = (
    "role", "kind", "card", "pill", "line", "area", "frame", "menu", "invalid", "plain",
)  # fmt: skip
PLAIN = LabelSettings(in_order=True, gold_every=0, repeat_every=0)


def add_pairs(project: Project, count: int, settings: LabelSettings = PLAIN) -> list[str]:
    """Pairs in a project, and how they are picked; returns their ids in order."""
    pairs = [
        NewPair(conversation.user(f"Question {n}?"), f"First {n}.", f"Second {n}.", SECRET, SECRET)
        for n in range(count)
    ]
    project.datasets.add_pairs("To label", pairs)
    project.queue.change_settings(settings)
    return [pair.id for pair in project.pairs.waiting("nobody", count)]


def shown_panel(qtbot: QtBot, session: Session, *, has_pairs: bool = True) -> LabelPanel:
    """A panel on screen, with its first pair in view and its counts read."""
    panel = LabelPanel(session)
    session.window.panels.append(panel)
    qtbot.addWidget(panel)
    panel.resize(1200, 800)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    panel.setFocus()
    if has_pairs:
        qtbot.waitUntil(lambda: bool(shown_text(panel, "prompt")) and " of " in count_text(panel))
    return panel


def count_text(panel: LabelPanel) -> str:
    count = panel.findChild(QLabel, "label.count")
    assert count is not None
    return count.text() if "0 of 0" not in count.text() else ""


def shown_text(panel: LabelPanel, name: str) -> str:
    view = panel.findChild(QTextEdit, f"label.{name}")
    assert view is not None
    return view.toPlainText()


def label_text(panel: LabelPanel, name: str) -> str:
    found = panel.findChild(QLabel, f"label.{name}")
    assert found is not None
    return found.text()


def newest(project: Project) -> Verdict:
    """The verdict that was given last."""
    sql = "SELECT pair_id FROM verdicts ORDER BY rowid DESC LIMIT 1"
    pair_id = project.database.read(lambda db: db.execute(sql).fetchone()[0])
    return project.labels.history(pair_id)[-1]


def press(
    qtbot: QtBot,
    panel: LabelPanel,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press a key where the keyboard is."""
    if QApplication.activeWindow() is None:
        # After a dialog a desktop gives the keyboard back to the window; here nobody else does.
        panel.window().activateWindow()
        qtbot.waitUntil(panel.isActiveWindow)
    target = QApplication.focusWidget() or panel
    qtbot.keyClick(target, key, modifiers)


def decide(qtbot: QtBot, panel: LabelPanel, key: Qt.Key) -> None:
    """Press a verdict key and wait for the next pair."""
    before = shown_text(panel, "prompt")
    press(qtbot, panel, key)
    qtbot.waitUntil(lambda: shown_text(panel, "prompt") != before)


def everything_said(root: QWidget) -> str:
    """Every word that a widget tree holds, seen or unseen."""
    said: list[str] = []
    for item in [root, *root.findChildren(QObject)]:
        said.append(item.objectName())
        said += [str(item.property(name)) for name in _OWN_PROPERTIES]
        if isinstance(item, QWidget):
            said += [item.toolTip(), item.accessibleName(), item.accessibleDescription()]
            said += [item.statusTip(), item.whatsThis(), item.windowTitle()]
        if isinstance(item, QAction):
            said += [item.toolTip(), item.statusTip(), item.whatsThis()]
        for name in ("text", "title", "placeholderText", "toPlainText", "toHtml", "currentText"):
            read = getattr(item, name, None)
            if callable(read) and not name.startswith("set"):
                said.append(str(read()))
    return "\n".join(said)
