"""Events of a run in words, for the log."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from workbench.core.events import (
    Ack,
    Bye,
    CheckpointSaved,
    Event,
    Failed,
    Hello,
    StateChanged,
    Warned,
)
from workbench.ui.wording import clock


def _tr(text: str) -> str:
    return QCoreApplication.translate("Happenings", text)


def story(events: Iterable[Event]) -> str:
    """A line for each event; a state does not say again why it was entered."""
    lines, said = [], ""
    for event in events:
        payload = event.payload
        if isinstance(payload, StateChanged) and payload.detail and payload.detail == said:
            continue
        said = payload.message if isinstance(payload, Warned) else ""
        lines.append(happening(event))
    return "\n".join(line for line in lines if line)


def happening(event: Event) -> str:
    """One line: the time of day and what happened; empty for what a person need not know."""
    words = _words(event)
    return f"{clock(event.t)}  {words}" if words else ""


def _words(event: Event) -> str:
    payload = event.payload
    if isinstance(payload, Hello):
        return _hello(payload, event.attempt)
    if isinstance(payload, StateChanged):
        return payload.detail or payload.state.value.replace("_", " ").capitalize()
    if isinstance(payload, CheckpointSaved):
        why = f" ({payload.reason})" if payload.reason else ""
        return _tr("Checkpoint saved at step {0}{1}").format(payload.step, why)
    if isinstance(payload, Warned):
        return _tr("Look: {0}").format(payload.message)
    if isinstance(payload, Failed):
        return _tr("Error: {0}").format(payload.message)
    if isinstance(payload, Ack):
        return _tr("Has seen the request to {0}").format(payload.command)
    if isinstance(payload, Bye):
        # Why stands in the line before.
        state = payload.state.value.capitalize()
        return _tr("{0} at step {1}").format(state, payload.step)
    return ""


def _hello(payload: Hello, attempt: int) -> str:
    if payload.resumed_from_step is not None:
        return _tr("Attempt {0}: goes on from step {1} on {2}").format(
            attempt, payload.resumed_from_step, payload.device
        )
    return _tr("Attempt {0}: started on {1}").format(attempt, payload.device)
