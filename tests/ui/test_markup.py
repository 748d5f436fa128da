"""Markdown, code, formulas and right-to-left text as people read them, and the way back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from workbench.ui.markup.answer_document import AnswerDocument
from workbench.ui.markup.blocks import Kind, read_blocks
from workbench.ui.markup.difference import word_difference
from workbench.ui.markup.formula import to_unicode
from workbench.ui.markup.inline import Style

TEXT = (
    "# Title\n**Bold** and *slanted* `x = 1` for $5 or $6\n- one\n2. two\n> quoted\n"
    "```py\nif a:\n    b()\n```\n| a | bb |\n|---|---|\n| 1 | 2 |\n\\[ \\frac{1}{2} \\]\n---\n"
    "[link](https://a.b/c) <b>html</b> snake_case 2*3*4"
)


def test_each_line_is_what_it_looks_like() -> None:
    blocks = read_blocks(TEXT)
    assert [block.kind for block in blocks] == [
        Kind.HEADING, Kind.PARAGRAPH, Kind.ITEM, Kind.ITEM, Kind.QUOTE, Kind.CODE, Kind.TABLE,
        Kind.TABLE, Kind.FORMULA, Kind.RULE, Kind.PARAGRAPH,
    ]  # fmt: skip
    styles = {run.text: run.style for run in blocks[1].runs}
    assert styles["Bold"] == Style.BOLD
    assert styles["slanted"] == Style.ITALIC
    assert styles["x = 1"] == Style.CODE
    assert styles[" for $5 or $6"] == Style.PLAIN
    assert "".join(run.text for run in blocks[8].runs) == "1/2"


def test_nothing_is_loaded_and_html_is_text() -> None:
    shown = AnswerDocument(TEXT).document.toPlainText()
    assert "link (https://a.b/c) <b>html</b> snake_case 2*3*4" in shown
    image = AnswerDocument("![a](file:///etc/passwd)").document
    assert image.toPlainText() == "a (file:///etc/passwd)"


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (r"\frac{a+b}{2} \le \sqrt{x^2}", "(a+b)/2 ≤ √(x²)"),
        (r"\sum_{i=1}^{n} \alpha_i", "∑ᵢ₌₁ⁿ αᵢ"),
        (r"\int_0^\infty e^{-x^2} dx", "∫₀^∞ e^(-x²) dx"),
        (r"\mathbb{R}^n \to \{0, 1\}", "ℝⁿ → {0, 1}"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b\nc = d"),
        (r"\unknown{x}", r"\unknown{x}"),
        (r"A_{\text{שטח}} = x", "\u2066A_\u2068שטח\u2069 = x\u2069"),  # keeps its order
    ],
)
def test_formulas_are_readable(formula: str, shown: str) -> None:
    assert to_unicode(formula) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (r"It is \(\frac{1}{2}\cdot 2\), so.", "It is 1/2· 2, so."),
        (r"Euler's: \[ e^{i} = x \]", "Euler's: eⁱ = x"),
        (r"\[ a \le b \]", "a ≤ b"),
        ("So \\(a +\n b\\) is.\n\\(\nx\n\\) and\nc", "So a + b is.\nx and\nc"),
        ("Then: \\[\nx\n\\] holds.", "Then: x holds."),
        ("An open \\( x\n\ny \\) not", "An open ( x\n\ny ) not"),
        ("`\\(` opens,\n`\\)` ends", "\\( opens,\n\\) ends"),
        ("*a \\(x* b\ny\\) c", "a \\(x b\ny) c"),
        (r"Not \*bold\* nor a \# heading", "Not *bold* nor a # heading"),
    ],
)
def test_formulas_are_found_where_models_write_them(line: str, shown: str) -> None:
    assert AnswerDocument(line).document.toPlainText() == shown


def test_right_to_left_paragraphs_run_from_the_right() -> None:
    document = AnswerDocument("שלום עולם\nHello").document
    document.setTextWidth(400)
    document.size()
    first, second = document.firstBlock(), document.lastBlock()
    assert first.textDirection() is Qt.LayoutDirection.RightToLeft
    assert second.textDirection() is Qt.LayoutDirection.LeftToRight


def test_what_stands_before_an_item_from_the_right_is_in_sight() -> None:
    document = AnswerDocument("- נקודה\n12. שורה\n> ציטוט\n- item").document
    document.setTextWidth(300)
    document.size()
    block = document.firstBlock()
    lefts = []
    while block.isValid():
        line = block.layout().lineAt(0)
        bounds = document.documentLayout().blockBoundingRect(block)
        lefts.append(bounds.left() + line.naturalTextRect().left())
        right = bounds.left() + line.naturalTextRect().right()
        assert right <= 300, block.text()
        block = block.next()
    assert lefts[3] < min(lefts[:3])


def test_columns_of_a_table_from_the_right_stand_below_each_other() -> None:
    document = AnswerDocument("| שם | ערך |\n|---|---|\n| רדיוס גדול | 3 |\n| 1 | א |").document
    document.setTextWidth(400)
    document.size()
    block, ends, starts = document.firstBlock(), [], []
    while block.isValid():
        line, tab = block.layout().lineAt(0), block.text().index("\t")
        ends.append(line.cursorToX(tab)[0])
        starts.append(line.cursorToX(tab + 1)[0])
        block = block.next()
    assert max(starts) - min(starts) < 1
    assert 10 < min(ends) - starts[0] < 20


_PIECES = st.sampled_from(
    ["**", "*", "_", "`", "$", "$$", "\\(", "\\)", "\\[", "\\]", "```", "\n", "\n\n", "# ", "- ",
     "1. ", "> ", "|", "---", "[a](b)", "word", " ", "x^2", "שלום", "é", "~~", "\\", "|a|b|\n"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_every_place_on_screen_leads_back_into_the_text(text: str) -> None:
    for block in read_blocks(text):
        # The sign before an item stands for another one of the same length.
        for run in block.runs[1:] if block.kind is Kind.ITEM else block.runs:
            assert 0 <= run.start <= run.end <= len(text)
            if run.is_literal:
                assert text[run.start : run.end].replace("\n", "\u2028") == run.text


def test_a_selection_is_found_in_the_text_and_shown_again() -> None:
    answer = AnswerDocument("Some **bold words** and $x^2$ here.")
    shown = answer.document.toPlainText()
    start, end = shown.index("words"), shown.index("x²") + 1
    place = answer.source_range(start, end)
    assert place is not None
    assert answer.text[slice(*place)] == "words** and $x^2$"
    assert [shown[a:b] for a, b in answer.shown_ranges(*place)] == ["words", " and ", "x²"]
    assert answer.source_range(0, 0) is None


@given(st.text("ab \n.", max_size=60), st.text("ab \n.", max_size=60))
def test_what_a_difference_leaves_is_the_same_in_both(before: str, after: str) -> None:
    difference = word_difference(before, after)
    left = _without(before, difference.removed)
    assert left == _without(after, difference.added)


def _without(text: str, places: tuple[tuple[int, int], ...]) -> list[str]:
    for start, end in reversed(places):
        text = text[:start] + " " * (end - start) + text[end:]
    return re.findall(r"\w+|[^\w\s]", text)


def test_the_difference_names_words() -> None:
    difference = word_difference("one two three", "one 2 three four")
    assert difference.removed == ((4, 7),)
    assert difference.added == ((4, 5), (12, 16))
