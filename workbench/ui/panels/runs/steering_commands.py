"""What the palette offers about runs: each command says which run it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication

from workbench.core.events import RunState
from workbench.store.rows import RunRow
from workbench.ui.commands import Command
from workbench.ui.panels.runs.steering import Steering

WORKING = (RunState.STARTING, RunState.RUNNING)


def steering_commands(
    steering: Steering,
    active: Sequence[RunRow],
    chosen: RunRow | None,
    show: Callable[[str], object],
) -> list[Command]:
    """Pause and stop of each of the `active` runs, resume of the `chosen` one where it can be.

    `show` selects the run of an id, so that it is seen what comes of it. A run of which something
    is asked already is left out.
    """
    found = []
    for run in [run for run in active if not steering.stage(run.id)]:
        if run.state in WORKING:
            found.append(_command(_tr("Pause run “{0}”"), "pause", run, steering.pause, show))
        found.append(_command(_tr("Stop run “{0}”"), "stop", run, steering.stop, show))
    if chosen is not None and _can_resume(chosen, active) and not steering.stage(chosen.id):
        found.append(_command(_tr("Resume run “{0}”"), "play", chosen, steering.resume, show))
    return found


def _can_resume(run: RunRow, active: Sequence[RunRow]) -> bool:
    # The list may be older than the last look at what is active.
    return run.state.can_resume and run.id not in {other.id for other in active}


def _command(
    title: str,
    icon: str,
    run: RunRow,
    steer: Callable[[RunRow], object],
    show: Callable[[str], object],
) -> Command:
    def act() -> None:
        show(run.id)
        steer(run)

    return Command(title.format(run.name), act, icon)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SteeringCommands", text)
