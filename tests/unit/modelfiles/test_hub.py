"""Fetching from a hub: a small real server on this machine, or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.modelfiles.hub_server import HubServer
from tests.unit.modelfiles.model_folders import write_model
from workbench.modelfiles.hub import (
    DownloadError,
    DownloadProgress,
    DownloadStoppedError,
    download,
)
from workbench.modelfiles.inspect import inspect_model


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    with HubServer(write_model(tmp_path / "on_hub")).serving() as server:
        yield server


def _ignore(_: DownloadProgress) -> None:
    return


def test_only_files_that_cannot_run_are_fetched(hub: HubServer, tmp_path: Path) -> None:
    for unwanted in ("pytorch_model.bin", "modeling_tiny.py", "consolidated.safetensors"):
        (hub.folder / unwanted).write_bytes(b"no")
    (hub.folder / "onnx").mkdir()
    (hub.folder / "onnx" / "config.json").write_text("{}", encoding="utf-8")
    seen: list[DownloadProgress] = []
    folder = download(
        "owner/tiny", seen.append, threading.Event(),
        cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
    )  # fmt: skip
    assert inspect_model(folder).parameters == 64 * 8 + 8
    wanted = {
        "config.json", "model.safetensors", "README.md", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    assert set(hub.served) == wanted
    total_bytes = sum((hub.folder / name).stat().st_size for name in wanted)
    assert seen[-1] == DownloadProgress(total_bytes, total_bytes)


def test_a_whole_copy_in_the_cache_does_without_the_hub(hub: HubServer, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = download(
        "owner/tiny", _ignore, threading.Event(), cache_dir=cache, endpoint=hub.endpoint
    )
    again = download(
        "owner/tiny", _ignore, threading.Event(), cache_dir=cache, endpoint="http://127.0.0.1:9"
    )
    assert again == first


def test_a_download_that_is_stopped_says_so(hub: HubServer, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(DownloadStoppedError):
        download("owner/tiny", _ignore, cancel, cache_dir=tmp_path / "cache", endpoint=hub.endpoint)


@pytest.mark.parametrize(
    ("repo_id", "problem"),
    [
        ("owner/absent", "There is no model owner/absent"),
        ("owner/gated", "owner/gated is gated: accept its terms"),
        ("owner/broken", "error 500"),
        ("not a hub id", "is not a hub id"),
    ],
)
def test_the_hubs_refusals_are_one_sentence(
    hub: HubServer, tmp_path: Path, repo_id: str, problem: str
) -> None:
    with pytest.raises(DownloadError, match=problem) as caught:
        download(
            repo_id, _ignore, threading.Event(),
            cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
        )  # fmt: skip
    assert "\n" not in str(caught.value)


def test_a_model_without_safetensors_is_not_fetched(hub: HubServer, tmp_path: Path) -> None:
    (hub.folder / "model.safetensors").rename(hub.folder / "pytorch_model.bin")
    with pytest.raises(DownloadError, match="no weights as safetensors"):
        download(
            "owner/tiny", _ignore, threading.Event(),
            cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
        )  # fmt: skip
    assert hub.served == []


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="The hub can't be reached"):
        download(
            "owner/tiny", _ignore, threading.Event(),
            cache_dir=tmp_path / "cache", endpoint="http://127.0.0.1:9",
        )  # fmt: skip


def test_offline_mode_is_respected(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        download(
            "owner/tiny", _ignore, threading.Event(),
            cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
        )  # fmt: skip
