"""A server as a process of its own, for tests: started, read, stopped. Leaving its `with` block stops it."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

__all__ = ["ROOT", "DidNotStart", "ServerProcess"]

ROOT = Path(__file__).parents[1]
START_DEADLINE_S = 60.0
DEVELOPERS_OWN = ("EXAM_RESULTS_", "AWS_")
STOP_DEADLINE_S = 20.0  # more than any of them may take


class DidNotStart(Exception):
    """It ended before it was ready. `output` is all that it wrote; `status` its exit status."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(f"it ended with status {status}:\n{output}")
        self.status, self.output = status, output


class ServerProcess:
    """The constructor returns once a line matches the pattern `ready`; `ready` is then that match.

    `environment` is added to ours, without the developer's own settings. Raises DidNotStart.
    """

    def __init__(
        self,
        command: Sequence[str],
        ready: str,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path = ROOT,
    ) -> None:
        ours = {name: text for name, text in os.environ.items() if not name.startswith(DEVELOPERS_OWN)}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**ours, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._pattern = re.compile(ready)
        self._match: re.Match[str] | None = None
        self._is_decided = threading.Event()  # it is ready, or has ended
        self._reader = threading.Thread(target=self._read, name="server-output")
        self._reader.start()
        try:
            in_time = self._is_decided.wait(START_DEADLINE_S)
        except BaseException:  # interrupted: nobody else knows of the process
            self.kill()
            raise
        if self._match is None:
            status = self.stop(signal.SIGTERM if in_time else signal.SIGKILL)
            raise DidNotStart(status, self.output)
        self.ready: re.Match[str] = self._match

    @property
    def output(self) -> str:
        """Everything that it has written so far, on both streams."""
        return "".join(self._lines)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal, at once if it takes too long; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait()
            raise

    def kill(self) -> None:
        """SIGKILL: nothing can be finished."""
        self.stop(signal.SIGKILL)

    def wait(self) -> int:
        """Until it ends by itself; returns the exit status."""
        status = self.process.wait(STOP_DEADLINE_S)
        self._reader.join(STOP_DEADLINE_S)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self._lines.append(line)
                if self._match is None:
                    self._match = self._pattern.search(line)
                    if self._match is not None:
                        self._is_decided.set()
        self._is_decided.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
