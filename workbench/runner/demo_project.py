"""The demo project: what `resources/demo` holds, as a project to start with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from workbench.core import paths
from workbench.core.errors import KnownError
from workbench.exchange.import_data import ImportOptions, import_source
from workbench.modelfiles.embedded import EMBEDDED_NAME, embedded_model
from workbench.modelfiles.inspect import inspect_model
from workbench.store.project import DATABASE_NAME, Project

DEMO_NAME = "Demo: short and direct"
_DEMO_FILES = (
    ("held_out.jsonl", "Held-out prompts"),
    ("prompts.jsonl", "Demo prompts"),
    ("pairs.jsonl", "Demo pairs"),
    ("unlabelled.jsonl", "Demo pairs to label"),
    ("sft.jsonl", "Demo examples"),
    ("checkable.jsonl", "Demo questions with an answer"),
)


def demo_project_folder() -> Path:
    """Where the window's demo project lies."""
    return paths.projects_dir() / "demo"


def open_demo_project() -> Project:
    """The window's demo project, made now if it is not there; raises KnownError."""
    folder = demo_project_folder()
    if (folder / DATABASE_NAME).is_file():
        return Project.open(folder)
    return create_demo_project(folder)


def create_demo_project(
    folder: Path, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Project:
    """Make the demo project in `folder`, which must be empty or not exist yet, and open it.

    `on_progress` hears how many of its files are read, of how many. Made beside and renamed: the
    project is complete or not there. Raises KnownError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KnownError(f"{folder} is not an empty folder: choose another place for the demo.")
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        with Project.create(beside, DEMO_NAME) as project:
            for done, (file_name, title) in enumerate(_DEMO_FILES):
                on_progress(done, len(_DEMO_FILES))
                path = paths.resources_dir() / "demo" / file_name
                import_source(project, path, ImportOptions(name=title))
            add_embedded_model(project)
        beside.rename(folder)  # takes the place of an empty folder as well
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    on_progress(len(_DEMO_FILES), len(_DEMO_FILES))
    return Project.open(folder)


def add_embedded_model(project: Project) -> None:
    """Let the project know the embedded model, once that is made."""
    embedded = embedded_model()
    if embedded.is_ready:
        details = inspect_model(embedded.folder, EMBEDDED_NAME).to_json()
        project.models.add(EMBEDDED_NAME, "embedded", embedded.folder, details)
