"""Writes per second over the wire, with 1 and 8 writers, beside a bare SQLite loop of the same durability.

    python -m tests.benchmarks.writes [--seconds 5]

The backend runs in its own process; every write is a createResults over HTTP with a real token, acknowledged
once it is on disk. The bare loop inserts the same rows in the same folder, one transaction per row, WAL with
synchronous FULL: what this disk allows one writer without a network or authentication. "processor" is what
one write takes of it in the backend, or in the bare loop.
"""

import argparse
import contextlib
import json
import platform
import re
import socket
import sqlite3
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.backend_process import BackendProcess
from tests.builders import exam_input, new_id, result_input

__all__ = ["Measured", "bare_writes", "measured_writes"]

CREATE_EXAM = "mutation($input: CreateExamInput!) {createExam(input: $input) {id}}"
CREATE_RESULT = (
    "mutation($input: CreateResultsInput!) {createResults(input: $input) "
    "{id examId student grade published version createdAt updatedAt owner}}"
)
DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What was stored in `seconds`, the time per write (50th and 95th percentile) and its processor time."""

    count: int
    seconds: float
    p50_ms: float
    p95_ms: float
    cpu_us: float

    def line(self, name: str) -> str:
        rate = self.count / self.seconds
        times = f"p50 {self.p50_ms:6.2f} ms   p95 {self.p95_ms:6.2f} ms   processor {self.cpu_us:4.0f} us"
        return f"{name:<28}{rate:8.0f} writes/s   {times}"


def measured_writes(
    backend: BackendProcess, token: str, exam_id: str, *, writers: int, seconds: float
) -> Measured:
    """Each writer has its own connection and waits for each response."""
    process = psutil.Process(backend.process.pid)
    starts_together = threading.Barrier(writers + 1)

    def write_until_the_end() -> list[float]:
        times_s: list[float] = []
        with _Connection(backend.api_url, token) as connection:
            starts_together.wait(DEADLINE_S)
            ends_at = time.perf_counter() + seconds
            while (began := time.perf_counter()) < ends_at:
                connection.ask(CREATE_RESULT, result_input(exam_id))
                times_s.append(time.perf_counter() - began)
        return times_s

    with ThreadPoolExecutor(writers) as pool:
        running = [pool.submit(write_until_the_end) for _ in range(writers)]
        starts_together.wait(DEADLINE_S)
        began, used_s = time.perf_counter(), _cpu_s(process)
        times_s = [time_s for writer in running for time_s in writer.result()]
        return _measured(times_s, time.perf_counter() - began, _cpu_s(process) - used_s)


def bare_writes(folder: Path, *, seconds: float) -> Measured:
    """The same rows over one connection, with nothing in between."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE results (exam_id TEXT, id TEXT, student TEXT, grade TEXT, PRIMARY KEY (exam_id, id)) "
        "WITHOUT ROWID"
    )
    exam_id, times_s = new_id(), []
    began, used_s = time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) < began + seconds:
        row = result_input(exam_id)
        values = (exam_id, row["id"], row["student"], row["grade"])
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO results VALUES (?, ?, ?, ?)", values)
        connection.execute("COMMIT")
        times_s.append(time.perf_counter() - now)
    elapsed_s, used_s = time.perf_counter() - began, time.process_time() - used_s
    connection.close()
    return _measured(times_s, elapsed_s, used_s)


class _Connection(contextlib.ExitStack):
    """A keep-alive connection that costs the machine little: http.client needs as long for a request and its
    response as the backend for the whole write."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        address = urlsplit(url)
        self._socket = self.enter_context(
            socket.create_connection((address.hostname, address.port or 80), DEADLINE_S)
        )
        self._answers = self.enter_context(self._socket.makefile("rb"))
        self._head = (
            f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    def ask(self, document: str, given: dict[str, object]) -> None:
        """Sends one mutation; fails if it is refused."""
        body = json.dumps({"query": document, "variables": {"input": given}})
        self._socket.sendall(f"{self._head}{len(body.encode())}\r\n\r\n{body}".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._answers.readline()
            assert line, "the backend has closed the connection"
            head += line
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        assert length, head
        answer = self._answers.read(int(length[1]))
        assert b'"errors"' not in answer, answer


def _cpu_s(process: psutil.Process) -> float:
    """Seconds of processor so far, in the program and in the kernel."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _measured(times_s: list[float], elapsed_s: float, cpu_s: float) -> Measured:
    ordered = sorted(times_s)
    return Measured(
        count=len(ordered),
        seconds=elapsed_s,
        p50_ms=1000 * ordered[len(ordered) // 2],
        p95_ms=1000 * ordered[int(len(ordered) * 0.95)],
        cpu_us=1e6 * cpu_s / len(ordered),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each measurement lasts")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {seconds:g} s each")
        print(bare_writes(folder, seconds=seconds).line("bare SQLite loop"))
        with BackendProcess(folder / "data") as backend:
            backend.create_teacher("writer")
            token = backend.sign_in("writer").access_token
            exam = exam_input()
            with _Connection(backend.api_url, token) as connection:
                connection.ask(CREATE_EXAM, exam)
            for writers in (1, 8):
                measured = measured_writes(backend, token, exam["id"], writers=writers, seconds=seconds)
                print(measured.line(f"through the wire, {writers} writer{'s' if writers > 1 else ''}"))


if __name__ == "__main__":
    main()
