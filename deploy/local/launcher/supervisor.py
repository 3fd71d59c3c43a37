"""Starts child processes, waits until they answer, watches them, and stops them together.

Rules:
- each child writes to its own log file; if the child dies, the last lines of that file are reported;
- a child that dies before it was ready ends everything: it cannot start with these settings;
- later, a child that dies is started again, after a pause that grows with each death; one that keeps dying
  ends everything;
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

from deploy.local.data_folder.private_file import write_private_file
from deploy.local.launcher.signals import uninterrupted

__all__ = ["ChildDied", "ChildSpec", "NotReady", "Supervisor"]

PARENT_DEATH = Path(__file__).with_name("parent_death.py")
POLL_S = 0.05  # while waiting for readiness
WATCH_S = 0.25  # afterwards: rare enough to keep an idle machine idle
REPORT_LINES = 12  # of a dead child's log: enough for the end of a traceback
RESTART_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)  # before each new start; one more death ends everything
FORGOTTEN_AFTER_S = 600.0  # a child that has run this long has no earlier deaths to count


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


@dataclass(slots=True)
class _Child:
    """A child and its latest process. `start_at_s` is when a dead one is started again."""

    spec: ChildSpec
    process: subprocess.Popen[bytes]
    started_at_s: float
    is_ready: bool = False
    deaths: int = 0  # in a row
    start_at_s: float | None = None


class Supervisor:
    """Owns the children; leaving its `with` block stops each of them within its `stop_deadline_s`."""

    def __init__(
        self,
        *,
        clock_s: Callable[[], float] = time.monotonic,
        restart_pauses_s: Sequence[float] = RESTART_PAUSES_S,
    ) -> None:
        self._children: list[_Child] = []
        self._clock_s = clock_s
        self._restart_pauses_s = restart_pauses_s

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
        write_private_file(spec.log_path, b"")  # a log may contain codes: only its owner reads it
        # A signal between the start of the process and its entry in the list would leave it without an owner.
        with uninterrupted():
            self._children.append(_Child(spec, _started(spec), self._clock_s()))

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the children, in the order in which they were started."""
        return tuple(child.process.pid for child in self._children)

    def wait_ready(self, deadline_s: float, on_ready: Callable[[ChildSpec], None]) -> None:
        """Wait until every new child answers. Raises ChildDied or NotReady."""
        end_s = self._clock_s() + deadline_s
        waiting = [child for child in self._children if not child.is_ready]
        while waiting:
            self.check()
            for child in [child for child in waiting if _answers(child.spec.ready_url)]:
                waiting.remove(child)
                child.is_ready = True
                on_ready(child.spec)
            if waiting and self._clock_s() > end_s:
                raise NotReady(waiting[0].spec.name, deadline_s, waiting[0].spec.log_path)
            if waiting:
                time.sleep(POLL_S)

    def check(self) -> None:
        """Raises ChildDied if a child has ended."""
        for _, death in self._deaths():
            raise death

    def watch(self, check_end: Callable[[], None], on_death: Callable[[ChildDied, float], None]) -> NoReturn:
        """Watch until a child keeps dying (raises ChildDied), or `check_end` or a signal handler raises.

        `on_death` is called for each child that will be started again, with the pause before that (seconds).
        """
        while True:
            check_end()
            for child, death in self._deaths():
                self._note_death(child, death, on_death)
            for child in self._children:
                if child.start_at_s is not None and self._clock_s() >= child.start_at_s:
                    with uninterrupted():
                        child.process, child.started_at_s = _started(child.spec), self._clock_s()
                        child.start_at_s = None
            time.sleep(WATCH_S)

    def close(self) -> None:
        """Stop all children; a second call does nothing."""
        stopped_s = self._clock_s()
        running = [child for child in self._children if child.process.poll() is None]
        for child in running:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
        for child in sorted(running, key=lambda child: child.spec.stop_deadline_s):
            try:
                child.process.wait(max(0.0, stopped_s + child.spec.stop_deadline_s - self._clock_s()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()

    def _deaths(self) -> list[tuple[_Child, ChildDied]]:
        """The children that have ended and do not wait for their next start."""
        running = [child for child in self._children if child.start_at_s is None]
        # An exception from a signal handler in the middle of poll() would leave Popen's lock acquired, and
        # nothing could ever wait for the child.
        with uninterrupted():
            statuses = [child.process.poll() for child in running]
        return [
            (child, ChildDied(child.spec.name, status, _last_lines(child.spec.log_path), child.spec.log_path))
            for child, status in zip(running, statuses, strict=True)
            if status is not None
        ]

    def _note_death(
        self, child: _Child, death: ChildDied, on_death: Callable[[ChildDied, float], None]
    ) -> None:
        now_s = self._clock_s()
        if now_s - child.started_at_s >= FORGOTTEN_AFTER_S:
            child.deaths = 0
        if child.deaths == len(self._restart_pauses_s):
            raise death
        pause_s = self._restart_pauses_s[child.deaths]
        child.deaths += 1
        child.start_at_s = now_s + pause_s
        on_death(death, pause_s)


def _started(spec: ChildSpec) -> subprocess.Popen[bytes]:
    """A new process of that child, which goes on in the same log."""
    with spec.log_path.open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own command lines
            [sys.executable, "-I", "-S", str(PARENT_DEATH), str(os.getpid()), *spec.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(spec.environment),
            cwd=spec.folder,
            start_new_session=True,  # Ctrl-C reaches only the supervisor, which stops the others
        )


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
