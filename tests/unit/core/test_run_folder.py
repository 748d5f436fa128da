"""What is where in a run folder, and what counts as complete."""

from pathlib import Path

from workbench.core.run_folder import RunFolder


def test_a_run_that_never_started_has_nothing(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert folder.attempts() == []
    assert folder.checkpoint_steps() == []


def test_attempts_are_numbered_from_one_and_sorted_as_numbers(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    made = [folder.next_attempt().number for _ in range(11)]
    assert made == list(range(1, 12))
    assert [attempt.number for attempt in folder.attempts()] == made
    assert all(attempt.path.is_dir() for attempt in folder.attempts())


def test_a_gap_left_by_a_deleted_attempt_is_not_filled(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / "attempt-7").mkdir()
    assert folder.next_attempt().number == 8


def test_unfinished_checkpoints_do_not_count(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (20, 4, 100):
        folder.checkpoint(step).mkdir(parents=True)
    (folder.checkpoints / "step-00000120.partial").mkdir()
    (folder.checkpoints / ".step-00000140").mkdir()
    assert folder.checkpoint_steps() == [4, 20, 100]
    assert folder.checkpoint(4).name == "step-00000004"


def test_every_file_lies_inside_the_folder_and_none_twice(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    attempt = folder.attempt(3)
    files = [
        folder.spec, folder.train_data, folder.eval_data, folder.adapter,
        attempt.events, attempt.telemetry, attempt.control, attempt.output_log,
        attempt.supervisor_log, attempt.supervisor_pid, attempt.exit,
    ]  # fmt: skip
    assert len(set(files)) == len(files)
    assert all(file.is_relative_to(tmp_path) for file in files)
    assert attempt.events == tmp_path / "attempt-3" / "events.jsonl"
