"""A file that is replaced is never seen in part."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.atomic import replacing, write_json, write_text

WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from workbench.core.atomic import write_json
for number in itertools.count():
    write_json(Path(sys.argv[1]), {"number": number, "padding": "x" * 50_000})
"""


def test_text_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text(path, "first, and longer")
    write_text(path, "zweite – Größe\n")
    assert path.read_bytes() == "zweite – Größe\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_content_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    write_json(path, {"kept": True})
    with pytest.raises(TypeError):
        write_json(path, {"not": object()})

    def write_half() -> None:
        with replacing(path) as file:
            file.write("half")
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        write_half()
    assert json.loads(path.read_text()) == {"kept": True}
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_the_callers_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "nowhere" / "note.txt", "text")


def test_a_reader_sees_whole_files_though_the_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "counter.json"
    writer = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(path)])
    try:
        while not path.exists():
            assert writer.poll() is None
        seen = [json.loads(path.read_text())["number"] for _ in range(200)]
    finally:
        writer.kill()
        writer.wait()
    assert seen == sorted(seen)
    assert len(json.loads(path.read_text())["padding"]) == 50_000
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_written_file_can_be_passed_on(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_text("x")
    write_text(tmp_path / "ours", "x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "ordinary").stat().st_mode
