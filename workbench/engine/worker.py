"""One attempt at a run, as its own process: `python -m workbench.engine.worker RUN_DIR ATTEMPT`.

On several GPUs: `accelerate launch -m workbench.engine.worker RUN_DIR ATTEMPT`.

Exit codes: 0 for finished, paused and stopped; 1 for a bug; 2 for what a person can mend.
Resuming needs no flag: where there are checkpoints, the newest one is continued.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

import psutil
from pydantic import ValidationError

from workbench.core.errors import KnownError, RunError
from workbench.core.events import Bye, Failed, Hello, RunState, StateChanged
from workbench.core.recipes import METHODS, RunSpec
from workbench.core.run_folder import RunFolder
from workbench.engine.devices import expected_device, versions
from workbench.engine.event_log import EventLog
from workbench.engine.examples import read_kind
from workbench.engine.model_folder import check_model_folder
from workbench.engine.steering import Steering

EXIT_OK, EXIT_BUG, EXIT_KNOWN = 0, 1, 2


def main(arguments: list[str]) -> int:
    """Run one attempt in the folder named; returns the exit code."""
    if len(arguments) != 2 or not arguments[1].isdigit():
        print("usage: python -m workbench.engine.worker RUN_DIR ATTEMPT_NUMBER", file=sys.stderr)
        return EXIT_KNOWN
    run = RunFolder(Path(arguments[0]).resolve())
    attempt = run.attempt(int(arguments[1]))
    attempt.path.mkdir(parents=True, exist_ok=True)
    spec, problem = _read_spec(run)
    run_id = spec.run_id if spec else run.path.name
    # Of several processes the first alone tells what happens and is told what to do.
    is_first = os.environ.get("RANK", "0") == "0"
    nowhere = Path(os.devnull)
    with EventLog(attempt.events if is_first else nowhere, run_id, attempt.number) as log:
        steering = Steering(attempt.control if is_first else nowhere, log.emit)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: steering.terminate())
        log.emit(_hello(run, spec))
        try:
            if spec is None:
                raise RunError(problem)
            _train(spec, run, log, steering)
        except KnownError as error:
            print(error, file=sys.stderr)
            _say_failed(log, Failed(str(error), known=True))
            return EXIT_KNOWN
        except Exception as error:  # a bug: it reaches the person as an event
            traceback.print_exc()
            message = f"{type(error).__name__}: {error}"
            _say_failed(log, Failed(message, known=False, detail=traceback.format_exc()))
            return EXIT_BUG
    return EXIT_OK


def _read_spec(run: RunFolder) -> tuple[RunSpec | None, str]:
    """The run's spec, or None and what is wrong with it."""
    try:
        return RunSpec.model_validate_json(run.spec.read_text(encoding="utf-8")), ""
    except OSError:
        return None, f"There is no spec.json in {run.path}: name the folder of a run."
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        return None, f"spec.json, {where}: {first['msg']}. Mend it, or start a new run."


def _hello(run: RunFolder, spec: RunSpec | None) -> Hello:
    steps = run.checkpoint_steps()
    return Hello(
        pid=os.getpid(),
        process_started_at=psutil.Process().create_time(),
        device=expected_device(spec.device) if spec else "",
        versions=versions(),
        total_steps=_total_steps(run, spec) if spec else None,
        resumed_from_step=steps[-1] if steps else None,
    )


def _total_steps(run: RunFolder, spec: RunSpec) -> int:
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    return spec.config.total_steps(count_rows(run.train_data), processes)


def count_rows(path: Path) -> int:
    """Lines that hold something; none where there is no file."""
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return 0


def _train(spec: RunSpec, run: RunFolder, log: EventLog, steering: Steering) -> None:
    log.report("starting")
    _check(spec, run)
    # Torch takes seconds to import: hello is out before, and so is what a person must mend.
    from workbench.engine.training import carry_out

    outcome = carry_out(spec, run, count_rows(run.train_data), log, steering)
    log.emit(StateChanged(outcome.state, outcome.reason))
    log.emit(Bye(outcome.state, outcome.step, outcome.reason))


def _check(spec: RunSpec, run: RunFolder) -> None:
    """Raise KnownError for data and model folders that can't be used."""
    for path in (run.train_data, run.eval_data):
        read_kind(METHODS[spec.method].learns_from, path)
    check_model_folder(Path(spec.model.path))


def _say_failed(log: EventLog, failure: Failed) -> None:
    log.emit(failure)
    log.emit(Bye(RunState.CRASHED, log.last_step, failure.message))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
