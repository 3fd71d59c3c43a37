"""The one command as a real process on free ports: backend and both dashboards, started by the supervisor.

A context manager that leaves nothing behind.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

__all__ = ["READY", "ROOT", "DidNotStart", "PairProcess", "free_port", "free_ports"]

ROOT = Path(__file__).parents[1]
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 20.0  # more than the slowest child may take
READY = "Ctrl-C ends everything"


class DidNotStart(Exception):
    """The command ended before it was ready. `output` has all that it said; `status` is its exit status."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(f"the command ended with status {status}:\n{output}")
        self.status, self.output = status, output


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on at this moment."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class PairProcess:
    """`python -m deploy.local` over `data_dir`; the constructor returns once it has said `until`.

    Raises DidNotStart when it ends before.
    """

    def __init__(
        self,
        data_dir: Path,
        *arguments: str,
        ports: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
        until: str = READY,
    ) -> None:
        self.data_dir = data_dir
        self.ports = tuple(ports or free_ports(3))
        options = ("--teacher-port", "--student-port", "--backend-port")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "deploy.local", "--data-dir", str(data_dir)),
                *(text for pair in zip(options, map(str, self.ports), strict=True) for text in pair),
                *arguments,
            ],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._until = until
        self._has_said = threading.Event()  # what was awaited, or its last word
        self._reader = threading.Thread(target=self._read, name="pair-output")
        self._reader.start()
        in_time = self._has_said.wait(START_DEADLINE_S)
        if until not in self.output:
            status = self._end(signal.SIGTERM if in_time else signal.SIGKILL)
            raise DidNotStart(status, self.output)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self._lines.append(line)
                if self._until in line:
                    self._has_said.set()
        self._has_said.set()

    @property
    def output(self) -> str:
        """Everything that it has said so far."""
        return "".join(self._lines)

    @property
    def teacher_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def student_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def backend_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[2]}"

    def password_of(self, username: str) -> str:
        """The temporary password that the command printed for this account."""
        found = re.search(rf"name +{re.escape(username)}\n +password +(\S+)", self.output)
        assert found, f"no password of {username} was printed:\n{self.output}"
        return found[1]

    def children(self) -> list[psutil.Process]:
        """Every process below the command's own."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal; gives the exit status."""
        return self._end(number)

    def wait(self) -> int:
        """Until it ends by itself; gives the exit status."""
        status = self.process.wait(STOP_DEADLINE_S)
        self._reader.join(STOP_DEADLINE_S)
        return status

    def _end(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
