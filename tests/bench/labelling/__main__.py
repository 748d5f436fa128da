"""The figures of labelling: `python -m tests.bench.labelling [--part import] [--json]`.

Each part is a module beside this one that prints its own figures as they come; it runs in a process
of its own, so that none of them measures what another left behind. With `--json` the figures of
all come last, as one object. Options that this one does not know go to the part:
`--part import --rows 100000`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from tests.bench.figures import Figure, print_json

PARTS = {
    "import": "tests.bench.labelling.imports",
    "verdict": "tests.bench.labelling.verdicts",
    "search": "tests.bench.labelling.search",
    "kills": "tests.bench.labelling.kills",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this one; else all, one by one")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options, for_part = parser.parse_known_args()
    if for_part and options.part is None:
        parser.error(f"{' '.join(for_part)}: say with --part which part that is for")
    figures: list[Figure] = []
    for part in [options.part] if options.part else PARTS:
        print(f"{part} …", flush=True)
        figures += run_part(PARTS[part], for_part)
    if options.json:
        print_json(figures)
    return 0


def run_part(module: str, options: list[str]) -> list[Figure]:
    """Run a part; what it prints for people is shown as it comes, its figures are returned."""
    command = [sys.executable, "-m", module, *options, "--json"]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if last:
                print(last, end="", flush=True)
            last = line
    if process.returncode != 0:
        raise SystemExit(f"{module} failed with exit code {process.returncode}.")
    return [Figure(**figure) for figure in json.loads(last)["figures"]]


if __name__ == "__main__":
    sys.exit(main())
