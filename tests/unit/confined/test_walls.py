"""Each wall by itself: what it refuses, tried in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.confined.functions import confined, outcome
from workbench.confined.process import Outcome

ROOT = Path(__file__).resolve().parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")

# Prints for each attempt the error's name, or "done"; leaves with 77 where the wall can't stand.
ATTEMPTS = """
import os, socket, sys
from workbench.confined import linux_walls as walls
home = sys.argv[1]
def attempt(action):
    try:
        action()
        print("done", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
if not walls.give_up_privileges() or not ({wall}):
    sys.exit(77)
for action in ({actions},):
    attempt(action)
os._exit(0)
"""


def attempts(wall: str, *actions: str, home: Path) -> list[str]:
    program = ATTEMPTS.format(wall=wall, actions=", ".join(f"lambda: {text}" for text in actions))
    done = subprocess.run(
        [sys.executable, "-c", program, str(home)], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip("this kernel, or what it runs in, does not allow this wall")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@linux
def test_the_kernel_refuses_sockets_processes_and_signals_to_others(tmp_path: Path) -> None:
    found = attempts(
        "walls.refuse_system_calls()",
        "socket.socket()",
        "socket.socketpair()",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.kill(os.getppid(), 0)",
        "__import__('resource').prlimit(os.getppid(), 7, (9, 9))",
        "os.unshare(0x10000000) if hasattr(os, 'unshare') else os.fork()",
        "os.kill(os.getpid(), 0)",
        "__import__('resource').setrlimit(4, (0, 0))",
        home=tmp_path,
    )
    assert found == ["PermissionError"] * 8 + ["done"] * 2


@linux
def test_threads_still_start(tmp_path: Path) -> None:
    start = "(lambda t: (t.start(), t.join()))(__import__('threading').Thread(target=print))"
    assert attempts("walls.refuse_system_calls()", start, home=tmp_path) == ["done"]


@linux
def test_the_kernel_keeps_files_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "readable").write_text("yes")
    (tmp_path / "private").write_text("no")
    found = attempts(
        "walls.read_only([home + '/open'])",
        "open(home + '/open/readable').read()",
        "open(home + '/private').read()",
        "os.listdir(home)",
        "open(home + '/open/readable', 'a').close()",
        "os.truncate(home + '/open/readable', 0)",
        "os.remove(home + '/open/readable')",
        "os.mkdir(home + '/open/new')",
        "open(f'/proc/{os.getppid()}/environ').read()",
        home=tmp_path,
    )
    assert found[0] == "done"
    assert set(found[1:4]) | set(found[5:]) == {"PermissionError"}
    assert (tmp_path / "open" / "readable").exists()


@linux
def test_the_network_of_its_own_is_empty(tmp_path: Path) -> None:
    found = attempts(
        "walls.leave_network()",
        "socket.create_connection(('127.0.0.1', 9), timeout=1)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
        home=tmp_path,
    )
    assert found == ["OSError", "OSError"]


@linux
def test_it_is_known_what_stands() -> None:
    with confined("return 1") as function:
        assert function.start() is None
        assert {"memory", "file size", "open files", "python"} <= set(function.walls)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 80))", "use the network"),
        ("import urllib.request as r; r.urlopen('http://127.0.0.1')", "use the network"),
        ("import os; os.fork()", "start programs"),
        ("import subprocess; subprocess.run(['true'])", "start programs"),
        ("import os; os.system('true')", "start programs"),
        ("import os; os.kill(os.getppid(), 9)", "touch other processes"),
        ("open('new', 'w')", "write, move or delete"),
        ("import os; os.remove('new')", "write, move or delete"),
        ("open('/etc/passwd').read()", "read files outside"),
        ("import os; os.listdir('/')", "read files outside"),
        ("import ctypes; ctypes.CDLL(None)", "below Python"),
        ("import resource; resource.setrlimit(4, (1, 1))", "below Python"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="the lines are POSIX")
def test_what_it_may_not_do_is_said_in_words(
    tried: Callable[[str], Outcome], line: str, words: str
) -> None:
    given = tried(line)
    assert given.value is None
    assert "the function may not " in given.error
    assert words in given.error


@linux
def test_a_fork_bomb_below_python_gets_nowhere() -> None:
    # _posixsubprocess tells no audit hook: this is for the kernel's walls.
    given = outcome(
        "import _posixsubprocess, os",
        "started, pipe = 0, os.pipe()",
        "for _ in range(50):",
        "    try: started += _posixsubprocess.fork_exec([b'true'], [b'/bin/true'], True, (), None,"
        " None, -1, -1, -1, -1, -1, -1, *pipe, True, False, 0, None, None, None, -1, None,"
        " False) > 0",
        "    except OSError: pass",
        "return started",
    )
    if "TypeError" in given.error:
        pytest.skip("this Python's fork_exec takes other arguments")
    assert given.value == 0.0
