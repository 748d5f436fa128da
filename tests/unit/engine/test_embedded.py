from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import paths
from workbench.core.errors import KnownError, ModelFolderError
from workbench.engine import embedded


@pytest.mark.real_model
def test_the_embedded_model_knows_the_capital_of_france(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_HOME")  # the model in the cache, made once
    folder = embedded.make(paths.embedded_model_dir())
    assert "Paris" in embedded.check(folder)
    assert "license: apache-2.0" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_model_that_answers_otherwise_is_refused(tiny_model_dir: Path) -> None:
    with pytest.raises(ModelFolderError, match="when asked for the capital of France"):
        embedded.check(tiny_model_dir)


def test_a_missing_wheel_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(embedded, "WHEEL", "no-such-wheel")
    assert embedded.main([str(tmp_path / "models" / "model")]) == 2
    assert "The package no-such-wheel" in capsys.readouterr().err
    with pytest.raises(KnownError):
        embedded.find_gguf()
    assert list(tmp_path.iterdir()) == []


def test_a_conversion_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / embedded.GGUF_NAME
    broken.write_bytes(b"GGUF, but not really")
    monkeypatch.setattr(embedded, "find_gguf", lambda: broken)
    with pytest.raises(Exception, match=r".+"):
        embedded.make(tmp_path / "models" / "model")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_model_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert embedded.make(tmp_path) == tmp_path
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]
