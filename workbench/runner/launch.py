"""Starting a run in the background, so that it outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from workbench.core.errors import RunError
from workbench.core.python_process import module_command, module_environment
from workbench.core.run_folder import AttemptFolder, RunFolder
from workbench.runner.liveness import attempt_status

TRAINER_MODULE = "workbench.engine.worker"

# The shell starts the supervisor and is gone at once: the supervisor then belongs to the system's
# first process, and no zombie is left to whoever started it.
_DETACH = '"$@" </dev/null >>"$SUPERVISOR_LOG" 2>&1 &'


def start_attempt(folder: RunFolder, *, trainer_module: str = TRAINER_MODULE) -> AttemptFolder:
    """Start the run in `folder`, or resume it from its newest checkpoint; returns at once.

    Raises RunError when the folder holds no run, or a process is at work on it already.
    """
    if not folder.spec.is_file():
        raise RunError(f"{folder.path} holds no run: choose a folder with spec.json in it.")
    attempts = folder.attempts()
    if attempts and attempt_status(attempts[-1]).state.is_active:
        raise RunError("This run is already at work: stop or pause it first.")
    attempt = _new_attempt(folder)
    command = module_command(
        "workbench.runner.supervisor",
        str(folder.path.resolve()),
        str(attempt.number),
        "--trainer",
        trainer_module,
    )
    environment = module_environment(os.environ)
    environment["SUPERVISOR_LOG"] = str(attempt.supervisor_log.resolve())
    subprocess.run(
        ["/bin/sh", "-c", _DETACH, "sh", *command],
        env=environment,
        cwd=Path("/"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
    )
    return attempt


def _new_attempt(folder: RunFolder) -> AttemptFolder:
    try:
        return folder.next_attempt()
    except FileExistsError:
        raise RunError("This run is being started by somebody else just now.") from None
    except OSError as error:
        raise RunError(
            f"{folder.path} can't be written to ({error.strerror}): free some space or check its"
            " permissions."
        ) from error
