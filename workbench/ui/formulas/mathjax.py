r"""MathJax in Qt's JavaScript engine, where there are no files, no network and no page.

Each formula gets a reader of its own, so that what one defines (`\newcommand`, `\let`) is unknown
to the next. Packages that load others, open links or change MathJax itself are left out.
"""

from __future__ import annotations

import re
from typing import cast

from PySide6.QtQml import QJSEngine, QJSValue

from workbench.core.paths import resources_dir
from workbench.ui.formulas.formula import Formula
from workbench.ui.formulas.outline import Outline
from workbench.ui.formulas.svg_outline import outline_of
from workbench.ui.formulas.svg_path import NotReadableError

_FILES = ("core", "liteDOM", "tex-full", "svg", "svg-font")
# What its TeX reader names of MathJax's loader, which is left out: nothing is ever loaded.
_NO_LOADER = """
MathJax._.components.loader = {Loader: {}};
MathJax._.components.package = {PackageError: Error};
"""
_SET_UP = """
var adaptor = MathJax._.adaptors.liteAdaptor.liteAdaptor();
MathJax._.handlers.html_ts.RegisterHTMLHandler(adaptor);
var font = new MathJax._.output.svg.fonts.tex_ts.TeXFont();
function typeset(latex, isDisplay) {
  var tex = new MathJax._.input.tex_ts.TeX({
    packages: ['base', 'ams', 'newcommand', 'textmacros', 'textcomp', 'boldsymbol', 'braket',
      'cancel', 'cases', 'centernot', 'color', 'enclose', 'extpfeil', 'gensymb', 'mathtools',
      'mhchem', 'upgreek', 'configmacros'],
    macros: {argmax: '\\\\operatorname*{arg\\\\,max}', argmin: '\\\\operatorname*{arg\\\\,min}'},
    maxMacros: 200,
  });
  var svg = new MathJax._.output.svg_ts.SVG({fontCache: 'none', font: font});
  var page = MathJax._.mathjax.mathjax.document('', {InputJax: tex, OutputJax: svg});
  var made = page.convert(latex, {display: isDisplay, em: 16, ex: 8, containerWidth: 1e6});
  return adaptor.innerHTML(made);
}
"""
# A number at the margin needs a margin: it follows its line instead.
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")


class MathJax:
    """Takes half a second to make. Needs a QCoreApplication."""

    def __init__(self) -> None:
        self._engine = QJSEngine()
        self._run("var MathJax = {};", "start")
        for name in _FILES:
            path = resources_dir() / "mathjax" / f"{name}.js"
            self._run(path.read_text(encoding="utf-8"), name)
            if name == "core":
                self._run(_NO_LOADER, "no loader")
        self._run(_SET_UP, "set up")
        self._typeset = self._engine.globalObject().property("typeset")

    def outline(self, formula: Formula) -> Outline | None:
        """The formula as it is printed; None where MathJax does not understand it."""
        latex = _TAG.sub(r"\\qquad\\text{(\1)}", formula.latex)
        made = self._typeset.call([QJSValue(latex), QJSValue(formula.is_display)])
        if made.isError():
            return None
        try:
            return outline_of(made.toString())
        except NotReadableError:
            return None

    def _run(self, script: str, name: str) -> None:
        # The type hints have a second value, which only other languages get.
        result = cast(QJSValue, self._engine.evaluate(script, name))
        if result.isError():
            raise RuntimeError(f"MathJax's {name} does not run: {result.toString()}")
