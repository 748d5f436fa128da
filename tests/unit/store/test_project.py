"""Opening, locking, checking and migrating a project."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.core.errors import ProjectError
from workbench.store import Project
from workbench.store.project import DATABASE_NAME, read_name


def test_a_created_project_can_be_opened_again(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", "Concise answers"):
        pass
    with Project.open(tmp_path / "p") as project:
        assert project.name == "Concise answers"
        assert project.runs_dir.is_dir()


def test_a_project_is_open_once_at_a_time(project: Project) -> None:
    with pytest.raises(ProjectError, match="already open in another window"):
        Project.open(project.folder)
    assert project.name == "Test project"


def test_a_folder_with_files_is_not_taken_for_a_new_project(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ProjectError, match="not an empty folder"):
        Project.create(tmp_path, "x")
    assert [child.name for child in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="holds no project"):
        Project.open(tmp_path)


@pytest.mark.parametrize("content", [b"this is not a database, but it is long enough" * 40, b"x"])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(content)
    with pytest.raises(ProjectError, match="damaged or not a project"):
        Project.open(tmp_path)
    assert (tmp_path / DATABASE_NAME).read_bytes() == content


def test_a_newer_project_is_refused_with_a_sentence(project: Project) -> None:
    folder = project.folder
    project.close()
    with sqlite3.connect(folder / DATABASE_NAME) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('workbench', 'm999_from_the_future', '2030-01-01')"
        )
    connection.close()
    with pytest.raises(ProjectError, match="newer version of Workbench"):
        Project.open(folder)


def test_settings_are_kept(project: Project) -> None:
    assert project.get("annotator") is None
    project.set("annotator", "Ada")
    project.set("annotator", "Grace")
    assert project.get("annotator") == "Grace"


def test_a_backup_is_a_whole_project_file(project: Project, tmp_path: Path) -> None:
    project.set("annotator", "Ada")
    project.database.backup(tmp_path / "copy.sqlite")
    connection = sqlite3.connect(tmp_path / "copy.sqlite")
    try:
        query = "SELECT value FROM project WHERE key = 'annotator'"
        assert connection.execute(query).fetchone() == ("Ada",)
    finally:
        connection.close()


def test_a_project_opened_on_another_thread_can_be_closed_here(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        project = other.submit(Project.create, tmp_path / "p", "Test").result()
    project.close()
    project.close()
    with Project.open(tmp_path / "p") as reopened:
        assert reopened.name == "Test"


def test_a_name_can_be_read_without_opening(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "Support replies").close()
    assert read_name(tmp_path / "p") == "Support replies"
    assert read_name(tmp_path / "nowhere") == "nowhere"
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / DATABASE_NAME).write_bytes(b"not a database, but long enough" * 40)
    assert read_name(tmp_path / "bad") == "bad"
