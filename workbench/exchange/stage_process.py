"""Reading data files in a process of its own, so that the window keeps its one for itself.

The job goes to its standard input as JSON; progress and the result come from its standard output,
an object a line. It ends when nobody reads those any more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.core.errors import KnownError
from workbench.core.python_process import let_stand_back, module_command, module_environment
from workbench.exchange.stage import OnStaged, Staged, StageJob, StageProgress, stage
from workbench.formats.records import RowProblem
from workbench.formats.roles import Role


def stage_in_process(
    job: StageJob, on_progress: OnStaged, cancelled: Callable[[], bool]
) -> Staged | None:
    """As `stage`, in another process; None when it was given up. Raises KnownError."""
    process = subprocess.Popen(
        module_command(__name__),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=module_environment(os.environ),
        text=True,
        encoding="utf-8",
    )
    let_stand_back(process.pid)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError), process.stdin as stdin:  # it ended early: told below
            stdin.write(json.dumps(_job_to_json(job)))
        for line in process.stdout:
            told = json.loads(line)
            if cancelled():
                return None
            if "share" in told:
                on_progress(StageProgress(**told))
            elif "problems" in told:
                return _staged_from_json(told)
            else:
                raise KnownError(told["error"])
        raise KnownError(
            "The file could not be read: the process that did so ended early, perhaps for lack of"
            " memory. Close other programs and try again."
        )
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main() -> int:
    """The other process."""
    job = _job_from_json(json.load(sys.stdin))
    try:
        staged = stage(job, lambda progress: _tell(asdict(progress)))
    except KnownError as error:
        _tell({"error": str(error)})
    else:
        _tell(asdict(staged))
    return 0


def _tell(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


def _job_to_json(job: StageJob) -> dict[str, Any]:
    return {
        **asdict(job),
        "files": [str(path) for path in job.files],
        "mapping": {role.value: column for role, column in job.mapping.items()},
        "staging": str(job.staging),
        "rejects": str(job.rejects),
    }


def _job_from_json(value: dict[str, Any]) -> StageJob:
    return StageJob(
        files=tuple(Path(path) for path in value["files"]),
        form=value["form"],
        mapping={Role(role): column for role, column in value["mapping"].items()},
        staging=Path(value["staging"]),
        rejects=Path(value["rejects"]),
        ask_again=value["ask_again"],
        held_out=value["held_out"],
        annotator=value["annotator"],
    )


def _staged_from_json(value: dict[str, Any]) -> Staged:
    problems = tuple(RowProblem(**problem) for problem in value["problems"])
    return Staged(value["row_count"], value["problem_count"], problems)


if __name__ == "__main__":
    sys.exit(main())
