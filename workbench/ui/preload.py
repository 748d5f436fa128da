"""Importing the panels and the plots while nobody waits for it, so that each opens at once."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from itertools import chain
from types import ModuleType

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer

from workbench.ui.bridge import Bridge

Step = Callable[[], object]

_PAUSE_MS = 10  # in which the window does what it is asked
# What takes long and knows nothing of Qt.
_PLAIN = (
    "numpy.ma", "xml.etree.ElementTree", "huggingface_hub.hf_api", "huggingface_hub.file_download",
    "workbench.exchange.import_data", "workbench.exchange.export_data", "workbench.modelfiles.hub",
    "workbench.runner", "workbench.stats",
)  # fmt: skip
# What is used first comes first.
_FIRST = ("markup", "formulas", "widgets", "panels.home", "panels.label")
_NEXT = (
    "panels.data", "panels.train", "widgets.plots", "panels.runs", "panels.compare",
    "panels.models", "panels.quality",
)  # fmt: skip
_OF_ANOTHER_PROCESS = ("process", "mathjax")
_NAMES_AT_ONCE = 30


class Preload(QObject):
    """Plain modules on a thread, then those of Qt on the window's own, bit by bit.

    A class of Qt's that is made on another thread can end the program: PySide looks classes up
    without Python's lock, in a table that must not change meanwhile.
    """

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._steps = chain(_imports(_FIRST), _classes_of_qt(), _imports(_NEXT))
        bridge.run(_import_plain, self._on_plain, self._on_plain, owner=self)

    def _on_plain(self, _: object) -> None:
        """Also where one of them fails: whoever needs it will say so."""
        self._go_on()

    def _go_on(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self.deleteLater()
            return
        step()
        QTimer.singleShot(_PAUSE_MS, self, self._go_on)


def _import_plain() -> None:
    for name in _PLAIN:
        import_module(name)


def _imports(packages: Iterable[str]) -> Iterator[Step]:
    for name in packages:
        package = import_module(f"workbench.ui.{name}")
        for found in pkgutil.iter_modules(package.__path__):
            if not found.ispkg and found.name not in _OF_ANOTHER_PROCESS:
                yield partial(import_module, f"{package.__name__}.{found.name}")


def _classes_of_qt() -> Iterator[Step]:
    """PySide makes each class when it is first asked for; the plots ask for all of them at once."""
    for module in (QtCore, QtGui, QtWidgets):
        names = dir(module)
        for first in range(0, len(names), _NAMES_AT_ONCE):
            yield partial(_ask_for, module, names[first : first + _NAMES_AT_ONCE])


def _ask_for(module: ModuleType, names: Iterable[str]) -> None:
    for name in names:
        getattr(module, name)
