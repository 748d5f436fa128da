"""`spec.json`: what a run trains."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.core.errors import RunError
from workbench.core.recipes import RunSpec
from workbench.core.run_folder import RunFolder

# A run's id names a folder: one that came from elsewhere must not lead out of the project.
_RUN_ID = re.compile(r"\w[\w.-]*")


def read_spec(run_dir: Path) -> RunSpec:
    """What the run in `run_dir` trains; raises RunError when that can't be read."""
    path = RunFolder(run_dir).spec
    try:
        spec = RunSpec.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{run_dir} holds no run: choose a folder with spec.json in it.") from None
    except (OSError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise RunError(f"{path} can't be read: {problem}. Make the run anew in Train.") from error
    if not _RUN_ID.fullmatch(spec.run_id):
        raise RunError(f"{path} names an impossible run {spec.run_id!r}: make it anew in Train.")
    return spec
