"""Formulas asked for and formulas set, as the window sees them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from workbench.core.python_process import let_stand_back, module_command, module_environment
from workbench.ui.formulas.formula import Formula, can_be_set
from workbench.ui.formulas.outline import Outline
from workbench.ui.formulas.protocol import READY

_KEPT = 2000
_MOST_WAITING = _KEPT
_IDLE_MS = 120_000  # its memory is given back where no formulas come any more
_MOST_FAILED_STARTS = 2

_shared: list[Typesetter] = []


def shared() -> Typesetter:
    """The window's one, made when it is first wanted; it ends with the application."""
    if not _shared:
        app = QCoreApplication.instance()
        made = Typesetter(app)
        if app is not None:
            app.aboutToQuit.connect(made.close)
        _shared.append(made)
    return _shared[0]


class Typesetter(QObject):
    """Sets formulas beside the window; `decided` follows each one.

    Its process starts with the first formula, so that nobody pays who has none. Where it can't
    run, all formulas stay text.
    """

    decided = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outlines: dict[Formula, Outline | None] = {}
        self._now: list[Formula] = []
        self._ahead: list[Formula] = []
        self._asked: Formula | None = None
        self._process: QProcess | None = None
        self._is_ready = False
        self._failed_starts = 0
        self._is_closed = False
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_MS)
        self._idle.timeout.connect(self._stop)

    def is_decided(self, formula: Formula) -> bool:
        """Whether it is known how the formula looks, or that it stays text."""
        return formula in self._outlines

    def outline(self, formula: Formula) -> Outline | None:
        """The formula as it was set, if it was."""
        return self._outlines.get(formula)

    def ask(self, formulas: Iterable[Formula]) -> None:
        """Set these before all others: somebody looks at them."""
        wanted = self._new(formulas)
        rest = [formula for formula in self._now if formula not in wanted]
        self._now = [*wanted, *rest][:_MOST_WAITING]
        self._go_on()

    def ask_ahead(self, formulas: Iterable[Formula]) -> None:
        """Set these when nobody waits for others, in place of what was asked ahead before."""
        self._ahead = self._new(formulas)[:_MOST_WAITING]
        self._go_on()

    def close(self) -> None:
        """End the process. Formulas that were set can still be shown."""
        self._is_closed = True
        self._stop()

    def _new(self, formulas: Iterable[Formula]) -> list[Formula]:
        found = dict.fromkeys(formulas)
        return [
            formula for formula in found if formula not in self._outlines and formula != self._asked
        ]

    def _go_on(self) -> None:
        if self._asked is not None or self._is_closed:
            return
        while (formula := self._next()) is not None:
            if can_be_set(formula) and self._failed_starts < _MOST_FAILED_STARTS:
                self._send(formula)
                return
            self._decide(formula, None)
        self._idle.start()

    def _next(self) -> Formula | None:
        for waiting in (self._now, self._ahead):
            while waiting:
                formula = waiting.pop(0)
                if formula not in self._outlines:
                    return formula
        return None

    def _send(self, formula: Formula) -> None:
        self._idle.stop()
        self._asked = formula
        if self._process is None:
            self._start()
        if self._process is not None:  # else it was told already that it did not start
            told = {"latex": formula.latex, "is_display": formula.is_display}
            self._process.write(json.dumps(told).encode() + b"\n")

    def _start(self) -> None:
        self._process = process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in module_environment(os.environ).items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed)
        program, *arguments = module_command("workbench.ui.formulas.process")
        self._is_ready = False
        process.start(program, arguments)
        if process.processId():  # else it did not start
            let_stand_back(process.processId())

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            told = json.loads(self._process.readLine().toStdString())
            if told == READY:
                self._is_ready = True
                self._failed_starts = 0
            elif self._asked is not None:
                formula, self._asked = self._asked, None
                self._decide(formula, Outline.from_base64(told) if told else None)
                self._go_on()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self) -> None:
        """It ended by itself: the formula it was at stays text, and another goes on."""
        if self._process is None:
            return
        self._process.deleteLater()
        self._process = None
        if not self._is_ready:
            self._failed_starts += 1
        if self._asked is not None:
            formula, self._asked = self._asked, None
            self._decide(formula, None)
        self._go_on()

    def _decide(self, formula: Formula, outline: Outline | None) -> None:
        while len(self._outlines) >= _KEPT:
            del self._outlines[next(iter(self._outlines))]
        self._outlines[formula] = outline
        self.decided.emit()

    def _stop(self) -> None:
        process, self._process = self._process, None
        self._asked = None
        if process is not None:
            process.kill()
            process.waitForFinished()
            process.deleteLater()
