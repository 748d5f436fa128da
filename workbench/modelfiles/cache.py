"""Models that lie in the Hugging Face cache of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import scan_cache_dir
from huggingface_hub.errors import CacheNotFound

from workbench.core.errors import ModelFolderError
from workbench.modelfiles.inspect import ModelDetails, inspect_model


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A model of the cache: `details` when it can be used, else the `problem` in a sentence."""

    repo_id: str
    folder: Path
    details: ModelDetails | None
    problem: str | None


def cached_models(cache_dir: Path | None = None) -> list[CachedModel]:
    """The newest copy of every model in the cache, by name; no cache is an empty list."""
    try:
        found = scan_cache_dir(cache_dir)
    except CacheNotFound:
        return []
    models = []
    for repo in found.repos:
        if repo.repo_type == "model" and repo.revisions:
            newest = max(repo.revisions, key=lambda copy: ("main" in copy.refs, copy.last_modified))
            models.append(_cached_model(repo.repo_id, newest.snapshot_path))
    return sorted(models, key=lambda model: model.repo_id.lower())


def _cached_model(repo_id: str, folder: Path) -> CachedModel:
    try:
        return CachedModel(repo_id, folder, inspect_model(folder, name=repo_id), None)
    except ModelFolderError as error:
        return CachedModel(repo_id, folder, None, str(error))
