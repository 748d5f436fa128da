"""The scripts that people start with, in a copy of the checkout that installs nothing."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def is_bash(path: Path) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


SCRIPTS = [
    ROOT / ".ci" / "run",
    *sorted(filter(is_bash, (ROOT / "packaging").iterdir())),
    *sorted((ROOT / "packaging" / "lib").glob("*.sh")),
]


class Copy:
    """A checkout elsewhere whose environment counts as set up."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "packaging", folder / "packaging")
        shutil.copytree(ROOT / "resources" / "icons", folder / "resources" / "icons")
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
        self.mark_as_set_up()

    def bash(self, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `program` where the scripts' functions are known."""
        prelude = """
            set -euo pipefail
            ROOT=$PWD VENV=$PWD/.venv
            for part in say system python; do . "packaging/lib/$part.sh"; done
        """
        return self.run("bash", "-c", prelude + program, **environment)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment | environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def mark_as_set_up(self) -> None:
        done = self.bash("_stamp '' >.venv/workbench-run.stamp")
        assert done.returncode == 0, done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    home = tmp_path / "home"
    home.mkdir()
    folder = tmp_path / "a folder"
    folder.mkdir()
    return Copy(folder, home)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    if script.suffix == "":
        assert os.access(script, os.X_OK)
        assert "set -euo pipefail" in script.read_text(encoding="utf-8")


def test_every_script_can_be_called() -> None:
    for path in (ROOT / "packaging").iterdir():
        if path.suffix == "" and path.is_file():
            assert os.access(path, os.X_OK), path.name
            assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env "), path.name


def test_ci_runs_exactly_what_people_run() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[2:] == ['exec "$(dirname "$0")/../packaging/test"']


def pins() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["test"]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda item: item.name)
def test_each_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    version = pins()[requirement.name.lower().replace("_", "-")]
    assert requirement.specifier.contains(version)
    assert Requirement(f"x=={version}").specifier.contains(
        importlib.metadata.version(requirement.name)
    )


def test_a_second_call_installs_nothing(copy: Copy) -> None:
    done = copy.bash("set_up ''")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("file", ["pyproject.toml", "packaging/constraints.txt"])
def test_a_changed_list_asks_for_a_new_set_up(copy: Copy, file: str) -> None:
    assert copy.bash("_is_current ''").returncode == 0
    with (copy.folder / file).open("a") as lines:
        lines.write("# changed\n")
    assert copy.bash("_is_current ''").returncode != 0


def test_an_environment_that_was_moved_is_not_taken_for_a_good_one(copy: Copy) -> None:
    moved = copy.folder.with_name("elsewhere")
    copy.folder.rename(moved)
    copy.folder = moved
    assert copy.bash("_is_current ''").returncode != 0


def test_an_interrupted_package_is_installed_again(copy: Copy) -> None:
    site = copy.folder / ".venv" / "lib" / "python3.11" / "site-packages"
    whole, half = site / "whole-1.0.dist-info", site / "half-1.0.dist-info"
    for folder in (whole, half):
        folder.mkdir(parents=True)
        (folder / "METADATA").touch()
    (whole / "INSTALLER").write_text("pip\n")
    assert copy.bash("_drop_half_installed").returncode == 0
    assert list(site.iterdir()) == [whole]


def test_a_pythons_stand_in_is_not_mistaken_for_python(copy: Copy, tmp_path: Path) -> None:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "python3").write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    (binaries / "python3").chmod(0o755)
    (binaries / "python3.12").symlink_to(sys.executable)
    path = f"{binaries}:{os.environ['PATH']}"
    assert copy.bash("find_python", PATH=path).stdout.strip() == str(binaries / "python3.12")


def test_without_a_python_one_sentence_says_what_to_install(copy: Copy, tmp_path: Path) -> None:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in (
        "bash",
        "cat",
        "cut",
        "dirname",
        "env",
        "flock",
        "grep",
        "readlink",
        "rm",
        "sha256sum",
    ):
        (binaries / name).symlink_to(shutil.which(name) or name)
    shutil.rmtree(copy.folder / ".venv")
    done = copy.run("packaging/run", PATH=str(binaries))
    assert done.returncode == 1
    assert done.stderr.startswith("Workbench needs Python 3.11, 3.12 or 3.13, and none was found.")
    assert "apt-get install python3" in done.stderr


def test_without_a_display_it_says_so_and_what_works(copy: Copy) -> None:
    done = copy.run("packaging/run")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "There is no display here, so the window can't open.",
        "The same round without a window:",
        "  packaging/run demo --headless",
    ]


def test_a_failing_step_shows_what_it_said(copy: Copy) -> None:
    done = copy.bash("with_progress 'Trying' bash -c 'echo the reason; exit 3'")
    assert done.returncode == 3
    assert "the reason" in done.stderr
    quiet = copy.bash("with_progress 'Trying' echo noise")
    assert quiet.returncode == 0
    assert "noise" not in quiet.stdout + quiet.stderr


def test_nothing_that_qt_needs_is_missing_here(copy: Copy) -> None:
    done = copy.bash(f"VENV='{sys.prefix}' && missing_qt_packages")
    assert (done.returncode, done.stdout) == (0, "")


needs_desktop_files = pytest.mark.skipif(
    not (shutil.which("desktop-file-validate") and shutil.which("gio")),
    reason="desktop-file-utils or libglib2.0-bin is not installed; packaging/test installs both",
)


@needs_desktop_files
def test_the_launcher_opens_the_application_wherever_it_lies(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = tmp_path / 'my "work" $HOME `x` 100% \\ done'
    folder.mkdir()
    copy = Copy(folder, home)
    sign = tmp_path / "opened"
    (folder / "packaging" / "run").write_text(f"#!/bin/sh\necho \"$#\" >'{sign}'\n")

    installed = copy.run("packaging/install-launcher")
    assert installed.returncode == 0, installed.stderr
    launcher = home / ".local" / "share" / "applications" / "workbench.desktop"
    icon = home / ".local" / "share" / "icons" / "hicolor" / "scalable" / "apps" / "workbench.svg"
    assert icon.is_file()
    checked = copy.run("desktop-file-validate", str(launcher))
    assert (checked.returncode, checked.stdout) == (0, "")

    launched = copy.run("gio", "launch", str(launcher))
    assert launched.returncode == 0, launched.stderr
    deadline = time.monotonic() + 30
    while not (sign.exists() and sign.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sign.read_text() == "0\n"

    assert copy.run("packaging/install-launcher", "--remove").returncode == 0
    assert not launcher.exists()
    assert not icon.exists()


def test_the_launcher_follows_the_accounts_data_folder(copy: Copy, tmp_path: Path) -> None:
    done = copy.run("packaging/install-launcher", XDG_DATA_HOME=str(tmp_path / "share"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "share" / "applications" / "workbench.desktop").is_file()
    refused = copy.run("packaging/install-launcher", "--uninstall")
    assert refused.returncode == 1
    assert "knows no option --uninstall" in refused.stderr
