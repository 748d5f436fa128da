"""What the panel shows where there is nothing to decide."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.ui.context import Session
from workbench.ui.widgets.empty_state import EmptyState


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
