"""Fetching a data set's files from the Hugging Face hub: tables and JSON, nothing that can run.

They land in the Hugging Face cache, so a second call fetches only what is missing.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    DryRunError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
)

from workbench.modelfiles.hub import (
    DownloadError,
    OnDownload,
    SilentBar,
    reporting_bar,
    why_not_fetched,
)

_WANTED = [
    "*.jsonl", "*.json", "*.ndjson", "*.csv", "*.tsv", "*.parquet", "*.jsonl.gz", "*.json.gz",
    "*.csv.gz",
]  # fmt: skip
# What describes a data set, and is none.
_UNWANTED = ["dataset_infos.json", "*metadata*.json", ".*", "*/.*"]


def fetch_dataset(
    repo_id: str, on_progress: OnDownload, cancel: threading.Event, **where: Any
) -> Path:
    """Fetch a data set and return its folder; `where` may name `cache_dir` and `endpoint`.

    Raises DownloadError with one sentence on what went wrong, and DownloadStoppedError soon after
    `cancel` is set.
    """
    options: dict[str, Any] = {
        "repo_type": "dataset",
        "allow_patterns": _WANTED,
        "ignore_patterns": _UNWANTED,
        **where,
    }
    try:
        try:
            plan = snapshot_download(repo_id, dry_run=True, tqdm_class=SilentBar, **options)
        except DryRunError as error:
            return _from_cache(repo_id, options, error)
        if not plan:
            raise DownloadError(
                f"{repo_id} has no Parquet, JSON or CSV files: look for a copy that has them."
            )
        total_bytes = sum(file.file_size for file in plan if file.will_download)
        bar = reporting_bar(on_progress, cancel, total_bytes)
        return Path(snapshot_download(repo_id, tqdm_class=bar, **options))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise DownloadError(why_not_fetched(repo_id, error, "data set")) from error


def _from_cache(repo_id: str, options: dict[str, Any], reason: DryRunError) -> Path:
    """Without the hub, a copy that is already whole in the cache will do."""
    try:
        return Path(snapshot_download(repo_id, local_files_only=True, **options))
    except LocalEntryNotFoundError:
        cause = reason.__cause__ if isinstance(reason.__cause__, Exception) else reason
        raise DownloadError(why_not_fetched(repo_id, cause, "data set")) from reason
