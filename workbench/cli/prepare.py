"""Making the embedded model, in a process of its own: only the engine knows torch."""

from __future__ import annotations

import os
import subprocess
import sys

from workbench.core.errors import KnownError
from workbench.core.python_process import computing_environment, module_command
from workbench.modelfiles.embedded import EmbeddedModel, embedded_model

_MAKER = "workbench.engine.embedded"


def prepare() -> EmbeddedModel:
    """Return the embedded model, made now if it is not there; raises KnownError."""
    embedded = embedded_model()
    if embedded.is_ready:
        return embedded
    if not sys.stderr.isatty():  # where there is no progress bar either
        print("Making the embedded model ready, once: about a minute.", file=sys.stderr, flush=True)
    maker = subprocess.run(
        module_command(_MAKER, str(embedded.folder)),
        env=computing_environment(os.environ),
        check=False,
    )
    embedded = embedded_model()
    if maker.returncode or not embedded.is_ready:
        raise KnownError("The embedded model could not be made: see the lines above.")
    return embedded
