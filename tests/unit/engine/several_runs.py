"""Several attempts one after the other in the same processes, so that torch starts only once.

    torchrun --nproc_per_node 2 -m tests.unit.engine.several_runs fsdp2:RUN_DIR ddp:RUN_DIR ...

Each is what `python -m workbench.engine.worker` makes of the newest attempt of its folder. Once all
are finished, each is resumed from the checkpoint of its first step, in a copy: `RUN_DIR-resumed`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from accelerate.state import AcceleratorState

from workbench.core.run_folder import RunFolder
from workbench.engine import worker

_LOOK_S = 0.02

# What accelerate launch sets for each way to share a model out.
ENVIRONMENT = {
    "ddp": {},
    "fsdp2": {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"},
    "zero1": {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "1"},
    "zero2": {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"},
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run each; the first that fails ends it, as the others would wait for it forever."""
    for is_resumed in (False, True):
        for argument in arguments:
            way, _, folder = argument.partition(":")
            run = RunFolder(Path(folder))
            if code := carry_out(way, begun_again(run) if is_resumed else run):
                print(f"{argument} ended with {code}", file=sys.stderr)
                return code
    return 0


def carry_out(way: str, run: RunFolder) -> int:
    for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"):
        os.environ.pop(name, None)
    os.environ |= ENVIRONMENT[way]
    AcceleratorState._reset_state(reset_partial_state=True)  # as in processes of its own
    return worker.main([str(run.path), str(run.attempts()[-1].number)])


def begun_again(run: RunFolder) -> RunFolder:
    """A copy of a finished run as it was after its first step, with a new attempt."""
    copy = RunFolder(run.path.with_name(f"{run.path.name}-resumed"))
    if os.environ["RANK"] != "0":
        while not copy.path.exists():
            time.sleep(_LOOK_S)
        return copy
    made = RunFolder(copy.path.with_name(f"{copy.path.name}.new"))
    shutil.copytree(run.path, made.path)
    for result in (made.adapter, made.model):
        shutil.rmtree(result, ignore_errors=True)
    for step in made.checkpoint_steps():
        if step > 1:
            shutil.rmtree(made.checkpoint(step))
    made.next_attempt()
    made.path.rename(copy.path)
    return copy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
