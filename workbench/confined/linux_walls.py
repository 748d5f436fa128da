"""Walls that the Linux kernel holds: none of them needs privileges, none can be taken down.

Each function returns whether the wall stands; a kernel that lacks one is no error.
Run in the process to be confined, before any thread starts and before the code of others runs.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
from collections.abc import Iterable

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2

_CLONE_THREAD = 0x0001_0000
_CLONE_NEWIPC = 0x0800_0000
_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000

_libc = ctypes.CDLL(None, use_errno=True)


def give_up_privileges() -> bool:
    """No program that this process might start gains rights; the other walls ask for this."""
    return bool(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def die_with(parent_pid: int) -> bool:
    """The kernel kills this process when the thread that started it ends."""
    if _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        return False
    if os.getppid() != parent_pid:  # it ended before the line above
        os._exit(1)
    return True


def leave_network() -> bool:
    """An empty network of its own: no interface is up, not even to this machine itself."""
    return bool(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0)


# Landlock: https://docs.kernel.org/userspace-api/landlock.html. Same numbers on every machine.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}  # how many kinds of access each knows
_FILE_RIGHTS_NEWEST = 16
_TCP_RIGHTS, _SCOPES = 0b11, 0b11


def read_only(readable: Iterable[str]) -> bool:
    """Files beneath `readable` can be read; everything else, and all writing, is refused."""
    version = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS_BY_VERSION.get(version, _FILE_RIGHTS_NEWEST)) - 1
    words = [rights]
    if version >= 4:
        words.append(_TCP_RIGHTS)
    if version >= 6:
        words.append(_SCOPES)  # signals, and sockets without a file, to processes outside
    attributes = struct.pack(f"={len(words)}Q", *words)
    rules = _libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    try:
        for folder in readable:
            _allow_reading(rules, folder)
        return bool(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow_reading(rules: int, path: str) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - lean
    rule = struct.pack("=Qi", rights, descriptor)
    _libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0)
    os.close(descriptor)


# System calls that are refused, as (x86-64, arm64); None where the machine has no such call.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "io_uring_setup": (425, 425), "fork": (57, None), "vfork": (58, None), "execve": (59, 221),
    "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "tkill": (200, 130), "unshare": (272, 97),
    "setns": (308, 268), "mount": (165, 40), "bpf": (321, 280), "userfaultfd": (323, 282),
    "perf_event_open": (298, 241), "memfd_create": (319, 279), "shmget": (29, 194),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
}  # fmt: skip
_ONLY_ON_ITSELF = {"kill": (62, 129), "tgkill": (234, 131)}
_PRLIMIT = (302, 261)
_CLONE, _CLONE3 = (56, 220), (435, 435)
_AUDIT_ARCHITECTURES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_EPERM, _ENOSYS = 1, 38
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_CALLS = 0x4000_0000


def refuse_system_calls() -> bool:
    """No sockets, no other programs or processes, no reaching into other processes.

    Threads stay possible. A refused call fails with "Operation not permitted".
    """
    machine = _AUDIT_ARCHITECTURES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:
        return False
    program = _filter(*machine, pid=os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    count = len(program) // 8
    pointer = struct.pack("HxxxxxxP", count, ctypes.addressof(code))
    return bool(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, pointer, 0, 0) == 0)


def _filter(column: int, architecture: int, pid: int) -> bytes:
    """A classic BPF program over `struct seccomp_data`: eight bytes an instruction."""
    refuse = _step(_RETURN, _ERRNO | _EPERM)
    steps = [
        _step(_LOAD, _AT_ARCHITECTURE),
        _step(_EQUAL, architecture, then=1),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD, _AT_NUMBER),
        _step(_AT_LEAST, _X32_CALLS, otherwise=1),
        refuse,
        _step(_EQUAL, _CLONE3[column], otherwise=1),
        _step(_RETURN, _ERRNO | _ENOSYS),  # the C library then uses clone, whose flags are seen
    ]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            steps += [_step(_EQUAL, number, otherwise=1), refuse]
    for numbers in _ONLY_ON_ITSELF.values():
        steps += _unless_argument(numbers[column], _step(_EQUAL, pid, otherwise=1))
    steps += _unless_argument(_PRLIMIT[column], _step(_EQUAL, 0, otherwise=1))
    steps += _unless_argument(_CLONE[column], _step(_ANY_BIT, _CLONE_THREAD, otherwise=1))
    steps.append(_step(_RETURN, _ALLOW))
    return b"".join(steps)


def _unless_argument(number: int, test: bytes) -> list[bytes]:
    """Refuse the call `number` unless its first argument passes `test`."""
    return [
        _step(_EQUAL, number, otherwise=4),
        _step(_LOAD, _AT_FIRST_ARGUMENT),
        test,
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO | _EPERM),
    ]


def _step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
