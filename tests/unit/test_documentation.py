"""Pages keep up with the program: every command, option and path in them is real."""

import re
from pathlib import Path

import pytest

from workbench.cli import main

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (ROOT / "docs" / "COMMANDS.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_every_command_and_option_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    listed = re.findall(r"^    (\w+) ", help_of(capsys), re.MULTILINE)
    headings = re.findall(r"^## `workbench (\w+)", COMMANDS, re.MULTILINE)
    assert sorted(headings) == sorted(listed)
    for command in listed:
        section = COMMANDS.split(f"## `workbench {command}")[1].split("\n## ")[0]
        options = set(re.findall(r"--[a-z][a-z-]*", help_of(capsys, command))) - {"--help"}
        documented = set(re.findall(r"--[a-z][a-z-]*", section))
        assert options == documented, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [
        link
        for link in links
        if not link.startswith("https://") and not (page.parent / link).exists()
    ]
    assert missing == []


def test_the_readmes_tree_is_the_tree() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("## What is where")[1]
    told = set(re.findall(r"^  (\w+)/ ", tree, re.MULTILINE))
    there = {path.parent.name for path in (ROOT / "workbench").glob("*/__init__.py")}
    assert told == there
