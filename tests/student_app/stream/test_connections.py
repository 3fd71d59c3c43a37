"""Streams over sockets, with the server that the dashboards have: whoever stops reading harms nobody."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.applications import Starlette

from shared.live.status import FeedState
from shared.model.exam import Exam
from shared.web.connections import OpenConnections, limited_protocols
from student_app.stream.hub import LiveHub
from student_app.stream.routes import live_routes
from tests.builders import a_published_exam, a_result
from tests.student_app.world import START_S, FakeFeed, filled_cache
from tests.waiting import wait_until

DEADLINE_S = 20.0
BEATS = 5_000  # more bytes than a socket that nobody reads takes, the transport and all that may wait


@dataclass(frozen=True, slots=True)
class Served:
    port: int
    hub: LiveHub
    feed: FakeFeed
    exam: Exam
    book: OpenConnections

    async def open(
        self, version: str = "1.1", *, more: bytes = b"", buffer_bytes: int | None = None
    ) -> socket.socket:
        """A client's socket after its request for the stream."""
        loop = asyncio.get_running_loop()
        connection = socket.socket()
        if buffer_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        connection.setblocking(False)
        await loop.sock_connect(connection, ("127.0.0.1", self.port))
        head = f"GET /live/{self.exam.id} HTTP/{version}\r\nHost: exams.example\r\n\r\n"
        await loop.sock_sendall(connection, head.encode() + more)
        return connection

    async def beat(self) -> None:
        """An event to everybody; the loop goes on."""
        self.feed.become(FeedState.LIVE)
        await asyncio.sleep(0)

    async def until_streams_are(self, count: int) -> None:
        await asyncio.to_thread(wait_until, lambda: self.hub.stream_count == count)


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[Served]:
    exam = a_published_exam()
    cache = filled_cache((exam, [a_result("Ada", "17", exam)]))
    feed = FakeFeed(cache=cache)
    hub = LiveHub(
        cache, feed, streams_max=50, streams_per_address_max=50, epoch="epoch", wall_s=lambda: START_S
    )
    book = OpenConnections(50, places_per_address=50)
    http, websocket = limited_protocols(book)
    app = Starlette(routes=live_routes(cache, hub, 0, lambda _exam_id, _code: None))
    server = uvicorn.Server(uvicorn.Config(app, http=http, ws=websocket, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with hub:
            serving = asyncio.create_task(server.serve([listening]))
            try:
                yield Served(listening.getsockname()[1], hub, feed, exam, book)
            finally:
                server.should_exit = True
                await asyncio.wait_for(serving, DEADLINE_S)
        assert hub.stream_count == 0
        assert len(book) == 0


async def received_until(connection: socket.socket, part: bytes) -> bytes:
    received = b""
    async with asyncio.timeout(DEADLINE_S):
        while part not in received:
            data = await asyncio.get_running_loop().sock_recv(connection, 65_536)
            assert data, "the stream ended"
            received += data
    return received


async def count_to_the_end(connection: socket.socket, part: bytes) -> int:
    """How often it occurs until the stream ends."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := await asyncio.get_running_loop().sock_recv(connection, 65_536):
            received += data
    return received.count(part)


def test_a_reader_that_stops_is_dropped_and_the_others_receive_everything() -> None:
    async def run() -> None:
        async with served() as world:
            stalled, reading = await world.open(buffer_bytes=4096), await world.open()
            await world.until_streams_are(2)
            counting = asyncio.create_task(count_to_the_end(reading, b"event: feed"))
            sent = 0
            while not world.hub.counters.viewers_dropped:
                sent += 1
                assert sent < BEATS
                await world.beat()
            await world.until_streams_are(1)
            world.hub.end_streams()
            assert await asyncio.wait_for(counting, DEADLINE_S) == sent + 1
            stalled.close()
            reading.close()

    asyncio.run(run())


def test_a_stalled_reader_does_not_hold_up_the_end() -> None:
    async def run() -> None:
        async with served() as world:
            stalled = await world.open(buffer_bytes=4096)
            await world.until_streams_are(1)
            for _ in range(BEATS // 5):
                await world.beat()
        stalled.close()

    asyncio.run(run())


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_stream_ends_with_its_connection_so_that_every_proxy_understands_it(version: str) -> None:
    """HTTP/1.0 knows no chunks; the bytes are the same for everybody."""

    async def run() -> None:
        async with served() as world:
            connection = await world.open(version)
            head, _, events = (await received_until(connection, b"event: snapshot")).partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            assert lines[0] == b"http/1.1 200 ok"
            for header in (
                b"content-type: text/event-stream; charset=utf-8",
                b"cache-control: no-store",
                b"connection: close",
                b"x-content-type-options: nosniff",
                b"referrer-policy: no-referrer",
            ):
                assert header in lines
            assert not any(line.startswith((b"transfer-encoding", b"content-length")) for line in lines)
            assert events.startswith(b"retry: 2000\n\n")
            connection.close()

    asyncio.run(run())


@pytest.mark.parametrize("more", [b"", b"GET / HTTP/1.1\r\nHost: exams.example\r\n\r\n"])
def test_a_viewer_that_goes_away_gives_its_place_back(more: bytes) -> None:
    """Also one that sent another request behind the first."""

    async def run() -> None:
        async with served() as world:
            for _ in range(3):
                connection = await world.open(more=more)
                await received_until(connection, b"event: snapshot")
                connection.close()
                await world.until_streams_are(0)
                await asyncio.to_thread(wait_until, lambda: len(world.book) == 0)

    asyncio.run(run())


def test_asking_for_the_head_alone_opens_no_stream() -> None:
    async def run() -> None:
        async with served() as world:
            reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
            writer.write(
                f"HEAD /live/{world.exam.id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            )
            answer = await asyncio.wait_for(reader.read(), DEADLINE_S)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert world.hub.counters.streams_opened == 0
            writer.close()

    asyncio.run(run())
