"""MathJax's SVG as an outline. Only what MathJax draws with is read; anything else is refused.

No SVG is ever shown, so nothing in it can name a file or an address.
"""

from __future__ import annotations

import math
import re
from xml.etree.ElementTree import Element, ParseError, fromstring

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPainterPathStroker, QTransform

from workbench.ui.formulas.outline import Letters, Outline
from workbench.ui.formulas.svg_path import NotReadableError, read_path

_SVG = "{http://www.w3.org/2000/svg}"
_TRANSFORM = re.compile(r"(\w+)\(([^)]*)\)")
_RULE_WIDTH = 70.0  # what MathJax's style sheet gives lines that do not say
_WIDEST, _HIGHEST = 200_000.0, 100_000.0


def outline_of(svg: str) -> Outline:
    """Raises `NotReadableError` for an error that MathJax drew, and for shapes unknown here."""
    try:
        root = fromstring(svg)  # noqa: S314 - written by MathJax, from a formula of limited length
    except ParseError as error:  # it does not escape what it says of an error
        raise NotReadableError(str(error)) from None
    if "data-mjx-error" in root.attrib:
        raise NotReadableError(root.attrib["data-mjx-error"])
    left, top, width, height = _numbers(root.attrib.get("viewBox", ""), 4)
    if not (0 < width <= _WIDEST and 0 < height <= _HIGHEST):
        raise NotReadableError("too large")
    drawing = _Drawing()
    for child in root:
        drawing.add(child, QTransform.fromTranslate(-left, 0))
    if drawing.path.isEmpty() and not drawing.letters:
        raise NotReadableError("nothing to see")
    drawing.path.setFillRule(Qt.FillRule.WindingFill)
    ascent, descent = max(-top, 0.0), max(height + top, 0.0)
    return Outline(width, ascent, descent, drawing.path, tuple(drawing.letters))


class _Drawing:
    def __init__(self) -> None:
        self.path = QPainterPath()
        self.letters: list[Letters] = []

    def add(self, element: Element, outer: QTransform) -> None:
        transform = _transform(element.attrib.get("transform", "")) * outer
        kind = element.tag.removeprefix(_SVG)
        if kind == "g":
            if element.attrib.get("data-mml-node") == "merror":
                raise NotReadableError("an error within the formula")
            for child in element:
                self.add(child, transform)
        elif kind == "svg":
            self._add_clipped(element, transform)
        elif kind == "text":
            self._add_letters(element, transform)
        elif "data-bgcolor" not in element.attrib:
            self.path.addPath(transform.map(_shape(kind, element)))

    def _add_clipped(self, element: Element, transform: QTransform) -> None:
        """A part of a bracket that is drawn too long and cut to size."""
        x, y, width, height = (_number(element, name) for name in ("x", "y", "width", "height"))
        left, top, _, _ = _numbers(element.attrib.get("viewBox", ""), 4)
        inner = _Drawing()
        for child in element:
            inner.add(child, QTransform.fromTranslate(x - left, y - top))
        window = QPainterPath()
        window.addRect(QRectF(x, y, width, height))
        inner.path.setFillRule(Qt.FillRule.WindingFill)
        self.path.addPath(transform.map(inner.path.intersected(window)))

    def _add_letters(self, element: Element, transform: QTransform) -> None:
        at = transform.map(QPointF(0, 0))
        size = float(element.attrib.get("font-size", "0").removesuffix("px"))
        scale = math.hypot(transform.m11(), transform.m12())
        self.letters.append(Letters(element.text or "", at.x(), at.y(), size * scale))


def _shape(kind: str, element: Element) -> QPainterPath:
    if kind == "path":
        shape = read_path(element.attrib.get("d", ""))
    elif kind == "rect":
        shape = QPainterPath()
        x, y, width, height = (_number(element, name) for name in ("x", "y", "width", "height"))
        shape.addRect(QRectF(x, y, width, height))
    elif kind == "line":
        shape = QPainterPath(QPointF(_number(element, "x1"), _number(element, "y1")))
        shape.lineTo(_number(element, "x2"), _number(element, "y2"))
    elif kind == "ellipse":
        shape = QPainterPath()
        middle = QPointF(_number(element, "cx"), _number(element, "cy"))
        shape.addEllipse(middle, _number(element, "rx"), _number(element, "ry"))
    else:
        raise NotReadableError(f"<{kind}>")
    is_drawn_along = kind == "line" or "data-frame" in element.attrib
    if is_drawn_along or element.attrib.get("fill") == "none":
        pen = QPainterPathStroker()
        pen.setWidth(_number(element, "stroke-width") or _RULE_WIDTH)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        shape = pen.createStroke(shape)
    return shape


def _transform(text: str) -> QTransform:
    """The steps apply to a point from the last to the first."""
    whole = QTransform()
    for name, arguments in _TRANSFORM.findall(text):
        numbers = [float(number) for number in re.split(r"[\s,]+", arguments.strip())]
        if name == "translate":
            step = QTransform.fromTranslate(numbers[0], numbers[1] if len(numbers) > 1 else 0)
        elif name == "scale":
            step = QTransform.fromScale(numbers[0], numbers[-1])
        else:
            raise NotReadableError(name)
        whole = step * whole
    return whole


def _number(element: Element, name: str) -> float:
    return _numbers(element.attrib.get(name, "0"), 1)[0]


def _numbers(text: str, count: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        raise NotReadableError(text) from None
    if len(numbers) != count:
        raise NotReadableError(text)
    return numbers
