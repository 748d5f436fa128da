"""LaTeX set as type: what MathJax makes of it, and what is left when it can make nothing."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QLoggingCategory
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.python_process import module_command
from workbench.ui.formulas import process
from workbench.ui.formulas.formula import Formula, can_be_set
from workbench.ui.formulas.mathjax import MathJax
from workbench.ui.formulas.outline import Outline
from workbench.ui.formulas.svg_outline import outline_of
from workbench.ui.formulas.svg_path import NotReadableError, read_path
from workbench.ui.formulas.typesetter import Typesetter


@pytest.fixture(scope="module")
def mathjax(qapp: QApplication) -> Iterator[MathJax]:
    assert qapp is not None, "the engine needs an application"
    # Qt says of minified code that it declares late.
    QLoggingCategory.setFilterRules("qt.qml.usedbeforedeclared=false")
    yield MathJax()
    QLoggingCategory.setFilterRules("")


def outline(mathjax: MathJax, latex: str) -> Outline | None:
    return mathjax.outline(Formula(latex, is_display=True))


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a+b}{2} \le \sqrt[3]{x^2}",
        r"\sum_{i=1}^{n} \alpha_i + \int_0^\infty e^{-x^2}\,dx",
        r"\begin{bmatrix}1&2\\3&4\end{bmatrix}^{-1}",
        r"f(x) = \begin{cases} x^2 & \text{if } x > 0 \\ -x & \text{otherwise} \end{cases}",
        r"\begin{align*} a &= b \tag{1} \\ &= c \end{align*}",
        r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}",
        r"\boxed{42} \cancel{x} \overbrace{a+b}^n \xrightarrow{f} \binom{n}{k} \argmax_x \ce{H2O}",
        r"\left( \frac{1}{1+\frac{1}{x}} \right)^2 \mathbb{E}_{x \sim p}[\log p]",
    ],
)
def test_what_models_write_is_set(mathjax: MathJax, latex: str) -> None:
    made = outline(mathjax, latex)
    assert made is not None
    bounds = made.path.boundingRect()
    assert bounds.right() <= made.width + 50
    assert bounds.top() >= -made.ascent - 50
    assert bounds.bottom() <= made.descent + 50


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{1}{", r"\unknown{x}", r"a & b", r"\left( x", r"\begin{matrix} a",
        r"\def\a{\a\a}\a", r"\hspace{99999em} x", r"\href{file:///etc/passwd}{x}",
        r"\require{html} x", r"\includegraphics{/etc/passwd}", r"\input{/etc/passwd}",
    ],
)  # fmt: skip
def test_what_is_broken_or_reaches_out_stays_text(mathjax: MathJax, latex: str) -> None:
    assert outline(mathjax, latex) is None


def test_what_one_formula_defines_is_unknown_to_the_next(mathjax: MathJax) -> None:
    half = outline(mathjax, r"\frac12")
    assert outline(mathjax, r"\newcommand{\own}{x} \own \let\frac\alpha \frac") is not None
    assert outline(mathjax, r"\DeclareMathOperator{\made}{made} \made") is not None
    assert outline(mathjax, r"\own") is None
    assert outline(mathjax, r"\made") is None
    assert outline(mathjax, r"\frac12") == half


_PIECES = st.sampled_from(
    ["\\", "{", "}", "^", "_", "&", "\\\\", "$", "#", "%", "~", "x", "12", " ", "é", "中", "<",
     "\0", "\\frac", "\\left(", "\\right)", "\\sqrt[", "]", "\\begin{matrix}", "\\end{matrix}",
     "\\begin{align}", "\\end{cases}", "\\text{", "\\def\\a", "\\a", "\\hline", "\\tag{", "\\ce{",
     "\\color{red}", "\\mathbb", "\\limits", "\\over", "\\cancel", "\\verb|", "\\unicode{"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(latex=st.lists(_PIECES, max_size=12).map("".join))
def test_nothing_that_is_written_breaks_it(mathjax: MathJax, latex: str) -> None:
    made = outline(mathjax, latex)
    if made is not None:
        assert Outline.from_base64(made.to_base64()) == made


def test_what_is_too_much_is_not_tried() -> None:
    assert can_be_set(Formula("x^2", is_display=False))
    for latex in ("", " ", "x" * 5000, "{" * 60 + "x" + "}" * 60, r"\text{שלום}", r"\text{سلام}"):
        assert not can_be_set(Formula(latex, is_display=False))


@given(st.text("MLHVQTCZA 0123456789.-", max_size=30))
def test_a_path_is_read_or_refused(data: str) -> None:
    with suppress(NotReadableError):
        read_path(data)


@pytest.mark.parametrize(
    "inside",
    ["<image href='file:///x'/>", "<g transform='rotate(3)'/>", "<path d='M1'/>", "<rect x='a'/>"],
)
def test_shapes_that_are_not_known_are_refused(inside: str) -> None:
    with pytest.raises(NotReadableError):
        outline_of(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 -1 2 2'>{inside}</svg>")


def test_a_formula_that_takes_too_long_ends_its_process_alone() -> None:
    shorter = f"import {process.__name__} as p; p._LONGEST_CPU_S = 0.1; p.main()"
    python = module_command("-")[0]
    large = Formula(r"\begin{matrix}" + "1&" * 1400 + r"\end{matrix}", is_display=True)
    asked = json.dumps({"latex": large.latex, "is_display": True}) + "\n"
    ended = subprocess.run(
        [python, "-c", shorter],
        input=asked, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=250,
    )  # fmt: skip
    assert ended.stdout == '"ready"\n'
    assert ended.returncode == -signal.SIGPROF


def test_formulas_are_set_beside_the_window(qtbot: QtBot) -> None:
    typesetter = Typesetter()
    good, bad = Formula(r"\frac12", is_display=True), Formula(r"\frac1", is_display=True)
    typesetter.ask([good, bad])
    assert not typesetter.is_decided(good)
    qtbot.waitUntil(lambda: typesetter.is_decided(good) and typesetter.is_decided(bad))
    made = typesetter.outline(good)
    assert made is not None
    assert not made.path.isEmpty()
    assert typesetter.outline(bad) is None
    typesetter.close()


def test_a_process_that_dies_costs_one_formula(qtbot: QtBot) -> None:
    typesetter = Typesetter()
    first, second = (Formula(latex, is_display=False) for latex in ("a", "b"))
    typesetter.ask([first, second])
    running = typesetter._process
    assert running is not None
    running.kill()
    qtbot.waitUntil(lambda: typesetter.is_decided(second))
    assert typesetter.outline(first) is None
    assert typesetter.outline(second) is not None
    typesetter.close()


def test_where_it_can_not_run_formulas_stay_text(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    typesetter = Typesetter()
    formulas = [Formula(latex, is_display=False) for latex in "abcd"]
    typesetter.ask(formulas)
    qtbot.waitUntil(lambda: all(map(typesetter.is_decided, formulas)))
    assert not any(map(typesetter.outline, formulas))
