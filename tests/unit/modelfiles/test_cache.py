"""The Hugging Face cache as it lies on disk: snapshots that link to blobs."""

from __future__ import annotations

from pathlib import Path

from tests.unit.modelfiles.model_folders import write_model
from workbench.modelfiles.cache import cached_models

OLD, NEW = "a" * 40, "b" * 40


def _add(cache: Path, repo_id: str, commit: str, *, main: bool = True) -> Path:
    repo = cache / f"models--{repo_id.replace('/', '--')}"
    snapshot = write_model(repo / "snapshots" / commit)
    blobs = repo / "blobs"
    blobs.mkdir(exist_ok=True)
    for file in list(snapshot.iterdir()):
        blob = blobs / f"{commit}-{file.name}"
        file.rename(blob)
        file.symlink_to(Path("..") / ".." / "blobs" / blob.name)
    (repo / "refs").mkdir(exist_ok=True)
    if main:
        (repo / "refs" / "main").write_text(commit, encoding="utf-8")
    return snapshot


def test_no_cache_and_an_empty_one_hold_no_models(tmp_path: Path) -> None:
    assert cached_models(tmp_path / "absent") == []
    assert cached_models(tmp_path) == []


def test_models_are_listed_by_name_with_details_or_the_reason(tmp_path: Path) -> None:
    _add(tmp_path, "zoo/good", NEW)
    broken = _add(tmp_path, "Art/broken", NEW)
    (broken / "model.safetensors").unlink()
    models = cached_models(tmp_path)
    assert [model.repo_id for model in models] == ["Art/broken", "zoo/good"]
    assert models[0].details is None
    assert "has no weights" in (models[0].problem or "")
    assert models[1].problem is None
    assert models[1].details is not None
    assert models[1].details.name == "zoo/good"


def test_the_copy_that_main_points_to_is_shown(tmp_path: Path) -> None:
    _add(tmp_path, "zoo/good", OLD)
    _add(tmp_path, "zoo/good", NEW, main=False)
    (model,) = cached_models(tmp_path)
    assert model.folder.name == OLD


def test_data_sets_in_the_cache_are_no_models(tmp_path: Path) -> None:
    snapshot = tmp_path / "datasets--zoo--rows" / "snapshots" / NEW
    snapshot.mkdir(parents=True)
    (snapshot / "rows.json").write_text("{}", encoding="utf-8")
    assert cached_models(tmp_path) == []
