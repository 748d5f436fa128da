"""Several attempts one after the other in the same processes, so that torch starts only once.

    torchrun --nproc_per_node 2 -m tests.unit.engine.several_runs fsdp2:RUN_DIR ddp:RUN_DIR ...

Each is what `python -m workbench.engine.worker` makes of the newest attempt of its folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from accelerate.state import AcceleratorState

from workbench.core.run_folder import RunFolder
from workbench.engine import worker

# What accelerate launch sets for each way to share a model out.
ENVIRONMENT = {
    "ddp": {},
    "fsdp2": {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"},
    "zero1": {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "1"},
    "zero2": {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"},
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run each; the first that fails ends it, as the others would wait for it forever."""
    for argument in arguments:
        way, _, folder = argument.partition(":")
        for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"):
            os.environ.pop(name, None)
        os.environ |= ENVIRONMENT[way]
        AcceleratorState._reset_state(reset_partial_state=True)  # as in processes of its own
        attempt = RunFolder(Path(folder)).attempts()[-1]
        if code := worker.main([folder, str(attempt.number)]):
            print(f"{argument} ended with {code}", file=sys.stderr)
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
