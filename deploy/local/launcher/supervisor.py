"""Starts child processes, waits until they answer, watches them, and stops them together.

Rules:
- each child writes to its own log file; if the child dies, the last lines of that file are reported;
- when one child dies, all others are stopped;
- to stop them, SIGTERM goes to all at once, then SIGKILL to each that still runs at its own deadline;
- children are tied to the supervisor's main thread (see parent_death.py): start them from that thread.
"""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NoReturn
from urllib.parse import urlsplit

from deploy.local.launcher.signals import uninterrupted

__all__ = ["ChildDied", "ChildSpec", "NotReady", "Supervisor"]

PARENT_DEATH = Path(__file__).with_name("parent_death.py")
POLL_S = 0.05  # while waiting for readiness
WATCH_S = 0.25  # afterwards: rare enough to keep an idle machine idle
REPORT_LINES = 12  # of a dead child's log: enough for the end of a traceback


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process: `ready_url` answers 200 once it is ready; `log_path` receives all its output."""

    name: str
    command: Sequence[str]
    ready_url: str
    log_path: Path
    environment: Mapping[str, str]
    stop_deadline_s: float  # from SIGTERM to SIGKILL
    folder: Path | None = None  # its working directory; None: the supervisor's own


class ChildDied(Exception):
    """A child ended by itself. `last_lines` are those of its log."""

    def __init__(self, name: str, status: int, last_lines: str, log_path: Path) -> None:
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        super().__init__(f"the {name} {how}; its log is {log_path}:\n{last_lines}")
        self.name = name
        self.status = status


class NotReady(Exception):
    """A child is running, but has not answered within the deadline."""

    def __init__(self, name: str, deadline_s: float, log_path: Path) -> None:
        super().__init__(f"the {name} does not answer after {deadline_s:.0f} s; its log is {log_path}")
        self.name = name


class Supervisor:
    """Owns the children; leaving its `with` block stops each of them within its `stop_deadline_s`."""

    def __init__(self, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._children: list[tuple[ChildSpec, subprocess.Popen[bytes]]] = []
        self._ready: set[str] = set()  # names
        self._clock_s = clock_s

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, spec: ChildSpec) -> None:
        """Start a child, without waiting for it. Raises OSError if the command cannot be run."""
        spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        # A signal between the start of the process and its entry in the list would leave it without an owner.
        with spec.log_path.open("wb") as log, uninterrupted():
            process = subprocess.Popen(  # noqa: S603  # our own command lines
                [sys.executable, "-I", "-S", str(PARENT_DEATH), str(os.getpid()), *spec.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(spec.environment),
                cwd=spec.folder,
                start_new_session=True,  # Ctrl-C reaches only the supervisor, which stops the others
            )
            self._children.append((spec, process))

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the children, in the order in which they were started."""
        return tuple(process.pid for _, process in self._children)

    def wait_ready(self, deadline_s: float, on_ready: Callable[[ChildSpec], None]) -> None:
        """Wait until every new child answers. Raises ChildDied or NotReady."""
        end_s = self._clock_s() + deadline_s
        waiting = [spec for spec, _ in self._children if spec.name not in self._ready]
        while waiting:
            self.check()
            for spec in [spec for spec in waiting if _answers(spec.ready_url)]:
                waiting.remove(spec)
                self._ready.add(spec.name)
                on_ready(spec)
            if waiting and self._clock_s() > end_s:
                raise NotReady(waiting[0].name, deadline_s, waiting[0].log_path)
            if waiting:
                time.sleep(POLL_S)

    def check(self) -> None:
        """Raises ChildDied if a child has ended."""
        # An exception from a signal handler in the middle of poll() would leave Popen's lock acquired, and
        # nothing could ever wait for the child.
        with uninterrupted():
            statuses = [process.poll() for _, process in self._children]
        for (spec, _), status in zip(self._children, statuses, strict=True):
            if status is not None:
                raise ChildDied(spec.name, status, _last_lines(spec.log_path), spec.log_path)

    def watch(self, check_end: Callable[[], None]) -> NoReturn:
        """Watch until a child dies (raises ChildDied), or `check_end` or a signal handler raises."""
        while True:
            check_end()
            self.check()
            time.sleep(WATCH_S)

    def close(self) -> None:
        """Stop all children; a second call does nothing."""
        stopped_s = self._clock_s()
        running = [(spec, process) for spec, process in self._children if process.poll() is None]
        for _, process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for spec, process in sorted(running, key=lambda child: child[0].stop_deadline_s):
            try:
                process.wait(max(0.0, stopped_s + spec.stop_deadline_s - self._clock_s()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._children.clear()


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=1.0)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_lines(path: Path) -> str:
    lines = path.read_text("utf-8", "replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-REPORT_LINES:]) or "    (it printed nothing)"
