"""A small real server on this machine that speaks what huggingface_hub asks of the hub.

Large files lie elsewhere, as on the hub: what stands for them says where, how large they are and
that they could also be had from Xet.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from huggingface_hub import close_session

COMMIT = "c" * 40
_FILES_A_PAGE = 2


class HubServer(ThreadingHTTPServer):
    """Hands out one model and one data set, `owner/tiny`, whose files lie in `folder`.

    `owner/gated` shows its files' names and hands none out, `owner/broken` answers with an error,
    and any other name is not told from one that is private. A key other than `good` is refused.
    """

    daemon_threads = True

    def __init__(self, folder: Path, *, large_from_bytes: int = 1 << 40) -> None:
        super().__init__(("127.0.0.1", 0), HubRequest)
        self.folder = folder
        self.large_from_bytes = large_from_bytes
        self.served: list[str] = []
        self.go_on = threading.Event()  # cleared, large files stop after their first half
        self.go_on.set()
        self.cuts_off = False  # the network is gone once half of a large file went through

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def serving(self) -> Iterator[HubServer]:
        """Answer requests meanwhile."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.go_on.set()
            _end_downloads()
            self.shutdown()
            thread.join()
            self.server_close()


class HubRequest(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path, _, asked = self.path.partition("?")
        path = path.replace("/api/datasets/", "/api/models/").replace("/datasets/owner/", "/owner/")
        name = path.removeprefix("/api/models").split("/")[2]
        if self.headers.get("Authorization", "Bearer good") != "Bearer good":
            problem = "Invalid credentials in Authorization header"
            self._send(401, b"{}", {"X-Error-Message": problem})
        elif path.startswith("/cdn/"):
            self._send_large(path.removeprefix("/cdn/"))
        elif name == "broken":
            self._send(500, b"{}", {})
        elif name == "gated" and "/resolve/" in path:
            self._send(401, b"{}", {"X-Error-Code": "GatedRepo"})
        elif name not in ("tiny", "gated"):
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif path.endswith("/revision/main"):
            self._send_json({"id": f"owner/{name}", "sha": COMMIT, "siblings": []})
        elif path.endswith(f"/tree/{COMMIT}"):
            self._send_page(asked)
        elif path.startswith(f"/owner/tiny/resolve/{COMMIT}/"):
            self._send_file(path.split("/", maxsplit=5)[5])
        else:
            self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})

    def _send_page(self, asked: str) -> None:
        """Some entries of the listing, with the address of the next ones."""
        first = int(asked.rpartition("first=")[2]) if "first=" in asked else 0
        files = [path for path in sorted(self.server.folder.rglob("*")) if path.is_file()]
        upto = first + _FILES_A_PAGE
        address = self.path.partition("?")[0]
        headers = {"Content-Type": "application/json"}
        if upto < len(files):
            more = f"{self.server.endpoint}{address}?recursive=true&first={upto}"
            headers["Link"] = f'<{more}>; rel="next"'
        entries = [self._entry(file) for file in files[first:upto]]
        self._send(200, json.dumps(entries).encode(), headers)

    def _entry(self, file: Path) -> dict[str, object]:
        content = file.read_bytes()
        name = str(file.relative_to(self.server.folder))
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(content)}
        if len(content) < self.server.large_from_bytes:
            return entry | {"oid": _digest(content)}
        sha256 = hashlib.sha256(content).hexdigest()
        lfs = {"oid": sha256, "size": len(content), "pointerSize": 132}
        return entry | {"oid": "p" * 40, "lfs": lfs, "xetHash": sha256}

    def _send_file(self, name: str) -> None:
        content = (self.server.folder / name).read_bytes()
        if len(content) < self.server.large_from_bytes:
            if self.command == "GET":
                self.server.served.append(name)
            self._send(200, content, {"X-Repo-Commit": COMMIT, "ETag": f'"{_digest(content)}"'})
            return
        sha256 = hashlib.sha256(content).hexdigest()
        headers = {
            "X-Repo-Commit": COMMIT,
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{sha256}"',
            "X-Xet-Hash": sha256,
            "X-Xet-Refresh-Route": f"{self.server.endpoint}/no-xet-here",
            "Location": f"http://localhost:{self.server.server_port}/cdn/{name}",
        }
        self._send(302, b"", headers)

    def _send_large(self, name: str) -> None:
        content = (self.server.folder / name).read_bytes()
        first = int(self.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
        if self.server.cuts_off and first:
            self.close_connection = True
            return
        self.server.served.append(name)
        half = len(content) // 2
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(content) - first))
        self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[first:half])
        if self.server.cuts_off:
            self.close_connection = True
            return
        self.server.go_on.wait()
        self.wfile.write(content[max(first, half) :])

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

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            return  # whoever asked has gone


def _end_downloads() -> None:
    """Those that were given up go on until they report next; none may outlive the test."""
    for thread in threading.enumerate():
        if thread.name == "download":
            thread.join()
    close_session()


def _digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()
