from __future__ import annotations

import signal
from pathlib import Path

import pytest

from workbench.core.control import Command
from workbench.core.events import Bye, Failed, RunState
from workbench.runner.exit_reasons import TrainerEnd, explain
from workbench.runner.exit_report import ExitKind, read_report, write_report
from workbench.runner.facts import EventFacts
from workbench.runner.oom_counter import find_oom_counter

KILLED = -signal.SIGKILL


def test_killed_with_an_oom_kill_is_the_computers_memory() -> None:
    report = explain(TrainerEnd(KILLED, EventFacts(last_step=7), oom_kills=1, resume_step=5))
    assert (report.kind, report.state) == (ExitKind.HOST_OUT_OF_MEMORY, RunState.CRASHED)
    assert (report.signal, report.exit_code, report.last_step) == ("SIGKILL", None, 7)
    assert report.message.endswith("Resume goes on from step 5.")


def test_an_oom_kill_of_something_else_is_not_ours() -> None:
    failed = Failed("ValueError: no", known=False)
    assert explain(TrainerEnd(1, EventFacts(failed=failed), oom_kills=1)).kind is ExitKind.EXCEPTION


def test_an_oom_kill_of_a_data_worker_is_the_computers_memory() -> None:
    failed = Failed("RuntimeError: DataLoader worker (pid 1) is killed by signal: Killed.", False)
    report = explain(TrainerEnd(1, EventFacts(failed=failed), oom_kills=1))
    assert report.kind is ExitKind.HOST_OUT_OF_MEMORY


def test_cuda_out_of_memory_says_what_to_lower() -> None:
    failed = Failed("OutOfMemoryError: x", False, "torch.OutOfMemoryError: CUDA out of memory.")
    report = explain(TrainerEnd(1, EventFacts(failed=failed)))
    assert report.kind is ExitKind.CUDA_OUT_OF_MEMORY
    assert "Lower Batch size" in report.message


def test_after_what_a_person_can_mend_a_resume_is_said_to_change_nothing() -> None:
    failed = Failed("The loss was not a number: try a lower learning rate.", known=True)
    report = explain(TrainerEnd(2, EventFacts(failed=failed), resume_step=4))
    assert report.message.endswith("rate. Resume goes on from step 4, settings unchanged.")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stop_by_force_is_no_crash(number: signal.Signals) -> None:
    report = explain(TrainerEnd(-number, EventFacts(), command=Command.STOP))
    assert (report.state, report.kind) == (RunState.STOPPED, ExitKind.KILLED)
    assert "did not stop by itself" in report.message


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (RunState.FINISHED, ExitKind.FINISHED),
        (RunState.STOPPED, ExitKind.STOPPED),
        (RunState.PAUSED, ExitKind.PAUSED),
    ],
)
def test_a_bye_counts_even_if_the_process_falls_over_afterwards(
    state: RunState, kind: ExitKind
) -> None:
    end = TrainerEnd(-signal.SIGSEGV, EventFacts(bye=Bye(state, 9), last_step=9))
    report = explain(end)
    assert (report.state, report.kind, report.last_step) == (state, kind, 9)


def test_a_trainer_that_says_nothing_is_quoted_from_its_log() -> None:
    report = explain(TrainerEnd(1, EventFacts(), log_tail="Traceback\nImportError: libfoo\n\n"))
    assert report.kind is ExitKind.EXCEPTION
    assert "ImportError: libfoo" in report.message
    assert explain(TrainerEnd(0, EventFacts())).state is RunState.CRASHED


def test_an_unheard_of_signal_has_a_number() -> None:
    assert "signal 99" in explain(TrainerEnd(-99, EventFacts())).message


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    report = explain(TrainerEnd(KILLED, EventFacts(last_step=3)))
    write_report(tmp_path / "exit.json", report)
    assert read_report(tmp_path / "exit.json") == report
    (tmp_path / "exit.json").write_text("{")
    assert read_report(tmp_path / "exit.json") is None


def cgroup(tmp_path: Path, membership: str) -> tuple[Path, Path, Path]:
    (tmp_path / "membership").write_text(membership)
    return tmp_path / "membership", tmp_path / "cgroup", tmp_path / "vmstat"


def test_the_oom_counter_of_a_version_2_group(tmp_path: Path) -> None:
    places = cgroup(tmp_path, "0::/user.slice/app\n")
    events = places[1] / "user.slice/app/memory.events"
    events.parent.mkdir(parents=True)
    events.write_text("low 0\noom 3\noom_kill 2\n")
    assert find_oom_counter(*places).read() == 2


def test_the_oom_counter_of_a_version_1_group(tmp_path: Path) -> None:
    places = cgroup(tmp_path, "5:devices:/\n4:memory:/job\n0::/\n")
    control = places[1] / "memory/job/memory.oom_control"
    control.parent.mkdir(parents=True)
    control.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 4\n")
    assert find_oom_counter(*places).read() == 4


def test_without_a_group_the_whole_system_is_counted(tmp_path: Path) -> None:
    places = cgroup(tmp_path, "0::/\n")
    assert find_oom_counter(*places).read() is None
    places[2].write_text("nr_free_pages 1\noom_kill 1\n")
    assert find_oom_counter(*places).read() == 1
