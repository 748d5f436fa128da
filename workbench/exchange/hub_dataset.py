"""Fetching a data set's files from the Hugging Face hub: tables and JSON, nothing that can run.

They land in the Hugging Face cache, so a second call fetches only what is missing.
"""

from __future__ import annotations

import glob
import threading
from pathlib import Path
from typing import Any

from huggingface_hub import DryRunFileInfo, snapshot_download
from huggingface_hub.errors import DryRunError, LocalEntryNotFoundError

from workbench.modelfiles.hub import (
    HUB_ERRORS,
    DownloadError,
    OnDownload,
    SilentBar,
    reporting_bar,
    until_stopped,
    why_not_fetched,
)

_WANTED = [
    "*.jsonl", "*.json", "*.ndjson", "*.csv", "*.tsv", "*.parquet", "*.jsonl.gz", "*.json.gz",
    "*.csv.gz",
]  # fmt: skip
# What describes a data set, and is none.
_UNWANTED = ["dataset_infos.json", "*metadata*.json", ".*", "*/.*"]


_NAMES_TOLD = 3


def fetch_dataset(
    repo_id: str,
    on_progress: OnDownload,
    cancel: threading.Event,
    *,
    split: str | None = None,
    **where: Any,
) -> Path:
    """Fetch a data set and return its folder; `where` may name `cache_dir` and `endpoint`.

    With a `split`, only files with that word in their path are fetched. Raises DownloadError with
    one sentence on what went wrong, and DownloadStoppedError soon after `cancel` is set.
    """
    options: dict[str, Any] = {"repo_type": "dataset", **where}
    try:
        return until_stopped(lambda: _fetch(repo_id, split, on_progress, cancel, options), cancel)
    except HUB_ERRORS as error:
        raise DownloadError(why_not_fetched(repo_id, error, "data set")) from error


def _fetch(
    repo_id: str,
    split: str | None,
    on_progress: OnDownload,
    cancel: threading.Event,
    options: dict[str, Any],
) -> Path:
    tables: dict[str, Any] = {"allow_patterns": _WANTED, "ignore_patterns": _UNWANTED}
    try:
        plan = snapshot_download(repo_id, dry_run=True, tqdm_class=SilentBar, **tables, **options)
    except DryRunError as error:
        if split:
            word = glob.escape(split)
            tables["allow_patterns"] = [f"*{word}{ending}" for ending in _WANTED]
        return _from_cache(repo_id, options | tables, error)
    chosen = _chosen(repo_id, plan, split)
    names = [glob.escape(file.filename) for file in chosen]
    total_bytes = sum(file.file_size or 0 for file in chosen if file.will_download)
    bar = reporting_bar(on_progress, cancel, total_bytes)
    return Path(snapshot_download(repo_id, tqdm_class=bar, allow_patterns=names, **options))


def _chosen(repo_id: str, plan: list[DryRunFileInfo], split: str | None) -> list[DryRunFileInfo]:
    if not plan:
        raise DownloadError(
            f"{repo_id} has no Parquet, JSON or CSV files: look for a copy that has them."
        )
    chosen = [file for file in plan if not split or split in file.filename]
    if not chosen:
        names = ", ".join(sorted(file.filename for file in plan)[:_NAMES_TOLD])
        raise DownloadError(
            f"No file of {repo_id} has “{split}” in its name: leave that out, or take a word of"
            f" {names}{' and others' if len(plan) > _NAMES_TOLD else ''}."
        )
    return chosen


def _from_cache(repo_id: str, options: dict[str, Any], reason: DryRunError) -> Path:
    """Without the hub, a copy that is already whole in the cache will do."""
    try:
        return Path(snapshot_download(repo_id, local_files_only=True, **options))
    except LocalEntryNotFoundError:
        cause = reason.__cause__ if isinstance(reason.__cause__, Exception) else reason
        raise DownloadError(why_not_fetched(repo_id, cause, "data set")) from reason
