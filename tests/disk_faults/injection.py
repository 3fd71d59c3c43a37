"""Runs a function in a process of its own whose disk fails: strace answers chosen system calls with an error.

The kernel never sees those calls, so the process notices what it would notice of a broken or full disk.
strace counts each thread's calls apart. The calling process is forked: it must have no other threads.
"""

import contextlib
import io
import os
import re
import shutil
import socket
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

__all__ = ["CALLS", "ERRORS", "DiskFault", "Outcome", "Probe", "StraceUnusable", "run_with_fault"]

# What writes to a disk: Python's files use write and fsync, SQLite's pwrite64 and fdatasync.
# With ?, a call that not every architecture has.
CALLS = (
    *("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "?rename", "?renameat2"),
    *("?unlink", "?unlinkat", "?mkdir", "?mkdirat"),
)
ERRORS = ("EIO", "ENOSPC")
DEADLINE_S = 60.0
MESSAGE_BYTES_MAX = 65_536


class StraceUnusable(Exception):
    """strace is not installed, or may not trace (in a container: --cap-add SYS_PTRACE)."""


@dataclass(frozen=True, slots=True)
class DiskFault:
    """The `number`-th of these calls fails, counted from 1; if it `lasts`, so does each one after it."""

    call: str
    number: int
    error: str
    lasts: bool

    def __str__(self) -> str:
        return f"{self.call} {self.number}{' and later' if self.lasts else ''}: {self.error}"


@dataclass(slots=True)
class Outcome:
    """What the process did: `reports` in their order, `exception` if one left the function; and how often its
    busiest thread made each of the traced calls."""

    has_fired: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    reports: list[str] = field(default_factory=list)
    exception: str | None = None


class Probe:
    """The forked process's side: it says when its disk begins and stops to fail, and what it has done."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def arm(self) -> None:
        self._call("arm")

    def disarm(self) -> None:
        self._call("disarm")

    def report(self, text: str) -> None:
        self._call(f"report {text}")

    def _call(self, text: str) -> None:
        # Messages by send, not by write, which may be what fails. Each is answered, so that none is lost.
        self._channel.send(text.encode())
        self._channel.recv(1)


def run_with_fault(act: Callable[[Probe], None], fault: DiskFault | None, log: Path) -> Outcome:
    """Run `act` in a forked process, without a fault only traced. `log` is a new file for strace.

    Raises StraceUnusable, or TimeoutError when the process does not go on.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child_pid = os.fork()
    if child_pid == 0:
        ours.close()
        _act_and_exit(act, theirs)
    theirs.close()
    outcome = Outcome()
    tracer: subprocess.Popen[str] | None = None
    with contextlib.closing(ours):
        ours.settimeout(DEADLINE_S)
        try:
            while message := ours.recv(MESSAGE_BYTES_MAX).decode():
                kind, _, text = message.partition(" ")
                if kind == "arm":
                    tracer = _attached(child_pid, fault, log)
                elif kind == "disarm":
                    _detach(tracer)
                elif kind == "report":
                    outcome.reports.append(text)
                else:
                    outcome.exception = text
                ours.send(b".")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child_pid, 9)  # it has ended, or hangs
            os.waitpid(child_pid, 0)
            _detach(tracer)
    assert tracer is not None, f"it never came to its disk: {outcome}"
    trace = log.read_text()
    outcome.has_fired = "(INJECTED)" in trace
    for (_, call), count in Counter(re.findall(r"^(\d+) +(\w+)\(", trace, re.MULTILINE)).items():
        outcome.calls[call] = max(count, outcome.calls[call])
    return outcome


def _act_and_exit(act: Callable[[Probe], None], channel: socket.socket) -> NoReturn:
    probe = Probe(channel)
    try:
        # What is printed or logged is no write to the disk.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            act(probe)
    except BaseException:  # noqa: BLE001  # reported to the parent, which judges it
        probe._call(f"raised {traceback.format_exc()[-MESSAGE_BYTES_MAX // 2 :]}")
    finally:
        os._exit(0)


def _attached(pid: int, fault: DiskFault | None, log: Path) -> "subprocess.Popen[str]":
    if shutil.which("strace") is None:
        raise StraceUnusable("strace is missing: install it (apt-get install strace)")
    if fault is None:
        options = ["-e", f"trace={','.join(CALLS)}"]
    else:
        when = f"{fault.number}+" if fault.lasts else f"{fault.number}"
        options = ["-e", f"trace={fault.call}", "-e", f"inject={fault.call}:error={fault.error}:when={when}"]
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", log, "-p", str(pid), *options], stderr=subprocess.PIPE, text=True
    )
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    if "attached" not in line:
        _detach(tracer)
        raise StraceUnusable(f"strace may not trace here: {line.strip()}")
    return tracer


def _detach(tracer: "subprocess.Popen[str] | None") -> None:
    """strace, asked to end, leaves the process to itself."""
    if tracer is not None:
        with tracer:
            tracer.terminate()
