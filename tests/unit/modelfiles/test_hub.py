"""Fetching from a hub: a small real server on this machine, or none."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit.modelfiles.model_folders import write_model
from workbench.modelfiles.hub import (
    DownloadError,
    DownloadProgress,
    DownloadStoppedError,
    download,
)
from workbench.modelfiles.inspect import inspect_model

COMMIT = "c" * 40


class HubServer(ThreadingHTTPServer):
    """Answers what huggingface_hub asks for one model, `owner/tiny`, whose files lie in a folder.

    The names `owner/gated` and `owner/broken` answer with the hub's errors.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), HubRequest)
        self.folder = folder
        self.served: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HubRequest(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/owner/gated"):
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif path.startswith("/api/models/owner/broken"):
            self._send(500, b"{}", {})
        elif path == "/api/models/owner/tiny/revision/main":
            self._send_json({"id": "owner/tiny", "sha": COMMIT, "siblings": []})
        elif path == f"/api/models/owner/tiny/tree/{COMMIT}":
            self._send_json([self._entry(file) for file in self._files()])
        elif path.startswith(f"/owner/tiny/resolve/{COMMIT}/"):
            self._send_file(path.split("/", maxsplit=5)[5])
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _files(self) -> list[Path]:
        return [path for path in sorted(self.server.folder.rglob("*")) if path.is_file()]

    def _entry(self, file: Path) -> dict[str, object]:
        content = file.read_bytes()
        name = str(file.relative_to(self.server.folder))
        return {"type": "file", "path": name, "size": len(content), "oid": _digest(content)}

    def _send_file(self, name: str) -> None:
        content = (self.server.folder / name).read_bytes()
        if self.command == "GET":
            self.server.served.append(name)
        self._send(200, content, {"X-Repo-Commit": COMMIT, "ETag": f'"{_digest(content)}"'})

    def _send_json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


def _digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    server = HubServer(write_model(tmp_path / "on_hub"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


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
