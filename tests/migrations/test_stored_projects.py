"""A project of every release opens, with everything in it, and a copy is kept before a change."""

import shutil
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from tests.migrations.make_project import TRAINED, make_project
from workbench.core.events import RunState
from workbench.core.preferences import Choice, Split
from workbench.store import Project
from workbench.store.migrations import migrations
from workbench.store.project import DATABASE_NAME

STORED = sorted((Path(__file__).parent / "stored").glob("*.sqlite"))


@pytest.fixture(params=[*STORED, None], ids=[*(path.stem for path in STORED), "now"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a project as a release left it; the last one is made by this version."""
    folder = tmp_path / "project"
    if request.param is None:
        make_project(folder)
    else:
        folder.mkdir()
        shutil.copy(request.param, folder / DATABASE_NAME)
    return folder


def test_everything_is_still_there(stored: Path) -> None:
    with Project.open(stored) as project:
        assert project.name == "A stored project"
        names = [dataset.name for dataset in project.datasets.all()]
        assert names == [
            "To label", "By rule", "Examples", "Held out", "Checkable", "Compared answers",
        ]  # fmt: skip
        assert len(project.datasets.prompts(Split.HELD_OUT)) == 1
        assert project.labels.progress("Ada").by_choice == {Choice.SECOND: 2}
        winners = sorted(item.example.chosen for item in project.pairs.labelled())
        assert winners == ["Brief.", "Long, 0, and long.", "So."]
        decisive, measured = project.votes.all()
        assert (decisive.second.origin, decisive.pair_id is None) == (TRAINED, False)
        assert measured.pair_id is None
        (run,) = project.runs.all()
        assert (run.state, run.step, run.total_steps) == (RunState.FINISHED, 3, 3)
        assert list(project.runs.series("run-1")["loss"].step) == [1, 2, 3]
        assert len(project.runs.readings("run-1")) == 1
        (model,) = project.models.all()
        assert model.details == {"parameters": 134515008}


def test_an_undone_verdict_stays_in_the_history(stored: Path) -> None:
    with Project.open(stored) as project:
        undone = project.database.read(
            lambda db: [row["replaces"] for row in db["verdicts"].rows_where("choice IS NULL")]
        )
        assert undone == ["verdict-1"]


def test_work_goes_on_in_an_old_project(stored: Path) -> None:
    with Project.open(stored) as project:
        assert len(project.pairs.waiting("Ada", 10)) == 3
        project.set("name", "Renamed")
    with Project.open(stored) as project:
        assert project.name == "Renamed"


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """The migrations as a later version would have them; tests append theirs."""
    monkeypatch.setattr(migrations, "_migrations", [*migrations._migrations])
    return migrations


def test_a_copy_is_kept_before_a_migration(stored: Path, next_release: Migrations) -> None:
    @next_release()
    def m999_add_a_table(db: Database) -> None:
        db.execute("CREATE TABLE later (x)")

    with Project.open(stored) as project:
        assert project.database.read(lambda db: db["later"].exists())
    (backup,) = (stored / "backups").iterdir()
    (stored / DATABASE_NAME).unlink()
    shutil.copy(backup, stored / DATABASE_NAME)
    for beside in ("-wal", "-shm"):
        (stored / f"{DATABASE_NAME}{beside}").unlink(missing_ok=True)
    with Project.open(stored) as project:
        assert project.name == "A stored project"


def test_a_migration_that_fails_changes_nothing(stored: Path, next_release: Migrations) -> None:
    @next_release()
    def m999_breaks_half_way(db: Database) -> None:
        db.execute("DELETE FROM votes")
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        Project.open(stored)
    next_release._migrations.pop()
    with Project.open(stored) as project:
        assert len(project.votes.all()) == 2


def test_every_release_has_its_stored_project() -> None:
    assert STORED
