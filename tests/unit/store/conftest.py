import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.store import Project


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a closed project, to be copied: that is sooner done than to make one."""
    folder = tmp_path_factory.mktemp("empty") / "project"
    Project.create(folder, "Test project").close()
    return folder


@pytest.fixture
def project(tmp_path: Path, empty_project: Path) -> Iterator[Project]:
    shutil.copytree(empty_project, tmp_path / "project")
    with Project.open(tmp_path / "project") as project:
        yield project
