"""Making the embedded model in a process of its own, so that the caller never imports torch."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

from workbench.core.errors import ModelFolderError
from workbench.core.python_process import computing_environment, module_command
from workbench.modelfiles.embedded import embedded_model

MODULE = "workbench.engine.embedded"
USUAL_S = 40.0
_LOOK_S = 0.2


class MakingStoppedError(ModelFolderError):
    """A person stopped the making; nothing of it stays."""


def make_embedded_model(cancel: threading.Event, *, module: str = MODULE) -> Path:
    """Convert the embedded model into the cache and return its folder; blocks for about 40 s.

    Raises ModelFolderError with the process's last words, or MakingStoppedError soon after
    `cancel` is set.
    """
    process = subprocess.Popen(
        module_command(module),
        env=computing_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while True:
        try:
            _, said = process.communicate(timeout=_LOOK_S)
            break
        except subprocess.TimeoutExpired:
            if cancel.is_set():
                process.terminate()
    if cancel.is_set():
        raise MakingStoppedError("The embedded model was not made, because it was stopped.")
    if process.returncode:
        raise ModelFolderError(_sentence(said, process.returncode))
    return embedded_model().folder


def _sentence(said: str, code: int) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    if code == 2 and lines:  # the sentence of a KnownError
        return lines[-1]
    reason = lines[-1] if lines else f"its process ended with code {code}"
    return f"The embedded model could not be made ({reason}): run workbench doctor to see why."
