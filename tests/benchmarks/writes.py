"""Writes per second over the wire, with 1 and 8 writers, beside a bare SQLite loop of the same durability.

    python -m tests.benchmarks.writes [--rounds 5] [--seconds 1]

The backend runs in its own process; every write is a createResults over HTTP with a real token, acknowledged
once it is on disk. The bare loop inserts the same rows in the same folder, one transaction per row, WAL with
synchronous FULL: what this disk allows one writer without a network or authentication. "processor" is what
one write takes of it in the backend, or in the bare loop.

The three take turns, so that a machine that is slow for a while is slow for all of them. The last line
compares one writer's p95 with the bare loop's, round by round.
"""

import argparse
import contextlib
import platform
import re
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil

from tests.backend_process import BackendProcess
from tests.builders import exam_input, new_id, result_input

__all__ = ["BareLoop", "Measured", "measured_writes"]

CREATE_EXAM = "mutation($input: CreateExamInput!) {createExam(input: $input) {id}}"
CREATE_RESULT = (
    "mutation($input: CreateResultsInput!) {createResults(input: $input) "
    "{id examId student grade published version createdAt updatedAt owner}}"
)
DEADLINE_S = 30.0
_ANSWER = re.compile(rb"(?s).*?\r\ncontent-length: (?P<length>\d+)\r\n(?:.*?\r\n)?\r\n(?P<body>.*)")


@dataclass(frozen=True, slots=True)
class Measured:
    """Each write's time, in ascending order, over `elapsed_s`, and the processor time of all."""

    times_s: Sequence[float]
    elapsed_s: float
    cpu_s: float

    @classmethod
    def together(cls, rounds: Sequence["Measured"]) -> "Measured":
        return cls(
            sorted(time_s for one in rounds for time_s in one.times_s),
            sum(one.elapsed_s for one in rounds),
            sum(one.cpu_s for one in rounds),
        )

    def percentile_ms(self, percent: int) -> float:
        return 1000 * self.times_s[len(self.times_s) * percent // 100]

    def line(self, name: str) -> str:
        rate, cpu_us = len(self.times_s) / self.elapsed_s, 1e6 * self.cpu_s / len(self.times_s)
        times = f"p50 {self.percentile_ms(50):6.2f} ms   p95 {self.percentile_ms(95):6.2f} ms"
        return f"{name:<28}{rate:8.0f} writes/s   {times}   processor {cpu_us:4.0f} us"


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
        times_s = sorted(time_s for writer in running for time_s in writer.result())
        return Measured(times_s, time.perf_counter() - began, _cpu_s(process) - used_s)


class BareLoop(contextlib.ExitStack):
    """The same rows over one connection, with nothing in between. A context manager."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._connection = self.enter_context(
            contextlib.closing(sqlite3.connect(folder / "bare.sqlite3", isolation_level=None))
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(
            "CREATE TABLE results (exam_id TEXT, id TEXT, student TEXT, grade TEXT, "
            "PRIMARY KEY (exam_id, id)) WITHOUT ROWID"
        )

    def writes(self, *, seconds: float) -> Measured:
        exam_id, times_s = new_id(), []
        began, used_s = time.perf_counter(), time.process_time()
        while (now := time.perf_counter()) < began + seconds:
            row = result_input(exam_id)
            values = (exam_id, row["id"], row["student"], row["grade"])
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT INTO results VALUES (?, ?, ?, ?)", values)
            self._connection.execute("COMMIT")
            times_s.append(time.perf_counter() - now)
        return Measured(sorted(times_s), time.perf_counter() - began, time.process_time() - used_s)


class _Connection(contextlib.ExitStack):
    """A keep-alive connection that costs the machine little: http.client needs as long for a request and its
    response as the backend for the whole write."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        address = urlsplit(url)
        self._socket = self.enter_context(
            socket.create_connection((address.hostname, address.port or 80), DEADLINE_S)
        )
        head = (
            f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._head = head.encode()

    def ask(self, document: str, given: dict[str, object]) -> None:
        """Sends one mutation; fails if it is refused."""
        body = orjson.dumps({"query": document, "variables": {"input": given}})
        self._socket.sendall(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        received = b""
        while not (answer := _ANSWER.fullmatch(received)) or len(answer["body"]) < int(answer["length"]):
            chunk = self._socket.recv(65_536)
            assert chunk, f"the backend has closed the connection after {received!r}"
            received += chunk
        assert b'"errors"' not in answer["body"], received


def _cpu_s(process: psutil.Process) -> float:
    """Seconds of processor so far, in the program and in the kernel."""
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="how often the three take turns")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each turn lasts")
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{given.rounds} rounds of {given.seconds:g} s each"
    )
    bare: list[Measured] = []
    by_writers: dict[int, list[Measured]] = {1: [], 8: []}
    with (
        tempfile.TemporaryDirectory() as name,
        BareLoop(Path(name)) as bare_loop,
        BackendProcess(Path(name) / "data") as backend,
    ):
        backend.create_teacher("writer")
        token = backend.sign_in("writer").access_token
        exam = exam_input()
        with _Connection(backend.api_url, token) as connection:
            connection.ask(CREATE_EXAM, exam)
        for _ in range(given.rounds):
            bare.append(bare_loop.writes(seconds=given.seconds))
            for writers, measured in by_writers.items():
                measured.append(
                    measured_writes(backend, token, exam["id"], writers=writers, seconds=given.seconds)
                )
    print(Measured.together(bare).line("bare SQLite loop"))
    for writers, measured in by_writers.items():
        print(
            Measured.together(measured).line(
                f"through the wire, {writers} writer{'s' if writers > 1 else ''}"
            )
        )
    ratios = [
        one.percentile_ms(95) / loop.percentile_ms(95) for one, loop in zip(by_writers[1], bare, strict=True)
    ]
    print(
        f"one writer's p95 is {statistics.median(ratios):.1f} times the bare loop's "
        f"(median of the rounds; {min(ratios):.1f} to {max(ratios):.1f})"
    )


if __name__ == "__main__":
    main()
