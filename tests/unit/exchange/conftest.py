from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.store import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", "Test project") as project:
        yield project
