"""What the panel shows where there is nothing to decide."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from workbench.ui.context import Session
from workbench.ui.panels.label.queue import LabelQueue
from workbench.ui.widgets.empty_state import EmptyState


class NothingToDecide:
    """One page for each reason; `settle` opens the disagreements."""

    def __init__(self, session: Session, settle: Callable[[], object]) -> None:
        self.no_pairs = no_pairs(session)
        self.all_done = all_done(session)
        self.to_settle = to_settle(session, settle)
        self.in_other_hands = in_other_hands(session)

    @property
    def pages(self) -> tuple[EmptyState, ...]:
        return self.no_pairs, self.all_done, self.to_settle, self.in_other_hands

    def page_for(self, queue: LabelQueue) -> EmptyState:
        """What to say of a queue that has no pair to show."""
        if queue.total == 0:
            return self.to_settle if queue.disagreements else self.no_pairs
        if queue.decided < queue.total:
            return self.in_other_hands
        return self.to_settle if queue.disagreements else self.all_done


def no_pairs(session: Session) -> EmptyState:
    """Nothing was ever there."""
    return EmptyState(
        "label",
        _tr("No pairs to label yet"),
        _tr(
            "Import a file with two answers to each prompt, or compare two models and turn"
            " your votes into pairs."
        ),
        action=_tr("Import pairs"),
        on_action=lambda: session.navigate("data"),
        second=_tr("Compare models"),
        on_second=lambda: session.navigate("compare"),
    )


def all_done(session: Session) -> EmptyState:
    """Every pair was decided."""
    return EmptyState(
        "done",
        _tr("Every pair has a verdict"),
        _tr("Train on them now, or bring in more pairs. Undo takes the last one back."),
        action=_tr("Train on these pairs"),
        on_action=lambda: session.navigate("train"),
        second=_tr("Import more"),
        on_second=lambda: session.navigate("data"),
    )


def to_settle(session: Session, settle: Callable[[], object]) -> EmptyState:
    """Every pair was decided, some of them differently by different people."""
    return EmptyState(
        "label",
        _tr("Every pair has a verdict, but some verdicts disagree"),
        _tr(
            "People preferred different answers of the same pair. One more verdict settles each"
            " of these disagreements."
        ),
        action=_tr("Settle disagreements"),
        on_action=settle,
        second=_tr("Train on these pairs"),
        on_second=lambda: session.navigate("train"),
    )


def in_other_hands(session: Session) -> EmptyState:
    """What is left is with other annotators."""
    return EmptyState(
        "waiting",
        _tr("The other pairs are in other hands"),
        _tr(
            "Somebody else was given them. What they leave undone comes back to you by itself;"
            " how long that takes is in the queue's menu."
        ),
        action=_tr("Train on these pairs"),
        on_action=lambda: session.navigate("train"),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("LabelPages", text)
