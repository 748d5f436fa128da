"""Formulas within answers: found, shown in their place, and led back to the text they stand for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui import theme
from workbench.ui.formulas import typesetter
from workbench.ui.formulas.formula import Formula
from workbench.ui.formulas.typesetter import Typesetter
from workbench.ui.markup.answer_document import AnswerDocument
from workbench.ui.markup.blocks import Kind, read_blocks
from workbench.ui.markup.formula_object import OBJECT
from workbench.ui.widgets.rich_answer import Mark, RichAnswer

TEXT = "So **we** have $x^2$ here,\n\\[ \\frac{a}{b} \\]\nand `$code$`, $5 and $\\broken{y$."


@pytest.fixture(scope="module")
def one_process(qapp: QApplication) -> Iterator[Typesetter]:
    made = Typesetter(qapp)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _own_formulas(one_process: Typesetter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set when a test begins, yet the process is not started for each."""
    one_process._outlines.clear()
    monkeypatch.setattr(typesetter, "_shared", [one_process])


def formulas(text: str) -> list[Formula]:
    return [run.formula for block in read_blocks(text) for run in block.runs if run.formula]


def shown(qtbot: QtBot, text: str, *, width: int = 500, height: int = 300) -> RichAnswer:
    """A view with every formula set that can be."""
    view = RichAnswer("Answer")
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    view.show_source(text)
    wait_for_formulas(qtbot, view)
    return view


def wait_for_formulas(qtbot: QtBot, view: RichAnswer) -> None:
    known, wanted = typesetter.shared(), formulas(view.source)
    qtbot.waitUntil(lambda: all(map(known.is_decided, wanted)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"Inline $x$, \(y\), $$z$$ and \[w\].", [("x", 0), ("y", 0), ("z", 1), ("w", 1)]),
        ("$$\nx\n= y\n$$", [("\nx\n= y\n", 1)]),
        (
            "\\begin{align*}\na &= b\n\\end{align*}.",
            [("\\begin{align*}\na &= b\n\\end{align*}", 1)],
        ),
        ("$5 and $10", []),
        ("Pay $10 to see `$x$` or $20 for two$.", []),
        ("From $1,000-$2,000 to US$3, or 5$ and 10$.", []),
        ("`$x$`\n```\n$$y$$\n\\begin{align}\n```", []),
        ("\\begin{itemize}\nx\n\\end{itemize}", []),
    ],
)
def test_formulas_are_told_from_text(text: str, found: list[tuple[str, int]]) -> None:
    assert [(made.latex, made.is_display) for made in formulas(text)] == found


def test_what_follows_a_formula_on_its_line_is_shown() -> None:
    (block,) = read_blocks("\\[ a \\],")
    assert block.kind is Kind.FORMULA
    assert [run.text for run in block.runs] == ["a", ","]


def test_formulas_stand_as_text_until_they_are_set(qtbot: QtBot) -> None:
    before = AnswerDocument(TEXT)
    assert [formula.latex for formula in before.undecided] == [
        "x^2", r" \frac{a}{b} ", r"\broken{y",
    ]  # fmt: skip
    assert before.document.toPlainText().startswith("So we have x² here,\na/b\n")
    view = shown(qtbot, TEXT)
    expected = f"So we have {OBJECT} here,\n{OBJECT}\nand $code$, $5 and \\broken{{y."
    assert view.toPlainText() == expected
    assert view.accessibleDescription() == before.document.toPlainText()


def test_places_in_a_text_with_formulas_lead_both_ways(qtbot: QtBot) -> None:
    answer = shown(qtbot, TEXT)._answer
    seen = answer.document.toPlainText()
    at = seen.index(OBJECT)
    place = answer.source_range(at, at + 1)
    assert place is not None
    assert TEXT[slice(*place)] == "$x^2$"
    inside = TEXT.index("^2")
    assert answer.shown_ranges(inside, inside + 1) == [(at, at + 1)]
    here = TEXT.index("here")
    assert [seen[a:b] for a, b in answer.shown_ranges(here, here + 4)] == ["here"]
    place = answer.source_range(seen.index("have"), seen.index("here") + 4)
    assert place is not None
    assert TEXT[slice(*place)] == "have $x^2$ here"


def test_what_is_copied_has_the_latex(qtbot: QtBot) -> None:
    view = shown(qtbot, TEXT)
    view.selectAll()
    view.copy()
    assert QApplication.clipboard().text() == (
        "So we have $x^2$ here,\n\\[ \\frac{a}{b} \\]\nand $code$, $5 and $\\broken{y$."
    )


def test_marks_and_what_is_selected_outlast_the_setting(qtbot: QtBot) -> None:
    view = RichAnswer("Answer")
    qtbot.addWidget(view)
    view.show_source(TEXT)
    start = TEXT.index("have")
    view.mark([Mark(start, start + len("have $x^2$"), "good")])
    cursor = QTextCursor(view.document())
    cursor.setPosition(3)
    cursor.setPosition(len("So we have x²"), QTextCursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)
    selected = view.selected_source()
    wait_for_formulas(qtbot, view)
    assert OBJECT in view.toPlainText()
    assert view.selected_source() == selected
    marked = [selection.cursor.selectedText() for selection in view.extraSelections()]
    assert marked == ["have ", OBJECT]


def test_what_is_read_stays_in_sight(qtbot: QtBot) -> None:
    lines = [f"\\[ \\frac{{{n}}}{{x}} \\]" for n in range(12)]
    text = "\n".join([*lines, "This is read.", *(f"Line {n}" for n in range(40))])
    view = RichAnswer("Answer")
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    view.show_source(text)
    before = view.document().find("This is read.")
    view.verticalScrollBar().setValue(view.cursorRect(before).top())
    place = view.cursorRect(view.document().find("This is read.")).top()
    wait_for_formulas(qtbot, view)
    assert OBJECT in view.toPlainText()
    assert view.cursorRect(view.document().find("This is read.")).top() == place


def test_a_formula_stands_on_the_line_of_its_text(qtbot: QtBot) -> None:
    """The fraction hangs below the line, and the words beside it stay where they are."""
    view = shown(qtbot, "a $x$ b\na $\\dfrac{x}{\\frac{y}{z}}$ b")
    low, high = view.document().firstBlock().layout(), view.document().lastBlock().layout()
    assert high.lineAt(0).descent() > low.lineAt(0).descent() + 5
    assert high.lineAt(0).ascent() > low.lineAt(0).ascent()


def test_an_empty_line_below_a_formula_is_as_high_as_any(qtbot: QtBot) -> None:
    view = shown(qtbot, "a\n\n$$ \\dfrac{x}{\\frac{y}{z}} $$\n\nb")
    document = view.document()
    heights = [document.findBlockByNumber(n).layout().lineAt(0).height() for n in (1, 3)]
    assert heights[0] == heights[1]


def test_cells_of_a_table_stand_in_columns_with_their_formulas(qtbot: QtBot) -> None:
    text = "| **a** | $x^2$ | 1 |\n|---|---|---|\n| 宽宽宽宽 | c | 2 |\n||d|3|"
    view = shown(qtbot, text)
    answer = view._answer
    seen = answer.document.toPlainText()
    assert seen == f"a\t{OBJECT}\t1\n宽宽宽宽\tc\t2\n\td\t3"
    assert answer.copied_text(0, len(seen)).startswith("a\t$x^2$\t1\n")
    at = seen.index(OBJECT)
    assert answer.source_range(at, at + 1) == (text.index("$"), text.rindex("$") + 1)
    places = [view.cursorRect(_cursor_at(answer.document, seen.index(word))).left()
              for word in (OBJECT, "c", "d", "1", "2", "3")]  # fmt: skip
    assert places[0] == places[1] == places[2] < places[3] == places[4] == places[5]


def _cursor_at(document: QTextDocument, position: int) -> QTextCursor:
    cursor = QTextCursor(document)
    cursor.setPosition(position)
    return cursor


def test_a_wide_formula_is_drawn_smaller_and_then_scrolled_to(qtbot: QtBot) -> None:
    terms = " + ".join(f"a_{n}" for n in range(9))
    view = shown(qtbot, f"\\[ {terms} \\]", width=1000)
    natural = view.document().idealWidth()
    view.resize(round(natural * 0.85), 300)
    assert view.document().idealWidth() <= view.viewport().width() + 1
    assert view.horizontalScrollBar().maximum() == 0
    view.resize(round(natural * 0.4), 300)
    assert view.horizontalScrollBar().maximum() > 0


def test_formulas_have_the_colour_of_the_text(qtbot: QtBot, look: theme.Theme) -> None:
    view = shown(qtbot, r"$\rule{0pt}{1em} \blacksquare$")
    for mode in ("dark", "light"):
        look.set_mode(mode)
        assert _has_colour(view.grab().toImage(), theme.color("text1").rgb())
    look.set_mode("dark")


def _has_colour(image: QImage, rgb: int) -> bool:
    return any(
        image.pixel(x, y) == rgb
        for x in range(image.width())
        for y in range(min(40, image.height()))
    )


def test_paragraphs_from_the_right_have_their_formulas_in_turn(qtbot: QtBot) -> None:
    view = shown(qtbot, "$x^2$ שלום $y^2$ עולם")
    block = view.document().firstBlock()
    assert block.textDirection() is Qt.LayoutDirection.RightToLeft
    line = block.layout().lineAt(0)
    text = view.toPlainText()
    first, second = text.index(OBJECT), text.rindex(OBJECT)
    assert line.cursorToX(first)[0] > line.cursorToX(second)[0]


def test_an_answer_without_formulas_starts_nothing(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetter, "_shared", [Typesetter()])
    view = shown(qtbot, "Plain, $5.")
    assert typesetter.shared()._process is None
    assert view.cursorForPosition(QPoint(0, 0)).position() == 0
    assert view.accessibleDescription() == ""


def seen(view: RichAnswer) -> QImage:
    return view.viewport().grab().toImage()


@pytest.mark.parametrize("text", [TEXT, "Long. " * 2000, "- שלום\n- **مرحبا** $x$", ""])
def test_what_is_painted_ahead_is_what_the_view_paints(
    qtbot: QtBot, look: theme.Theme, text: str
) -> None:
    view = shown(qtbot, text)
    for mode in ("light", "dark"):
        look.set_mode(mode)
        view.prepare(answer := AnswerDocument(text))
        view.show_answer(answer)
        ahead = seen(view)
        assert answer.take_picture() is None
        assert seen(view) == ahead


def test_a_picture_that_was_painted_ahead_is_shown_once_and_only_where_it_fits(
    qtbot: QtBot,
) -> None:
    view = shown(qtbot, TEXT)

    def prepared() -> AnswerDocument:
        """With more text than in its picture, so that one can be told from the other."""
        view.prepare(answer := AnswerDocument(TEXT))
        QTextCursor(answer.document).insertText("More of it, ")
        return answer

    view.show_source(TEXT)
    without = seen(view)
    view.show_answer(prepared())
    assert seen(view) == without
    assert seen(view) != without
    view.show_answer(prepared())
    view.mark([])
    assert seen(view) != without
    for wider, higher in ((-40, 0), (0, 40)):
        answer = prepared()
        view.resize(view.width() + wider, view.height() + higher)
        view.show_answer(answer)
        painted = seen(view)
        assert seen(view) == painted


def test_a_picture_painted_ahead_serves_a_view_that_became_higher_or_lower(qtbot: QtBot) -> None:
    view = shown(qtbot, TEXT)
    for higher in (30, -60):
        view.prepare(answer := AnswerDocument(TEXT), spare_px=40)
        QTextCursor(answer.document).insertText("Not in its picture, ")
        view.resize(view.width(), view.height() + higher)
        view.show_answer(answer)
        ahead = seen(view)
        assert ahead != seen(view)
