"""The processes of the viewers benchmark: each measured server, its cost, and the load process."""

import http.client
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psutil

from tests.ports import free_port
from tests.server_process import ROOT, ServerProcess
from tests.waiting import wait_until

__all__ = ["Load", "Meter", "PolledServer", "get_json"]

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 15.0
SAMPLE_S = 0.5
# The lines of uvicorn, the embedded backend and Streamlit; each may come just before it answers.
SAYS_IT_LISTENS = r'Uvicorn running on|"url": |You can now view'


class PolledServer(ServerProcess):
    """A server on a free port, `{port}` in its arguments, once `ready_path` answers 200."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        ready_path: str,
        folder: Path = ROOT,
    ) -> None:
        self.port = free_port()
        command = [sys.executable, *(text.replace("{port}", str(self.port)) for text in arguments)]
        super().__init__(command, SAYS_IT_LISTENS, environment=environment, folder=folder)
        try:
            wait_until(lambda: _answers(self.port, ready_path), deadline_s=START_DEADLINE_S, what=ready_path)
        except BaseException:
            self.stop()
            raise

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """As of any server; but how long one takes to end, with all its viewers, is not measured here."""
        try:
            return super().stop(number)
        except subprocess.TimeoutExpired:
            return self.process.returncode


class Meter:
    """CPU and memory of one process and its children. `percent` is of one core."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.rss_max_mb = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="meter")
        self._thread.start()

    def cpu_s(self) -> float:
        """Seconds of CPU so far, including living children."""
        times = [process.cpu_times() for process in self._all()]
        return float(sum(one.user + one.system for one in times))

    def percent_over(self, seconds: float) -> float:
        """Waits for that long; returns the usage meanwhile."""
        before_s, begun_s = self.cpu_s(), time.monotonic()
        self._stopping.wait(seconds)
        return 100 * (self.cpu_s() - before_s) / (time.monotonic() - begun_s)

    def rss_mb(self) -> float:
        return float(sum(process.memory_info().rss for process in self._all())) / 1e6

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _sample(self) -> None:
        while not self._stopping.wait(SAMPLE_S):
            try:
                self.rss_max_mb = max(self.rss_max_mb, self.rss_mb())
            except psutil.NoSuchProcess:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._thread.join(STOP_DEADLINE_S)


class Load:
    """The process that simulates the viewers."""

    def __init__(self, order_json: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.viewers.load", order_json],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="load-output")
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))
        self._said.put(None)

    def wait_for(self, event: str, deadline_s: float) -> dict[str, Any]:
        """The event's values; prints progress meanwhile. Ends the benchmark if the event does not arrive."""
        ends_at = time.monotonic() + deadline_s
        while True:
            try:
                said = self._said.get(timeout=max(0.0, ends_at - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"the load said no {event} within {deadline_s} s") from None
            if said is None:
                raise SystemExit("the load's process ended by itself")
            if said["event"] == event:
                return said
            if said["event"] == "viewers" and said["count"] % 250 == 0:
                print(f"  {said['count']} viewers are in", flush=True)

    def finish(self, changes: int, patience_s: float) -> dict[str, Any]:
        """Announces the last change; returns the counts once all has arrived or the time is over."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"changes": changes, "patience_s": patience_s}) + "\n")
        self.process.stdin.flush()
        return self.wait_for("done", patience_s + START_DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_DEADLINE_S)
        self._reader.join(STOP_DEADLINE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()


def get_json(url: str) -> Any:
    """Fetches JSON from a server on this machine. Raises OSError."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=START_DEADLINE_S)
    try:
        connection.request("GET", parts.path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
