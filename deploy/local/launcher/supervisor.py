"""Starts child processes, waits until they answer, watches them, and ends them all together.

Rules:
- a child writes to a log file of its own; when it dies, the end of that file is its report;
- one that dies ends the rest;
- the end is SIGTERM to all at once, then SIGKILL to each one that is still running at its own deadline;
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
WATCH_S = 0.25  # while all is well: an idle machine stays idle
REPORT_LINES = 12  # of a dead child's log: enough for a traceback's end


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process: `ready_url` answers 200 when it is ready; `log_path` gets all that it prints."""

    name: str
    command: Sequence[str]
    ready_url: str
    log_path: Path
    environment: Mapping[str, str]
    stop_deadline_s: float  # from SIGTERM to SIGKILL
    folder: Path | None = None  # where it runs; None is the supervisor's own


class ChildDied(Exception):
    """A child ended by itself. `last_lines` is the end of its log."""

    def __init__(self, name: str, status: int, last_lines: str, log_path: Path) -> None:
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        super().__init__(f"the {name} {how}; its log is {log_path}:\n{last_lines}")
        self.name = name
        self.status = status


class NotReady(Exception):
    """A child runs, but does not answer within the deadline."""

    def __init__(self, name: str, deadline_s: float, log_path: Path) -> None:
        super().__init__(f"the {name} does not answer after {deadline_s:.0f} s; its log is {log_path}")
        self.name = name


class Supervisor:
    """Owns the children; leaving its `with` block ends them, each within its `stop_deadline_s`."""

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
        """Start a child; it is not ready yet. Raises OSError when the command cannot be run."""
        spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        # A signal between the process's start and its entry in the list would leave it to nobody.
        with spec.log_path.open("wb") as log, uninterrupted():
            process = subprocess.Popen(  # noqa: S603  # our own command lines
                [sys.executable, "-I", "-S", str(PARENT_DEATH), str(os.getpid()), *spec.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(spec.environment),
                cwd=spec.folder,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the rest in order
            )
            self._children.append((spec, process))

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the children, in the order of their start."""
        return tuple(process.pid for _, process in self._children)

    def wait_ready(self, deadline_s: float, on_ready: Callable[[ChildSpec], None]) -> None:
        """Wait until every child answers that has not yet. Raises ChildDied or NotReady."""
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
        """Raises ChildDied if one has ended."""
        # An exception out of a signal handler in the middle of poll() would leave the lock of Popen held, and
        # the child could never be waited for.
        with uninterrupted():
            statuses = [process.poll() for _, process in self._children]
        for (spec, _), status in zip(self._children, statuses, strict=True):
            if status is not None:
                raise ChildDied(spec.name, status, _last_lines(spec.log_path), spec.log_path)

    def watch(self, check_end: Callable[[], None]) -> NoReturn:
        """Watch for ever: only a child's death (ChildDied), or what `check_end` or a signal handler raises,
        ends it."""
        while True:
            check_end()
            self.check()
            time.sleep(WATCH_S)

    def close(self) -> None:
        """End all children; a second call does nothing."""
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
