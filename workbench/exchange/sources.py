"""Where rows come from: a file, a folder of files, pasted text, or a data set on the hub."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import DataFileError, KnownError
from workbench.exchange.hub_dataset import fetch_dataset
from workbench.formats.files.open_file import READ_ENDINGS
from workbench.modelfiles.hub import OnDownload


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text from the clipboard or typed by hand: JSON, a table, or a prompt on each line."""

    text: str
    name: str = "Pasted rows"


@dataclass(frozen=True, slots=True)
class HubDataset:
    """A data set on the hub, `owner/name`; `split` keeps to files with that word in their path."""

    repo_id: str
    split: str | None = None


Source = Path | Pasted | HubDataset


def source_name(source: Source) -> str:
    """A name for the data set that is made of it."""
    if isinstance(source, Pasted):
        return source.name
    if isinstance(source, HubDataset):
        name = source.repo_id.rpartition("/")[2]
        return f"{name} · {source.split}" if source.split else name
    return _readable(source.name.removesuffix(".gz").rpartition(".")[0] or source.name)


def shown_name(source: Source) -> str:
    """What messages call it: of a file its whole name."""
    return _readable(source.name) if isinstance(source, Path) else source_name(source)


def source_address(source: Source) -> str:
    """What a data set keeps of where it came from."""
    if isinstance(source, Pasted):
        return source.name
    if isinstance(source, HubDataset):
        return f"{source.repo_id} ({source.split})" if source.split else source.repo_id
    return _readable(str(source))


def files_of(
    source: Source,
    paste_folder: Path,
    on_download: OnDownload = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Path, ...]:
    """The files to read, in order; pasted text is written to a file in `paste_folder`.

    Raises KnownError: nothing to read in the folder, the hub can't be reached; a file that is not
    there is found out by whoever opens it.
    """
    if isinstance(source, Pasted):
        path = paste_folder / source.name.replace("/", " ")
        path.write_text(source.text, encoding="utf-8", errors="replace")
        return (path,)
    if isinstance(source, HubDataset):
        asked = _Asked(cancelled)
        folder = fetch_dataset(source.repo_id, on_download, asked, split=source.split)
        return _files_in(folder, source.split)
    return _files_in(source, None) if source.is_dir() else (source,)


def files_sha256(files: tuple[Path, ...]) -> str:
    """Stands for the content of the files; of a single one it is that file's own hash."""
    digests = [_sha256(path) for path in files]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode("ascii")).hexdigest()


def _readable(name: str) -> str:
    """A file's name as text that can be stored, whatever bytes are in it."""
    return name.encode("utf-8", "replace").decode("utf-8")


class _Asked(threading.Event):
    """An event that is set once a function says so."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        super().__init__()
        self._ask = ask

    def is_set(self) -> bool:
        return self._ask()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DataFileError(path, f"there is no such file in {path.parent}.") from error
    except OSError as error:
        raise DataFileError(path, f"it can't be read ({error.strerror}).") from error


def _files_in(folder: Path, split: str | None) -> tuple[Path, ...]:
    files = tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.startswith(".")
        and path.name.lower().removesuffix(".gz").endswith(READ_ENDINGS)
        and (split is None or split in path.relative_to(folder).as_posix())
    )
    if files:
        return files
    if split is not None:
        raise KnownError(f"No file there has “{split}” in its name: leave the split out.")
    raise DataFileError(folder, f"no data file is in this folder ({', '.join(READ_ENDINGS)}).")
