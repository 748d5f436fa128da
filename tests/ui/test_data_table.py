"""How the table of rows is painted."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from tests.ui.data_samples import add_questions, show_panel
from workbench.store.project import Project
from workbench.ui import theme
from workbench.ui.context import Session
from workbench.ui.panels.data.line_cutter import LineCutter
from workbench.ui.panels.data.rows import Index, Rows


def test_a_cell_is_asked_once_for_what_stands_in_it(
    qtbot: QtBot, session: Session, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_questions(project, 30)
    panel = show_panel(qtbot, session)
    table = panel.browser.table
    qtbot.waitUntil(lambda: panel.browser.rows.row(0) is not None)
    asked: list[tuple[int, int]] = []
    ask = Rows.text

    def counted(rows: Rows, index: Index) -> str:
        asked.append((index.row(), index.column()))
        return ask(rows, index)

    monkeypatch.setattr(Rows, "text", counted)
    table.viewport().repaint()
    assert (0, 0) in asked
    assert len(asked) == len(set(asked))


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("text", ["short", "a long line " * 40, "iiii" * 200, "שלום עולם " * 40])
def test_what_is_painted_fits_and_says_where_it_was_cut(text: str) -> None:
    metrics = QFontMetrics(theme.font("body"))
    shown = LineCutter(theme.font("body")).cut(text, 200)
    assert metrics.horizontalAdvance(shown) <= 200
    assert shown == text or shown.endswith("…")
