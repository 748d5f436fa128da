"""Several attempts one after the other in the same processes, so that torch starts only once.

    torchrun --nproc_per_node 2 -m tests.unit.engine.several_runs fsdp2:RUN_DIR ddp:RUN_DIR ...

Each is what `python -m workbench.engine.worker` makes of the newest attempt of its folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workbench.core.run_folder import RunFolder
from workbench.engine import worker

# What accelerate launch sets for each way to share a model out.
ENVIRONMENT = {
    "ddp": {},
    "fsdp2": {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"},
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run each; the first that fails ends it, as the others would wait for it forever."""
    for argument in arguments:
        way, _, folder = argument.partition(":")
        os.environ.pop("ACCELERATE_USE_FSDP", None)
        os.environ |= ENVIRONMENT[way]
        attempt = RunFolder(Path(folder)).attempts()[-1]
        if code := worker.main([folder, str(attempt.number)]):
            print(f"{argument} ended with {code}", file=sys.stderr)
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
