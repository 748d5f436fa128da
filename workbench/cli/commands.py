"""Which commands there are, and what each is given."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench import __version__
from workbench.cli.data_options import add_export_options, add_import_options
from workbench.core.errors import KnownError

_EXIT_KNOWN_ERROR = 2
_EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; 2 is a problem that a person can mend."""
    options = _parser().parse_args(_with_command(sys.argv[1:] if arguments is None else arguments))
    try:
        code: int = options.run(options)
    except KnownError as error:
        print(error, file=sys.stderr)
        return _EXIT_KNOWN_ERROR
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _EXIT_INTERRUPTED
    return code


def _with_command(arguments: Sequence[str]) -> list[str]:
    """`workbench`, `workbench FOLDER` and `workbench --demo` mean `workbench open …`."""
    asked = {"-h", "--help", "--version"}
    if arguments and (arguments[0] in _COMMANDS or arguments[0] in asked):
        return list(arguments)
    return ["open", *arguments]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workbench",
        description="Train and compare language models on your own workstation."
        " Without a command the window opens on the last project, or on the folder named.",
    )
    parser.add_argument("--version", action="version", version=f"Workbench {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, add in _COMMANDS.items():
        add(commands, name)
    return parser


_Commands = argparse._SubParsersAction  # argparse gives this type no public name


def _add_open(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="open the window (what happens without a command)")
    parser.add_argument("project", nargs="?", type=Path, help="folder of a project")
    parser.add_argument("--demo", action="store_true", help="open the demo project")
    parser.set_defaults(run=_open)


def _add_demo(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="go round the whole loop once with the demo project")
    parser.add_argument(
        "--headless", action="store_true",
        help="train, answer and judge without a window, and print what was measured",
    )  # fmt: skip
    parser.add_argument(
        "--steps", type=_positive, metavar="N", help="training steps (default: once over the pairs)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument(
        "--device", type=_device, default="auto", help="auto, cpu, cuda, cuda:1 or mps"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the project there, to open it later"
    )
    parser.set_defaults(run=_demo)


def _add_train(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="train a run's folder here, or go on with it")
    parser.add_argument("run_dir", type=Path, help="folder with spec.json in it")
    parser.set_defaults(run=_train)


def _add_ingest(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="read a run's folder into a project")
    parser.add_argument("run_dir", type=Path, help="folder with spec.json in it")
    _add_project(parser)
    parser.set_defaults(run=_ingest)


def _add_import(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="read a data file into a project")
    add_import_options(parser)
    parser.set_defaults(run=_import)


def _add_export(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="write a project's rows to a file")
    add_export_options(parser)
    parser.set_defaults(run=_export)


def _add_merge(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="bring another copy of a project into a project")
    parser.add_argument("other", type=Path, help="folder of the other copy; it is only read")
    _add_project(parser)
    parser.set_defaults(run=_merge)


def _add_score(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(
        name, help="let a run's model say which waiting pairs to ask first"
    )
    parser.add_argument("run_name", nargs="?", default="", metavar="RUN", help="name or id")
    parser.add_argument("--annotator", required=True, metavar="NAME", help="whose pairs wait")
    _add_project(parser)
    parser.set_defaults(run=_score)


def _add_doctor(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="say what is here, what is missing and how to get it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_doctor)


def _add_prepare(commands: _Commands[argparse.ArgumentParser], name: str) -> None:
    parser = commands.add_parser(name, help="make the embedded model, once")
    parser.set_defaults(run=_prepare)


_COMMANDS = {
    "open": _add_open,
    "demo": _add_demo,
    "train": _add_train,
    "ingest": _add_ingest,
    "import": _add_import,
    "export": _add_export,
    "merge": _add_merge,
    "score": _add_score,
    "doctor": _add_doctor,
    "prepare": _add_prepare,
}


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, required=True, metavar="FOLDER", help="folder of the project"
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", text):
        raise argparse.ArgumentTypeError(f"{text!r} is none of auto, cpu, cuda, cuda:1 and mps")
    return text


def _open(options: argparse.Namespace) -> int:
    from workbench.cli.window import open_window

    return open_window(options.project, demo=options.demo)


def _demo(options: argparse.Namespace) -> int:
    if not options.headless:
        from workbench.cli.window import open_window

        return open_window(None, demo=True)
    from workbench.cli.demo import go_round

    return go_round(options.steps, options.device, options.keep, as_json=options.json)


def _train(options: argparse.Namespace) -> int:
    from workbench.cli.follow import train

    return train(options.run_dir)


def _ingest(options: argparse.Namespace) -> int:
    from workbench.cli.data import ingest

    return ingest(options.run_dir, options.project)


def _import(options: argparse.Namespace) -> int:
    from workbench.cli.data import import_rows

    return import_rows(options)


def _export(options: argparse.Namespace) -> int:
    from workbench.cli.data import export_rows

    return export_rows(options)


def _merge(options: argparse.Namespace) -> int:
    from workbench.cli.merge import merge

    return merge(options.other, options.project)


def _score(options: argparse.Namespace) -> int:
    from workbench.cli.score import score

    return score(options.project, options.run_name, options.annotator)


def _doctor(options: argparse.Namespace) -> int:
    from workbench.cli.doctor import examine

    return examine(as_json=options.json)


def _prepare(_: argparse.Namespace) -> int:
    from workbench.cli.prepare import prepare

    prepare()
    return 0
