"""`workbench score`: a run's model scores the waiting pairs without a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.cli.commands import main
from workbench.cli.score import score
from workbench.core.conversation import user
from workbench.core.errors import RunError
from workbench.core.events import RunState
from workbench.core.preferences import Origin, OriginKind
from workbench.core.recipes import DpoConfig, ModelRef, RunSpec
from workbench.store.project import Project
from workbench.store.rows import NewPair

WRITTEN = Origin(OriginKind.WRITTEN)


def add_run(project: Project, name: str, *, created_at: float) -> None:
    spec = RunSpec(
        run_id=f"run-{name}", name=name, config=DpoConfig(), created_at=created_at,
        model=ModelRef(name="tiny", path="/nowhere"),
    )  # fmt: skip
    folder = project.runs_dir / spec.run_id
    (folder / "adapter").mkdir(parents=True)
    project.runs.add(spec, folder, RunState.FINISHED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "project", "Tea") as project:
        project.datasets.add_pairs(
            "Pairs", [NewPair(user(f"{n}?"), "Yes.", "No.", WRITTEN, WRITTEN) for n in range(4)]
        )
    return tmp_path / "project"


def test_the_newest_run_that_judges_scores_and_the_queue_asks_by_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Project.open(folder) as project:
        add_run(project, "dpo-1", created_at=1.0)
        add_run(project, "dpo-2", created_at=2.0)
    assert score(folder, "", "Ada", host_module="tests.unit.runner.fake_host") == 0
    assert capsys.readouterr().out == "“dpo-2” scored 4 pairs.\n"
    with Project.open(folder) as project:
        assert project.queue.settings().score_source == "dpo-2"
    assert score(folder, "dpo-1", "Ada", host_module="tests.unit.runner.fake_host") == 0
    with pytest.raises(RunError, match="scored every pair"):
        score(folder, "run-dpo-1", "Ada", host_module="tests.unit.runner.fake_host")


def test_what_is_missing_is_told_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["score", "--project", str(folder), "--annotator", "Ada"]
    assert main(command) == 2
    assert "train DPO, KTO or a reward model first" in capsys.readouterr().err
    with Project.open(folder) as project:
        add_run(project, "dpo-1", created_at=1.0)
    assert main([*command, "dpo-7"]) == 2
    said = capsys.readouterr().err
    assert said == "No run that can judge is called dpo-7: there are dpo-1.\n"
