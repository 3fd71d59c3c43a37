"""What one address can do to a dashboard, and what another visitor notices of it.

    python -m tests.benchmarks.overload [--connections 9000]

The attacker connects from 127.0.0.2, the visitor from 127.0.0.1; the student dashboard is reached directly.
For each attack: the answer times of the visitor; files, memory and log of the dashboard. Then
what costly documents cost the backend.
"""

import argparse
import asyncio
import contextlib
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.backend_process import BackendProcess
from tests.benchmarks.viewers.load import raise_file_limit
from tests.builders import exam_input
from tests.dashboard_process import StudentDashboard
from tests.signing import signed_headers

__all__ = ["main"]

ATTACKER, VISITOR = "127.0.0.2", "127.0.0.1"
HEAD = b"GET /healthz HTTP/1.1\r\nHost: exams.example\r\n"
PROBES = 40
PROBE_PAUSE_S = 0.1
SETTLED_S = 15.0  # more than a request may take to arrive

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    process: psutil.Process
    log_bytes: Callable[[], int]

    def state(self) -> str:
        memory_mb = self.process.memory_info().rss // 2**20
        return f"{self.process.num_fds()} files, {memory_mb} MB, {self.log_bytes() // 1024} kB of log"


async def opened(place: Place, address: str = ATTACKER) -> Streams:
    return await asyncio.open_connection(place.host, place.port, local_addr=(address, 0))


async def many(place: Place, count: int, sent: bytes) -> list[asyncio.StreamWriter]:
    """`count` connections that send this and then nothing; those that were refused at once are left out."""
    writers: list[asyncio.StreamWriter] = []
    for _ in range(0, count, 200):
        results = await asyncio.gather(*(opened(place) for _ in range(200)), return_exceptions=True)
        for result in results:
            if not isinstance(result, BaseException):
                result[1].write(sent)
                writers.append(result[1])
    return writers


@contextlib.asynccontextmanager
async def silent(place: Place, count: int) -> AsyncIterator[str]:
    writers = await many(place, count, b"")
    yield f"{len(writers)} connections that send nothing"
    close(writers)


@contextlib.asynccontextmanager
async def trickling(place: Place, count: int) -> AsyncIterator[str]:
    writers = await many(place, count // 4, HEAD)

    async def trickle() -> None:
        while True:
            for writer in writers:
                if not writer.transport.is_closing():
                    writer.write(b"X-A: b\r\n")
            await asyncio.sleep(1.0)

    task = asyncio.create_task(trickle())
    yield f"{len(writers)} connections that send a line of their head each second"
    task.cancel()
    close(writers)


@contextlib.asynccontextmanager
async def sessions(place: Place, count: int) -> AsyncIterator[str]:
    handshake = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {place.host}:{place.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: streamlit, x\r\n\r\n"
    ).encode()

    async def handshaken() -> tuple[bytes, asyncio.StreamWriter | None]:
        try:
            reader, writer = await opened(place)
            writer.write(handshake)
            return await reader.read(12), writer
        except OSError:
            return b"", None

    accepted: list[asyncio.StreamWriter] = []
    tried = count // 4
    for _ in range(0, tried, 100):
        for answer, writer in await asyncio.gather(*(handshaken() for _ in range(100))):
            if writer is not None:
                accepted.append(writer) if answer.endswith(b"101") else writer.close()
    yield f"{len(accepted)} of {tried} sessions opened, none of them read"
    close(accepted)


@contextlib.asynccontextmanager
async def invalid(place: Place, count: int) -> AsyncIterator[str]:
    for _ in range(0, count, 200):
        close(await many(place, 200, b"\x00 nothing\r\n\r\n"))
    yield f"{count} invalid requests"


def close(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()


async def visitor_times_ms(place: Place) -> list[float]:
    """How long the visitor waits for each of some answers on new connections; infinite for a refused one."""
    times: list[float] = []
    for _ in range(PROBES):
        begun_s = time.perf_counter()
        try:
            async with asyncio.timeout(10.0):
                reader, writer = await opened(place, VISITOR)
                writer.write(HEAD + b"\r\n")
                is_answered = (await reader.read(100)).startswith(b"HTTP/1.1 200 ")
                writer.close()
        except (OSError, TimeoutError):
            is_answered = False
        times.append((time.perf_counter() - begun_s) * 1000 if is_answered else math.inf)
        await asyncio.sleep(PROBE_PAUSE_S)
    return times


ATTACKS = {"silent": silent, "trickling": trickling, "sessions": sessions, "invalid": invalid}


async def attacked(place: Place, count: int) -> None:
    for name, attack in ATTACKS.items():
        before = place.state()
        begun_s = time.monotonic()
        probing = asyncio.create_task(visitor_times_ms(place))
        async with attack(place, count) as what:
            opened_s = time.monotonic() - begun_s
            times = [*await probing, *await visitor_times_ms(place)]
            during = place.state()
            await asyncio.sleep(SETTLED_S)
            held = place.state()
        await asyncio.sleep(2.0)
        answered = [value for value in times if value < math.inf]
        print(f"{name}: {what}, within {opened_s:.1f} s")
        print(
            f"  the visitor: {len(answered)} of {len(times)} answered, "
            f"p50 {statistics.median(answered):.0f} ms, longest {max(answered):.0f} ms"
        )
        print(f"  the dashboard before: {before}; during: {during}")
        print(f"  {SETTLED_S:.0f} s later: {held}; when the attacker has gone: {place.state()}")


def of_every_exam(field: str, count: int) -> str:
    aliases = " ".join(f"a{number}: {field}" for number in range(count))
    return f"{{listExams(limit: 1000) {{items {{{aliases}}}}}}}"


LISTS = " ".join(f"a{number}: listExams(limit: 1000) {{items {{id}}}}" for number in range(20))
UNDEFINED = " ".join(f"$a{number}" for number in range(4900))
COSTLY: Mapping[str, str] = {
    "390 aliases of 1,000 exams": of_every_exam("id", 390),
    "390 forbidden aliases of 1,000 exams": of_every_exam("owner", 390),
    "20 lists of 1,000 exams": f"{{{LISTS}}}",
    "4,900 undefined variables": f"{{getExam(id: [{UNDEFINED}]) {{id}}}}",
    "the most that is allowed, 19 fields of 1,000 exams": of_every_exam("id", 19),
}


def cost_of_documents(backend: BackendProcess) -> None:
    guest = backend.guest_credentials()
    process = psutil.Process(backend.process.pid)
    for name, query in COSTLY.items():
        body = json.dumps({"query": query})
        headers = signed_headers(backend.api_url, body, guest, backend.region)
        before_s = sum(process.cpu_times()[:2])
        answer = httpx.post(backend.api_url, content=body, headers=headers, timeout=120, trust_env=False)
        used_ms = (sum(process.cpu_times()[:2]) - before_s) * 1000
        first = answer.json().get("errors", [{}])[0].get("errorType", "answered")
        cost = f"{len(body)} bytes asked, {len(answer.content)} answered, {used_ms:.0f} ms of processor"
        print(f"{name}: {cost}: {first}")


def filled(backend: BackendProcess, exams: int) -> None:
    backend.create_teacher("overloaded")
    token = backend.sign_in("overloaded").access_token
    with httpx.Client(trust_env=False, headers={"Authorization": token}) as client:
        for _ in range(exams):
            given = exam_input()
            for field, kind, value in (
                ("createExam", "CreateExamInput", given),
                ("publishExam", "ExamVersionInput", {"id": given["id"], "expectedVersion": 1}),
            ):
                query = f"mutation($input: {kind}!) {{{field}(input: $input) {{id published}}}}"
                body = {"query": query, "variables": {"input": value}}
                client.post(backend.api_url, json=body).raise_for_status()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=9_000, help="of the attacker")
    given = parser.parse_args()
    raise_file_limit()
    with tempfile.TemporaryDirectory() as folder, BackendProcess(Path(folder) / "data") as backend:
        with StudentDashboard(backend.settings) as dashboard:
            host, _, port = dashboard.host.partition(":")
            process = psutil.Process(dashboard.process.pid)
            asyncio.run(
                attacked(Place(host, int(port), process, lambda: len(dashboard.output)), given.connections)
            )
        filled(backend, 1000)
        cost_of_documents(backend)
    return 0


if __name__ == "__main__":
    sys.exit(main())
