"""What `import` and `export` can be told on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="FILE",
        help="a file or a folder of them (JSON, JSON Lines, CSV, Parquet, text; .gz too),"
        " hub:OWNER/NAME for a data set on the hub, or - for standard input",
    )  # fmt: skip
    _add_project(parser)
    parser.add_argument("--name", help="what to call the data set (default: the file's name)")
    parser.add_argument("--form", help="the data form (default: told from the first rows)")
    parser.add_argument(
        "--map", action="append", default=[], type=_role_and_column, metavar="ROLE=COLUMN",
        help="which column has a role, where the guess is wrong: --map chosen=best",
    )  # fmt: skip
    parser.add_argument(
        "--rejects", type=Path, metavar="FILE", help="write the rows that could not be read there"
    )
    parser.add_argument(
        "--ask-again", action="store_true", help="leave the file's pairs to be labelled here"
    )
    parser.add_argument(
        "--held-out", action="store_true", help="keep the file's prompts out of all training"
    )
    parser.add_argument("--annotator", help="whose verdicts they are, where rows name nobody")
    parser.add_argument(
        "--even-again", action="store_true", help="import rows that are in the project already"
    )


def add_export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, help="the file to write: .jsonl, .json, .csv, .tsv or .parquet"
    )
    _add_project(parser)
    parser.add_argument("--form", default="trl-preference", help="the data form")
    parser.add_argument(
        "--dataset", action="append", default=[], metavar="NAME", help="only this data set"
    )
    parser.add_argument(
        "--min-strength", type=int, choices=(1, 2, 3), help="how much better the winner must be"
    )
    parser.add_argument(
        "--min-agreement", type=_share, metavar="SHARE", help="of the annotators, 0 to 1"
    )
    parser.add_argument(
        "--annotator", action="append", default=[], metavar="NAME", help="only their verdicts"
    )
    parser.add_argument(
        "--held-out-share", type=_share, metavar="SHARE",
        help="write two files, of which the second has this share of the prompts",
    )  # fmt: skip
    parser.add_argument(
        "--bare", action="store_true", help="leave out who said what, and where answers are from"
    )


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", type=Path, required=True, metavar="FOLDER", help="folder of the project"
    )


def _role_and_column(text: str) -> tuple[str, str]:
    role, sign, column = text.partition("=")
    if not sign or not role:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form ROLE=COLUMN")
    return role, column


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value
