"""The `d` of an SVG path as a path of Qt's, as far as MathJax's letters use it."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

_TOKEN = re.compile(r"([A-Za-z])|(-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "T": 2, "C": 6, "Z": 0}


class NotReadableError(Exception):
    """What MathJax made can't be shown; the formula stays as text."""


def read_path(data: str) -> QPainterPath:
    """Raises `NotReadableError` for a command that is not known, or one that lacks numbers."""
    path = QPainterPath()
    control = QPointF()
    for command, numbers in _steps(data):
        now = path.currentPosition()
        if command == "M":
            path.moveTo(*numbers)
        elif command == "L":
            path.lineTo(*numbers)
        elif command == "H":
            path.lineTo(numbers[0], now.y())
        elif command == "V":
            path.lineTo(now.x(), numbers[0])
        elif command == "Q":
            control = QPointF(numbers[0], numbers[1])
            path.quadTo(control, QPointF(numbers[2], numbers[3]))
        elif command == "T":  # goes on as smoothly as the curve before it came
            control = now * 2 - control
            path.quadTo(control, QPointF(*numbers))
        elif command == "C":
            path.cubicTo(*numbers)
        else:
            path.closeSubpath()
        if command not in "QT":
            control = path.currentPosition()
    return path


def _steps(data: str) -> list[tuple[str, list[float]]]:
    steps: list[tuple[str, list[float]]] = []
    command, numbers = "", list[float]()
    for letter, number in _TOKEN.findall(data):
        if letter:
            if numbers:
                raise NotReadableError(data)
            command = letter
            if command not in _TAKES:
                raise NotReadableError(letter)
        elif command:
            numbers.append(float(number))
        if command and len(numbers) == _TAKES[command]:
            steps.append((command, numbers))
            numbers = []
            if command == "Z":
                command = ""
    if numbers:
        raise NotReadableError(data)
    return steps
