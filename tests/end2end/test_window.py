"""The real application as its own process."""

from pathlib import Path

from tests.end2end.conftest import Open
from workbench.store import Project


def test_it_opens_without_a_project_and_closes(open_application: Open) -> None:
    window = open_application()
    window.wait_for("Home")
    window.close()
    assert window.log.read_text() == ""


def test_a_named_project_is_opened_and_locked(open_application: Open, tmp_path: Path) -> None:
    Project.create(tmp_path / "project", "Concise answers").close()
    window = open_application(tmp_path / "project")
    window.wait_for("Concise answers – Workbench")
    window.close()
    assert window.log.read_text() == ""
