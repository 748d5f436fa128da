"""A person's function: what it may do, and that nothing it does goes further than its sample."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.unit.confined.functions import confined, outcome
from workbench.confined.check import EXAMPLE, confined_reward
from workbench.confined.process import Outcome

posix = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")


def test_it_is_given_the_sample() -> None:
    given = outcome(
        "assert prompt == 'What is 6 times 7?' and answer == '42'",
        "assert kwargs['messages'] == [{'role': 'user', 'content': prompt}]",
        "assert kwargs['finished'] is True",
        "return len(completion) + kwargs['token_count'] / 100",
    )
    assert given.value == pytest.approx(len(str(EXAMPLE["completion"])) + 0.08)


def test_it_may_ask_for_less() -> None:
    source = "def reward(completion, scale=2):\n    return scale * completion.count('42')"
    with confined_reward(source, timeout_s=5, memory_mb=512) as function:
        assert function.call(EXAMPLE).value == 2.0


@pytest.mark.parametrize(
    ("result", "number"),
    [("True", 1.0), ("3", 3.0), ("__import__('fractions').Fraction(1, 4)", 0.25), ("-0.5", -0.5)],
)
def test_numbers_of_all_kinds(
    evaluated: Callable[[str], Outcome], result: str, number: float
) -> None:
    assert evaluated(result).value == number


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("None", "nothing"),
        ("'0.5'", "str"),
        ("float('nan')", "nan"),
        ("float('-inf')", "-inf"),
        ("10 ** 400", "OverflowError"),
        ("[1.0]", "list"),
        ("'x' * 10 ** 7", "str"),
        ("2j", "complex"),
    ],
)
def test_what_is_no_number_fails_that_sample(
    evaluated: Callable[[str], Outcome], result: str, words: str
) -> None:
    given = evaluated(result)
    assert given.value is None
    assert words in given.error


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero (line 2)"),
        ("import sys; sys.exit(3)", "SystemExit: 3 (line 2)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt (line 2)"),
        ("f = lambda: f()\nf()", "RecursionError"),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd"),
        ("import os; os._exit(7)", "ended its process (exit code 7)"),
        ("input()", "EOFError"),
        ("raise ValueError('many\\nlines ' * 10 ** 5)", "ValueError: many lines many"),
    ],
)
def test_an_exception_in_one_short_line_is_the_note(
    tried: Callable[[str], Outcome], line: str, words: str
) -> None:
    given = tried(line)
    assert given.value is None
    assert words in given.error
    assert len(given.error) < 400
    assert "\n" not in given.error


def test_a_sample_that_fails_fails_alone() -> None:
    with confined(
        "import os",
        "if completion == 'end': os._exit(0)",
        "if completion == 'loop':",
        "    while True: pass",
        "return float(completion)",
        timeout_s=2,  # what is quick must not be late on a busy machine
    ) as function:
        texts = ("1", "end", "2", "loop", "x", "3")
        given = [function.call({**EXAMPLE, "completion": text}) for text in texts]
    assert [item.value for item in given] == [1.0, None, 2.0, None, None, 3.0]
    assert "longer than 2 s" in given[3].error
    assert "ValueError" in given[4].error


def test_one_process_serves_many_calls() -> None:
    with confined("import os", "return os.getpid()") as function:
        assert len({function.call(EXAMPLE).value for _ in range(20)}) == 1


def test_a_loop_that_never_yields_is_ended() -> None:
    # Backtracking in C holds the interpreter: no signal handler of Python's would ever run.
    given = outcome("import re", "return bool(re.match('(a|aa)+$', 'a' * 80 + 'b'))", timeout_s=0.5)
    assert given.value is None
    assert "longer than" in given.error


def test_source_that_never_ends_is_ended() -> None:
    with confined_reward("while True: pass", timeout_s=0.5, memory_mb=512) as function:
        assert "longer than 0.5 s" in (function.start() or "")


@linux
def test_memory_is_capped() -> None:
    given = outcome("return len(bytearray(2 ** 28))", memory_mb=128)
    assert given.value is None
    assert "MemoryError" in given.error
    assert outcome("return len(bytearray(2 ** 28))", memory_mb=512).value == 2**28


@linux
def test_memory_that_grows_bit_by_bit_is_capped() -> None:
    given = outcome("kept = []", "while True: kept.append(bytearray(2 ** 20))", memory_mb=128)
    assert "MemoryError" in given.error


def test_printing_goes_nowhere_and_harms_nothing() -> None:
    with confined(
        "import os, sys",
        "for _ in range(200): print('x' * 10 ** 6)",
        "sys.stderr.write('y' * 10 ** 6)",
        'sys.__stdout__.write(\'{"id": 1, "value": 9.0}\\n\')',
        'os.write(1, b\'{"id": 1, "value": 9.0}\\n\' * 1000)',
        "return 0.25",
    ) as function:
        assert [function.call(EXAMPLE).value for _ in range(2)] == [0.25, 0.25]


def test_forged_results_never_reach_another_sample() -> None:
    with confined(
        "import os",
        "if completion != 'forge': return 0.5",
        "for descriptor in range(3, 16):",
        '    try: os.write(descriptor, b\'{"id": 1, "value": 9.0}\\n{"id": 2, "value": 9.0}\\n\')',
        "    except OSError: pass",
        "return 9.0",
    ) as function:
        function.call({**EXAMPLE, "completion": "forge"})
        for _ in range(3):  # what it wrote too early may fail a sample, and never answers for one
            assert function.call(EXAMPLE).value in (None, 0.5, 9.0)
        assert function.call(EXAMPLE).value == 0.5


def test_nothing_of_the_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")
    given = outcome("import os", "return 'secret' in os.environ.values() or len(os.environ) > 4")
    assert given.value == 0.0


def test_only_the_standard_library_can_be_imported(tried: Callable[[str], Outcome]) -> None:
    assert tried("import json, re, math, zoneinfo, decimal, difflib").value == 1.0
    for module in ("numpy", "workbench.core.paths"):
        assert "ModuleNotFoundError" in tried(f"import {module}").error


def test_it_works_in_an_empty_folder_that_is_gone_afterwards() -> None:
    with confined("import os", "return len(os.listdir())") as function:
        assert function.call(EXAMPLE).value == 0.0
        folder = function._folder
        assert folder is not None
        assert folder.is_dir()
    assert not folder.exists()


@posix
def test_closing_ends_the_process() -> None:
    function = confined("import os", "return os.getpid()")
    pid = int(function.call(EXAMPLE).value or 0)
    assert psutil.pid_exists(pid)
    function.close()
    assert not psutil.pid_exists(pid)
    assert function.call(EXAMPLE).value != pid  # asked again, it starts again
    function.close()


@posix
def test_a_process_that_was_killed_between_calls_is_started_again() -> None:
    with confined("import os", "return os.getpid()") as function:
        pid = int(function.call(EXAMPLE).value or 0)
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
        values = [function.call(EXAMPLE).value for _ in range(2)]
        assert values[1] not in (None, pid)


OWNER = """
import sys
from tests.unit.confined.functions import confined
from workbench.confined.check import EXAMPLE
function = confined("import os", "if completion == 'pid': return os.getpid()", "while True: pass",
                    timeout_s=100)
print(int(function.call({**EXAMPLE, "completion": "pid"}).value), flush=True)
function.call(EXAMPLE)
"""


@linux
def test_it_dies_with_the_trainer_even_in_a_loop() -> None:
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=root, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        confined_process = psutil.Process(int(owner.stdout.readline()))
        assert confined_process.is_running()
        owner.kill()
    gone, alive = psutil.wait_procs([confined_process], timeout=20)
    assert gone
    assert not alive
