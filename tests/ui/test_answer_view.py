"""A text that is as high as it needs to be has nothing to scroll."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.widgets.rich_answer import RichAnswer

TEXT = "A text of several words that takes one line, or two, or three."


def test_a_text_shown_whole_has_nothing_to_scroll(qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    column = QVBoxLayout(ground)
    view = RichAnswer("Answer", max_height=2400)
    column.addWidget(view)
    column.addStretch(1)
    with qtbot.waitExposed(ground):
        ground.show()
    for width in (152, 340, 227, 131, 400, 180, 260):
        view.hide()
        view.show_source(TEXT)
        ground.resize(width, 400)
        view.show()
        qtbot.waitUntil(lambda: view.viewport().height() >= view.document().size().height())
        assert view.verticalScrollBar().maximum() == 0
