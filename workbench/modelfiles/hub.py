"""Fetching a model from the Hugging Face hub: its weights as safetensors and nothing that can run.

Everything lands in the Hugging Face cache, so a second call fetches only what is missing.
`HF_HUB_OFFLINE`, `HF_ENDPOINT` and `HF_HOME` are respected by huggingface_hub itself.
"""

from __future__ import annotations

import errno
import io
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (
    DryRunError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from tqdm import tqdm

from workbench.core.errors import KnownError

T = TypeVar("T")

# Xet does not listen when a download is to be stopped: it goes on until it has the whole file.
constants.HF_HUB_DISABLE_XET = True
# Progress is told, and a wish to stop is heard, after so many bytes.
constants.DOWNLOAD_CHUNK_SIZE = 2**20
_LOOK_S = 0.05
_WANTED = [
    "*.safetensors", "*.json", "*.jinja", "tokenizer.model", "*.tiktoken", "vocab.txt",
    "merges.txt", "README.md", "LICENSE*",
]  # fmt: skip
# Copies for other programs: in folders of their own, or the weights once more under another name.
_UNWANTED = ["*/*", "consolidated*"]


class DownloadError(KnownError):
    """A model can't be fetched from the hub."""


class DownloadStoppedError(KnownError):
    """A person stopped the download; what was fetched stays in the cache for the next time."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    done_bytes: int
    total_bytes: int


OnDownload = Callable[[DownloadProgress], None]

HUB_ERRORS = (HfHubHTTPError, HFValidationError, httpx2.TransportError, OSError)
"""What huggingface_hub raises for a hub that refuses, is not there or goes away meanwhile."""

_STOPPED = "The download was stopped."


def download(
    repo_id: str,
    on_progress: OnDownload,
    cancel: threading.Event,
    *,
    cache_dir: Path | None = None,
    endpoint: str | None = None,
) -> Path:
    """Fetch a model and return its folder; `on_progress` is called from other threads.

    Raises DownloadError with one sentence on what went wrong, and DownloadStoppedError soon after
    `cancel` is set.
    """
    options: dict[str, Any] = {
        "allow_patterns": _WANTED,
        "ignore_patterns": _UNWANTED,
        "cache_dir": cache_dir,
        "endpoint": endpoint,
    }
    try:
        return until_stopped(lambda: _fetch(repo_id, on_progress, cancel, options), cancel)
    except HUB_ERRORS as error:
        raise DownloadError(why_not_fetched(repo_id, error)) from error


def until_stopped(work: Callable[[], T], cancel: threading.Event) -> T:
    """What `work` returns or raises; DownloadStoppedError as soon as `cancel` is set.

    The network may keep `work` waiting: it is left alone then, and ends when it reports next.
    """
    done: Future[T] = Future()

    def do() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # handed to whoever waits
            done.set_exception(error)

    threading.Thread(target=do, name="download", daemon=True).start()
    while not done.done():
        if cancel.is_set():
            raise DownloadStoppedError(_STOPPED)
        wait([done], timeout=_LOOK_S)
    return done.result()


def _fetch(
    repo_id: str, on_progress: OnDownload, cancel: threading.Event, options: dict[str, Any]
) -> Path:
    try:
        total_bytes = _bytes_to_fetch(repo_id, options)
    except DryRunError as error:
        return _from_cache(repo_id, options, error)
    bar = reporting_bar(on_progress, cancel, total_bytes)
    return Path(snapshot_download(repo_id, tqdm_class=bar, **options))


def _bytes_to_fetch(repo_id: str, options: dict[str, Any]) -> int:
    plan = snapshot_download(repo_id, dry_run=True, tqdm_class=SilentBar, **options)
    if not any(file.filename.endswith(".safetensors") for file in plan):
        raise DownloadError(
            f"{repo_id} has no weights as safetensors, the only form that is read here: look for"
            " a copy that has them."
        )
    return sum(file.file_size for file in plan if file.will_download)


def _from_cache(repo_id: str, options: dict[str, Any], reason: DryRunError) -> Path:
    """Without the hub, a copy that is already whole in the cache will do."""
    try:
        return Path(snapshot_download(repo_id, local_files_only=True, **options))
    except LocalEntryNotFoundError:
        cause = reason.__cause__ if isinstance(reason.__cause__, Exception) else reason
        raise DownloadError(why_not_fetched(repo_id, cause)) from reason


def why_not_fetched(repo_id: str, error: Exception, what: str = "model") -> str:
    """One sentence on what went wrong with the hub, and what to do; `what` was wanted of it."""
    if isinstance(error, HFValidationError):
        return f"{repo_id!r} is not a hub id: write it as owner/name."
    if isinstance(error, GatedRepoError):
        return (
            f"{repo_id} is gated: accept its terms on its page on huggingface.co, sign in with"
            " hf auth login, and try again."
        )
    if isinstance(error, RepositoryNotFoundError):
        return f"There is no {what} {repo_id} on the hub, or it is private: check the spelling."
    if isinstance(error, OfflineModeIsEnabled):
        return (
            f"HF_HUB_OFFLINE is set and {repo_id} is not in the cache: unset it, or choose a folder"
            " on this machine."
        )
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        if status == HTTPStatus.UNAUTHORIZED:
            return (
                f"The hub does not know the key that was sent for {repo_id}: sign in again with"
                " hf auth login, or unset HF_TOKEN."
            )
        return f"The hub answered with error {status} for {repo_id}: try again in some minutes."
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"There is no room left on the disk for {repo_id}: free some and try again."
    return (
        f"The hub can't be reached, so {repo_id} was not fetched: check the network, or choose a"
        " folder on this machine."
    )


class SilentBar(tqdm):  # type: ignore[misc] # tqdm has no type information
    """A progress bar that draws nothing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **(options | {"file": io.StringIO()}))

    def display(self, *_: Any, **__: Any) -> None:
        return


def reporting_bar(
    on_progress: Callable[[DownloadProgress], None], cancel: threading.Event, total_bytes: int
) -> type[SilentBar]:
    """The form in which huggingface_hub reports progress; raising in it ends the download."""

    class Reporter(SilentBar):
        def update(self, n: float | None = 1) -> bool | None:
            if cancel.is_set():
                raise DownloadStoppedError(_STOPPED)
            drawn: bool | None = super().update(n)
            if self.unit == "B" and "Reconstructing" in self.desc:
                on_progress(DownloadProgress(min(int(self.n), total_bytes), total_bytes))
            return drawn

    return Reporter
