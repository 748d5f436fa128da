"""What the palette offers about runs: each command says which run it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication

from workbench.core.events import RunState
from workbench.store.rows import RunRow
from workbench.ui.commands import Command
from workbench.ui.panels.runs.steering import Steering
from workbench.ui.wording import moment

WORKING = (RunState.STARTING, RunState.RUNNING)


def steering_commands(
    steering: Steering,
    active: Sequence[RunRow],
    chosen: RunRow | None,
    show: Callable[[str], object],
) -> list[Command]:
    """Pause and stop of each of the `active` runs, resume of the `chosen` one where it can be.

    `show` selects the run of an id, so that it is seen what comes of it. A run of which something
    is asked already is left out. Runs of one name are told apart by when they were made.
    """
    names = Counter(run.name for run in active)

    def command(title: str, icon: str, run: RunRow, steer: Callable[[RunRow], object]) -> Command:
        def act() -> None:
            show(run.id)
            steer(run)

        shown = title.format(run.name)
        if names[run.name] > 1:
            shown = _tr("{0}, made {1}").format(shown, moment(run.created_at))
        return Command(shown, act, icon)

    found = []
    for run in [run for run in active if not steering.stage(run.id)]:
        if run.state in WORKING:
            found.append(command(_tr("Pause run “{0}”"), "pause", run, steering.pause))
        found.append(command(_tr("Stop run “{0}”"), "stop", run, steering.stop))
    if chosen is not None and _can_resume(chosen, active) and not steering.stage(chosen.id):
        found.append(command(_tr("Resume run “{0}”"), "play", chosen, steering.resume))
    return found


def _can_resume(run: RunRow, active: Sequence[RunRow]) -> bool:
    # The list may be older than the last look at what is active.
    return run.state.can_resume and run.id not in {other.id for other in active}


def _tr(text: str) -> str:
    return QCoreApplication.translate("SteeringCommands", text)
