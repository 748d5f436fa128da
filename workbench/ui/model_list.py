"""The base models at hand: embedded, of the project, trained in it, in the Hugging Face cache.

No Qt: it reads folders, so call it off the GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.core.errors import ModelFolderError
from workbench.core.recipes import ModelRef
from workbench.modelfiles.cache import cached_models
from workbench.modelfiles.embedded import EMBEDDED_NAME, embedded_model
from workbench.modelfiles.inspect import ModelDetails, inspect_model
from workbench.store.project import Project


class Place(Enum):
    EMBEDDED = "embedded"
    PROJECT = "project"
    TRAINED = "trained"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model to choose. Without `details` it can't be used: `problem` says why.

    `model_id` is the project's row; an embedded model that was not made yet has no problem either.
    """

    name: str
    folder: Path
    place: Place
    details: ModelDetails | None
    problem: str = ""
    model_id: str | None = None

    @property
    def key(self) -> str:
        return str(self.folder)

    @property
    def ref(self) -> ModelRef:
        """How a run names it."""
        return ModelRef(name=self.name, path=str(self.folder))


def project_models(project: Project) -> list[ListedModel]:
    """The embedded model first, then those that were added to the project or trained in it."""
    embedded = _embedded()
    rows = [row for row in project.models.all() if row.path != embedded.folder]
    added = [_inspected(row.name, row.path, Place.PROJECT, model_id=row.id) for row in rows]
    return [embedded, *added, *_trained(project)]


def all_models(project: Project) -> list[ListedModel]:
    """What `project_models` gives, then the rest of the Hugging Face cache."""
    models = project_models(project)
    known = {model.folder.resolve() for model in models}
    return models + [
        ListedModel(found.repo_id, found.folder, Place.CACHE, found.details, found.problem or "")
        for found in cached_models()
        if found.folder.resolve() not in known
    ]


def _trained(project: Project) -> list[ListedModel]:
    """Whole models that runs made, newest first; an adapter is none, and a reward model no base."""
    folders = {run.name: run.folder.model for run in project.runs.all() if run.method != "reward"}
    return [
        _inspected(name, folder, Place.TRAINED)
        for name, folder in folders.items()
        if folder.is_dir()
    ]


def _embedded() -> ListedModel:
    found = embedded_model()
    if not found.is_ready:
        return ListedModel(EMBEDDED_NAME, found.folder, Place.EMBEDDED, None)
    return _inspected(EMBEDDED_NAME, found.folder, Place.EMBEDDED)


def _inspected(
    name: str, folder: Path, place: Place, *, model_id: str | None = None
) -> ListedModel:
    try:
        return ListedModel(name, folder, place, inspect_model(folder, name), model_id=model_id)
    except ModelFolderError as error:
        return ListedModel(name, folder, place, None, str(error), model_id)
