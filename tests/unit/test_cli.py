"""The command line: help, exit codes, and one sentence for what a person can mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.cli.display import missing_libraries, what_is_wrong_with_the_display
from workbench.store.project import DATABASE_NAME, Project

COMMANDS = ("open", "demo", "train", "ingest", "import", "export", "doctor", "prepare")
PAIR = {"prompt": "Why?", "chosen": "So.", "rejected": "Well, because."}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    Project.create(folder, "Mine").close()
    return folder


def _pairs(folder: Path, *lines: str) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def _counts(folder: Path) -> tuple[int, int]:
    with Project.open(folder) as project:
        return len(project.datasets.all()), project.pairs.count()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: workbench {command}" in capsys.readouterr().out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"    {command}" in text for command in COMMANDS)


def test_the_command_line_starts_without_torch_and_qt() -> None:
    script = "import sys, workbench.cli; print('torch' in sys.modules, 'PySide6' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_pairs_go_in_and_come_out(
    tmp_path: Path, project_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = ["--project", str(project_folder)]
    assert main(["import", str(_pairs(tmp_path, json.dumps(PAIR))), *project]) == 0
    assert "1 rows of the kind preference" in capsys.readouterr().out
    written = tmp_path / "out.jsonl"
    assert main(["export", str(written), *project]) == 0
    row = json.loads(written.read_text(encoding="utf-8"))
    assert row["chosen"] == [{"role": "assistant", "content": "So."}]


def test_pairs_can_be_asked_again(tmp_path: Path, project_folder: Path) -> None:
    arguments = ["import", str(_pairs(tmp_path, json.dumps(PAIR))), "--ask-again"]
    assert main([*arguments, "--project", str(project_folder)]) == 0
    with Project.open(project_folder) as project:
        assert len(project.pairs.waiting("me", 10)) == 1
        assert project.pairs.labelled() == []


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("{nonsense",), "pairs.jsonl: line 1 is not JSON"),
        (('{"prompt": "Why?", "chosen": "a", "rejected": 3}',), "No row could be read"),
        ((), "pairs.jsonl: the file is empty"),
    ],
)
def test_a_malformed_file_is_one_sentence_and_leaves_the_project_as_it_was(
    tmp_path: Path,
    project_folder: Path,
    capsys: pytest.CaptureFixture[str],
    lines: tuple[str, ...],
    problem: str,
) -> None:
    code = main(["import", str(_pairs(tmp_path, *lines)), "--project", str(project_folder)])
    assert code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(problem)
    assert _counts(project_folder) == (0, 0)


def test_bad_rows_are_told_and_saved_and_a_column_can_be_named(
    tmp_path: Path, project_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _pairs(tmp_path, '{"prompt": "Why?", "best": "a", "worst": "b"}', "{nonsense")
    rejects = tmp_path / "rejects.jsonl"
    arguments = ["import", str(path), "--project", str(project_folder), "--rejects", str(rejects)]
    named = ["--form", "trl-preference-text", "--map", "chosen=best", "--map", "rejected=worst"]
    assert main([*arguments, *named]) == 0
    said = capsys.readouterr()
    assert "1 rows of the kind preference" in said.out
    assert "pairs.jsonl, line 2: is not JSON" in said.err
    assert json.loads(rejects.read_text(encoding="utf-8"))["row"] == "{nonsense"
    assert main([*arguments, "--map", "best=chosen"]) == 2
    assert "There is no role “best”" in capsys.readouterr().err


def test_an_export_can_be_parted(
    tmp_path: Path, project_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = ["--project", str(project_folder)]
    lines = [json.dumps({**PAIR, "prompt": f"Why {number}?"}) for number in range(20)]
    assert main(["import", str(_pairs(tmp_path, *lines)), *project]) == 0
    written = ["export", str(tmp_path / "out.csv"), *project, "--form", "comparison"]
    assert main([*written, "--dataset", "pairs", "--held-out-share", "0.5", "--bare"]) == 0
    parts = [(tmp_path / f"out.{part}.csv").read_text("utf-8") for part in ("train", "held_out")]
    assert sum(len(part.splitlines()) - 1 for part in parts) == 20
    capsys.readouterr()
    assert main([*written, "--dataset", "other"]) == 2
    assert "there are pairs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["import", "absent.jsonl", "--project", "{project}"], "absent.jsonl: there is no such"),
        (["import", "absent.jsonl", "--project", "{tmp}"], "holds no project"),
        (["export", "{tmp}/out.jsonl", "--project", "{project}"], "no labelled pairs"),
        (["ingest", "{tmp}", "--project", "{project}"], "holds no run"),
        (["train", "{tmp}"], "holds no run"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    project_folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    problem: str,
) -> None:
    places = {"tmp": str(tmp_path), "project": str(project_folder)}
    assert main([part.format(**places) for part in arguments]) == 2
    said = capsys.readouterr().err
    assert problem in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("option", "value"),
    [("--steps", "0"), ("--steps", "-3"), ("--steps", "many"), ("--device", "gpu")],
)
def test_impossible_options_are_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--headless", option, value])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


def test_doctor_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = {finding["name"]: finding for finding in report["findings"]}
    assert {"Python", "torch", "PySide6-Essentials", "processor", "memory", "display"} <= set(found)
    model = found["embedded model"]
    assert not model["is_well"]
    assert "workbench prepare" in model["advice"]
    assert not report["is_well"]


def test_doctor_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out
    assert "✓ Python" in lines
    assert "✗ embedded model" in lines
    assert "workbench prepare" in lines


@pytest.mark.parametrize("arguments", [[], ["--demo"], ["demo"], ["open", "somewhere"]])
def test_without_a_display_the_headless_command_is_shown(arguments: list[str], home: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "There is no display here" in done.stderr
    assert "workbench demo --headless" in done.stderr
    assert not (home / "data" / "projects" / "demo" / DATABASE_NAME).exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of X11 and Wayland")
def test_a_display_that_does_not_answer_is_told() -> None:
    assert "does not answer" in (what_is_wrong_with_the_display({"DISPLAY": ":987"}) or "")
    assert "does not answer" in (what_is_wrong_with_the_display({"DISPLAY": "nonsense"}) or "")
    gone = {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nowhere"}
    assert "does not answer" in (what_is_wrong_with_the_display(gone) or "")
    assert what_is_wrong_with_the_display({"QT_QPA_PLATFORM": "offscreen"}) is None


def test_the_libraries_that_qt_needs_are_here() -> None:
    assert missing_libraries() == []
