"""`workbench merge`: a colleague's copy comes in from the command line."""

from pathlib import Path

import pytest

from tests.unit.store.test_label_history import add_pairs, give
from workbench.cli import main
from workbench.core.preferences import Choice
from workbench.store import Project


def test_a_copy_is_merged_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    with Project.create(mine, "Mine") as project:
        pairs = add_pairs(project, 2)
        other.mkdir()
        project.database.backup(other / "project.sqlite")
    with Project.open(other) as project:
        give(project, pairs[0], Choice.FIRST, annotator="Grace")
    for new in (1, 0):
        assert main(["merge", str(other), "--project", str(mine)]) == 0
        assert f"{new} verdicts, 0 pairs and 0 data sets are new" in capsys.readouterr().out
    assert main(["merge", str(tmp_path), "--project", str(mine)]) == 2
    assert "holds no project" in capsys.readouterr().err
