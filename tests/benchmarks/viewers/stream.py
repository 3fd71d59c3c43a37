"""A browser's EventSource, simulated by the load process: one HTTP/1.1 connection that only listens."""

import asyncio
import re
from collections.abc import Callable

from tests.benchmarks.viewers.place import Place

__all__ = ["EventStream"]

RETRY_S = 2.0  # the retry time that the server sends to EventSource
TAIL_BYTES = 48  # a mark or an id split across reads is found whole with the next bytes
_SPREAD = re.compile(rb'"spread":([0-9.]+)')
_ID = re.compile(rb"id: (\S+)\nevent: change")


class EventStream(asyncio.Protocol):
    """Calls `on_data` with everything received; reconnects by itself, with the last id, after a cut."""

    def __init__(
        self,
        place: Place,
        local_address: str,
        on_data: Callable[[bytes], None],
    ) -> None:
        self._place, self._local_address, self._on_data = place, local_address, on_data
        self.on_snapshot: Callable[[], None] = lambda: None
        self._transport: asyncio.Transport | None = None
        self._tail = b""
        self._last_id = b""
        self._is_closed = False
        self._again: asyncio.Task[None] | None = None
        self.has_begun = asyncio.Event()
        self.spread_s = 0.0
        self.cuts = 0

    async def open(self) -> None:
        """Connects. Raises OSError."""
        place = self._place
        await asyncio.get_running_loop().create_connection(
            lambda: self,
            place.host,
            place.port,
            ssl=place.tls,
            server_hostname=place.server_name,
            local_addr=(self._local_address, 0),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._tail = transport, b""
        place = self._place
        resume = b"Last-Event-ID: " + self._last_id + b"\r\n" if self._last_id else b""
        transport.write(
            f"GET /live/{place.exam_id} HTTP/1.1\r\nHost: {place.netloc}\r\n".encode()
            + b"Accept: text/event-stream\r\n"
            + b"Accept-Encoding: gzip, deflate, br, zstd\r\nCache-Control: no-store\r\n"
            + resume
            + b"\r\n"
        )

    def data_received(self, data: bytes) -> None:
        whole = self._tail + data
        self._on_data(whole)
        if b"event: snapshot" in whole:
            self.has_begun.set()
            self.on_snapshot()
        elif b"event: gone" in whole:
            self.has_begun.set()
        if spreads := _SPREAD.findall(data):
            self.spread_s = float(spreads[-1])
        if ids := _ID.findall(whole):
            self._last_id = ids[-1]
        self._tail = whole[-TAIL_BYTES:]

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._is_closed:
            self.cuts += 1
            self._again = asyncio.get_running_loop().create_task(self._reconnect())

    async def _reconnect(self) -> None:
        while not self._is_closed:
            await asyncio.sleep(RETRY_S)
            try:
                await self.open()
            except OSError:
                continue
            return

    def close(self) -> None:
        self._is_closed = True
        if self._again is not None:
            self._again.cancel()
        if self._transport is not None:
            self._transport.abort()
