"""The teacher dashboard as a process of its own, started by the same command as in production."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

__all__ = ["PROBE", "TEACHER_APP", "TeacherDashboard"]

ROOT = Path(__file__).parents[2]
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 10.0
TEACHER_APP = "teacher_app"
PROBE = "tests.teacher_app.probe_app"
_READY = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


class TeacherDashboard:
    """Leaving the context stops it. `url` has no slash at its end; `log` is what it wrote so far."""

    def __init__(self, settings: Mapping[str, str], module: str = PROBE, *, port: int = 0) -> None:
        environ = {name: text for name, text in os.environ.items() if not name.startswith("EXAM_RESULTS_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(port)],
            cwd=ROOT,
            env={**environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._addresses: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        try:
            address = self._addresses.get(timeout=START_DEADLINE_S)
        except queue.Empty:
            address = None
        if address is None:
            self.process.kill()
            self.stop()
            raise AssertionError("the dashboard did not start:\n" + "".join(self.log))
        self.url = address

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def stop(self) -> int:
        """SIGTERM; gives the exit status."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(STOP_DEADLINE_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(STOP_DEADLINE_S)
            self._reader.join(STOP_DEADLINE_S)
            assert self.process.stderr is not None
            self.process.stderr.close()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            found = _READY.search(line)
            if found is not None:
                self._addresses.put(found.group(1))
        self._addresses.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
