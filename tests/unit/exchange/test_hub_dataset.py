"""A data set of the hub: a small real server on this machine hands out its files."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.exchange.rows_of_forms import ROWS, jsonl
from tests.unit.modelfiles.hub_server import HubServer
from workbench.exchange.hub_dataset import fetch_dataset
from workbench.exchange.import_data import import_source
from workbench.exchange.probe import probe
from workbench.exchange.sources import HubDataset, _files_in, source_address, source_name
from workbench.formats.files.write_file import write_file
from workbench.modelfiles.hub import DownloadError, DownloadProgress, DownloadStoppedError
from workbench.store import Project


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    folder = tmp_path / "on_hub"
    (folder / "data").mkdir(parents=True)
    rows = [{**ROWS["trl-preference-text"], "prompt": f"Why {number}?"} for number in range(3)]
    write_file(folder / "data" / "train-00000-of-00001.parquet", rows)
    jsonl(folder / "data" / "test.jsonl", [ROWS["trl-preference-text"]])
    (folder / "README.md").write_text("A card.", encoding="utf-8")
    (folder / "loader.py").write_text("raise SystemExit", encoding="utf-8")
    with HubServer(folder, large_from_bytes=500).serving() as server:
        yield server


def test_its_tables_are_fetched_and_come_in(
    hub: HubServer, project: Project, tmp_path: Path
) -> None:
    told: list[DownloadProgress] = []
    folder = fetch_dataset(
        "owner/tiny", told.append, threading.Event(),
        cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
    )  # fmt: skip
    assert set(hub.served) == {"data/train-00000-of-00001.parquet", "data/test.jsonl"}
    assert told[-1].done_bytes == told[-1].total_bytes > 0
    assert probe(folder).row_estimate == 4
    assert import_source(project, folder).dataset.row_count == 4
    hub.served.clear()
    again = fetch_dataset(
        "owner/tiny", told.append, threading.Event(),
        cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
    )  # fmt: skip
    assert (again, hub.served) == (folder, [])


def test_what_the_hub_can_not_give_is_one_sentence(hub: HubServer, tmp_path: Path) -> None:
    where = {"cache_dir": tmp_path / "cache", "endpoint": hub.endpoint}
    with pytest.raises(DownloadError, match="no data set owner/absent"):
        fetch_dataset("owner/absent", lambda _: None, threading.Event(), **where)
    with pytest.raises(DownloadError, match="owner/name"):
        fetch_dataset("not an id", lambda _: None, threading.Event(), **where)
    with pytest.raises(DownloadError, match="can't be reached"):
        fetch_dataset(
            "owner/tiny", lambda _: None, threading.Event(),
            cache_dir=tmp_path / "cache", endpoint="http://127.0.0.1:9",
        )  # fmt: skip
    for file in (hub.folder / "data").iterdir():
        file.unlink()
    with pytest.raises(DownloadError, match="no Parquet, JSON or CSV"):
        fetch_dataset("owner/tiny", lambda _: None, threading.Event(), **where)


def test_without_access_it_is_one_sentence(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"cache_dir": tmp_path / "cache", "endpoint": hub.endpoint}
    with pytest.raises(DownloadError, match="owner/gated is gated: accept its terms"):
        fetch_dataset("owner/gated", lambda _: None, threading.Event(), **where)
    monkeypatch.setenv("HF_TOKEN", "bad")
    with pytest.raises(DownloadError, match="does not know the key"):
        fetch_dataset("owner/tiny", lambda _: None, threading.Event(), **where)


def test_a_fetch_is_given_up_although_the_hub_sends_nothing(hub: HubServer, tmp_path: Path) -> None:
    hub.go_on.clear()
    stop = threading.Event()

    def told(progress: DownloadProgress) -> None:
        assert 0 < progress.done_bytes < progress.total_bytes
        stop.set()

    where = {"cache_dir": tmp_path / "cache", "endpoint": hub.endpoint}
    with pytest.raises(DownloadStoppedError):
        fetch_dataset("owner/tiny", told, stop, **where)
    hub.go_on.set()
    folder = fetch_dataset("owner/tiny", lambda _: None, threading.Event(), **where)
    assert probe(folder).row_estimate == 4


def test_a_network_that_goes_away_is_one_sentence(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    hub.cuts_off = True
    with pytest.raises(DownloadError, match="can't be reached"):
        fetch_dataset(
            "owner/tiny", lambda _: None, threading.Event(),
            cache_dir=tmp_path / "cache", endpoint=hub.endpoint,
        )  # fmt: skip


def test_of_several_parts_only_the_wanted_one_is_fetched(hub: HubServer, tmp_path: Path) -> None:
    """Parts are files on the hub, or folders; here too without the hub."""
    (hub.folder / "harmless").mkdir()
    jsonl(hub.folder / "harmless" / "train.jsonl", [ROWS["trl-preference-text"]] * 2)
    where = {"cache_dir": tmp_path / "cache"}
    for endpoint in (hub.endpoint, "http://127.0.0.1:9"):
        folder = fetch_dataset(
            "owner/tiny", lambda _: None, threading.Event(),
            split="harmless", endpoint=endpoint, **where,
        )  # fmt: skip
        assert hub.served == ["harmless/train.jsonl"]
        assert [path.name for path in _files_in(folder, "harmless")] == ["train.jsonl"]
    with pytest.raises(DownloadError, match=r"“dev” .* data/train-0.* harmless/train\.jsonl\."):
        fetch_dataset(
            "owner/tiny", lambda _: None, threading.Event(),
            split="dev", endpoint=hub.endpoint, **where,
        )  # fmt: skip
    with pytest.raises(DownloadError, match="can't be reached"):  # not all of it is here
        fetch_dataset(
            "owner/tiny", lambda _: None, threading.Event(), endpoint="http://127.0.0.1:9", **where
        )


def test_the_command_imports_from_the_hub_that_the_environment_names(
    hub: HubServer, project: Project, tmp_path: Path
) -> None:
    folder = project.folder
    project.close()

    def import_from_hub(repo_id: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbench", "import", f"hub:{repo_id}", "--project", folder],
            env=os.environ | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hf")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = import_from_hub("owner/tiny")
    assert (done.returncode, done.stdout) == (
        0, "4 rows of the kind preference are now in “tiny”.\n",
    ), done.stderr  # fmt: skip
    absent = import_from_hub("owner/absent")
    assert absent.returncode == 2
    assert "no data set owner/absent" in absent.stderr
    with Project.open(folder) as again:
        (dataset,) = again.datasets.all()
        assert (dataset.source, again.pairs.count()) == ("owner/tiny", 4)


def test_two_parts_of_a_data_set_are_told_apart() -> None:
    whole, part = HubDataset("owner/tiny"), HubDataset("owner/tiny", "test_sft")
    assert (source_name(whole), source_name(part)) == ("tiny", "tiny · test_sft")
    assert source_address(part) == "owner/tiny (test_sft)"
