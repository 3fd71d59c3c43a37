"""Bounds the connections of a dashboard that browsers reach directly, in number and time.

uvicorn has no time limit for a request that has not arrived completely, so silent or half-sent connections
would be kept for ever, until no file descriptor is left for anybody else.

- A request's head must be complete HEAD_S after its first byte (a new connection's: after it was opened), and
  its body BODY_S after its head. What comes later is answered with 408, silence by closing.
- When all places are taken, the connection that has been idle for the longest is closed in favour of the new
  one, first of the address with the most idle ones. If none is idle, the new one is answered with 503.
- One address has at most half of the places, so that it cannot take them all. Behind a proxy all connections
  have the proxy's address: then only the total counts.
- The kernel closes a connection whose peer has taken nothing for SILENT_PEER_S.
- A WebSocket is pinged every PING_S, and closed if nothing was heard since the ping before.

An application can take over the connection of a request for a protocol of its own: TAKE_OVER in the request's
state is a function that gets it. Nothing may have been answered.

New connections have no rate limit of their own: one costs less than a tenth of a millisecond, and a limit
would shut out everybody behind the same address.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from collections import Counter
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, ClassVar, Protocol, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from shared.web.client_address import address_group
from shared.web.pings import PING, PING_S, Pings

__all__ = [
    "BODY_S",
    "HEAD_S",
    "TAKE_OVER",
    "OpenConnections",
    "OwnProtocol",
    "connections_max",
    "limited_protocols",
]

HEAD_S = 10.0
BODY_S = 300.0  # 20 MB, the longest upload, over a line of half a megabit
SILENT_PEER_S = 30
TAKE_OVER = "take_over"

Close = Callable[[], None]


def connections_max() -> int:
    """Half of the file descriptors that this process may have: a Streamlit session takes three besides."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 32_768 if soft == resource.RLIM_INFINITY else soft // 2


class OpenConnections:
    """Which connections are open, and which of them are idle: without a request in progress.

    Used on the event loop only. A connection is named by any hashable object.
    """

    def __init__(self, places: int, *, places_per_address: int) -> None:
        self._places, self._places_per_address = places, places_per_address
        self._addresses: dict[object, str] = {}  # of every open connection
        self._counts: Counter[str] = Counter()
        # Address -> its idle connections, the longest idle first, and how to close each.
        self._idle: dict[str, dict[object, Close]] = {}

    def __len__(self) -> int:
        return len(self._addresses)

    def admit(self, connection: object, address: str, close: Close) -> bool:
        """Whether a new connection has a place; it is idle at first. `close` closes it at once."""
        if self._counts[address] >= self._places_per_address and not self._close_idle(address):
            return False
        if len(self._addresses) >= self._places:
            most_idle = max(self._idle, key=lambda other: len(self._idle[other]), default=None)
            if most_idle is None or not self._close_idle(most_idle):
                return False
        self._addresses[connection] = address
        self._counts[address] += 1
        self.set_idle(connection, close)
        return True

    def set_busy(self, connection: object) -> None:
        """A request of it is in progress."""
        address = self._addresses.get(connection, "")
        idle = self._idle.get(address, {})
        idle.pop(connection, None)
        if not idle:
            self._idle.pop(address, None)

    def set_idle(self, connection: object, close: Close) -> None:
        """No request of it is in progress."""
        if connection in self._addresses:
            self._idle.setdefault(self._addresses[connection], {}).setdefault(connection, close)

    def forget(self, connection: object) -> None:
        """It is closed. A second call does nothing."""
        self.set_busy(connection)
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._counts[address] -= 1
            if self._counts[address] <= 0:
                del self._counts[address]

    def _close_idle(self, address: str) -> bool:
        for connection, close in self._idle.get(address, {}).items():
            self.forget(connection)
            close()
            return True
        return False


class OwnProtocol(Protocol):
    """What takes over a connection: an asyncio.Protocol that calls each `on_lost` once when it is lost."""

    on_lost: list[Callable[[], None]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...
    def connection_lost(self, error: Exception | None) -> None: ...


class _Awaited(Enum):
    HEAD = auto()
    BODY = auto()


class _LimitedHttp(H11Protocol):
    """uvicorn's protocol with deadlines, and with its place among the open connections."""

    open_connections: ClassVar[OpenConnections]
    head_s: ClassVar[float]
    body_s: ClassVar[float]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._awaited: _Awaited | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_refused = False
        self.app_state = {**self.app_state, TAKE_OVER: self._hand_over}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _drop_silent_peer(transport)
        address = address_group(self.client[0] if self.client else "")
        self._is_refused = not self.open_connections.admit(transport, address, transport.abort)
        if self._is_refused:
            self._answer_and_close(503, "Too many connections. Please wait a minute, then reload the page.")
        else:
            self._await(_Awaited.HEAD)

    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            super().data_received(data)
            self._note_progress()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note_progress()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._await(None)
        self.open_connections.set_busy(self.transport)
        del self.app_state[TAKE_OVER]  # the WebSocket would keep this object as long as it is open
        super().handle_websocket_upgrade(event)
        self._drop_state()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None)
        self.open_connections.forget(self.transport)
        super().connection_lost(exc)
        self._drop_state()

    def _hand_over(self, protocol: OwnProtocol) -> None:
        if self.cycle.disconnected:
            protocol.connection_lost(None)
            return
        self.cycle.disconnected = True  # uvicorn expects no answer any more
        self.connections.discard(self)  # nor waits for its end
        self._await(None)
        self.flow.resume_reading()
        transport = self.transport
        protocol.on_lost.append(lambda: self.open_connections.forget(transport))
        transport.set_protocol(cast("asyncio.BaseProtocol", protocol))
        self._drop_state()
        protocol.connection_made(transport)

    def _drop_state(self) -> None:
        """It refers to this object, which would otherwise wait for the next full garbage collection."""
        self.app_state = {}
        self.scope = {}  # type: ignore[typeddict-item]

    def _note_progress(self) -> None:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        is_in_progress = self.cycle is not None and not self.cycle.response_complete
        if is_in_progress:
            self.open_connections.set_busy(self.transport)
        else:
            self.open_connections.set_idle(self.transport, self.transport.abort)
        if self.conn.their_state is h11.SEND_BODY:
            self._await(_Awaited.BODY)
        elif is_in_progress:
            self._await(None)
        else:  # without a first byte of the next request, uvicorn's limit for idle connections holds
            has_begun = self.cycle is None or self.conn.trailing_data[0]
            self._await(_Awaited.HEAD if has_begun else None)

    def _await(self, awaited: _Awaited | None) -> None:
        if awaited is self._awaited:
            return
        self._awaited = awaited
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if awaited is not None:
            after_s = self.head_s if awaited is _Awaited.HEAD else self.body_s
            self._deadline = self.loop.call_later(after_s, self._close_overdue)

    def _close_overdue(self) -> None:
        is_answered = self._awaited is _Awaited.BODY and self.cycle.response_started
        is_silent = self._awaited is _Awaited.HEAD and not self.conn.trailing_data[0]
        if is_answered or is_silent:
            self.transport.abort()
        else:
            self._answer_and_close(408, "The request did not arrive completely in time.")

    def _answer_and_close(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nRetry-After: 60\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class _CountedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, pinged by one timer for all connections. Once lost, it gives back the place that it
    took while it spoke HTTP."""

    open_connections: ClassVar[OpenConnections]
    pings: ClassVar[Pings]
    _is_heard = True  # since the last ping

    def start_keepalive(self) -> None:
        self.pings.add(self)

    def stop_keepalive(self) -> None:
        self.pings.discard(self)

    def ping(self) -> None:
        if not self._is_heard:
            self.keepalive_timeout()
        elif not (self.close_sent or self.transport.is_closing()):
            self._is_heard = False
            self.transport.write(PING)

    def data_received(self, data: bytes) -> None:
        self._is_heard = True
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.forget(self.transport)
        super().connection_lost(exc)


_PHRASES = {408: "Request Timeout", 503: "Service Unavailable"}


def limited_protocols(
    open_connections: OpenConnections,
    *,
    head_s: float = HEAD_S,
    body_s: float = BODY_S,
    ping_s: float = PING_S,
) -> tuple[type[asyncio.Protocol], type[asyncio.Protocol]]:
    """uvicorn's `http` and `ws` for a server whose connections are these."""
    shared = {"open_connections": open_connections}
    http = type("LimitedHttp", (_LimitedHttp,), {**shared, "head_s": head_s, "body_s": body_s})
    return http, type("CountedWebSocket", (_CountedWebSocket,), {**shared, "pings": Pings(ping_s)})


def _drop_silent_peer(transport: asyncio.Transport) -> None:
    opened: socket.socket | None = transport.get_extra_info("socket")
    if opened is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_S * 1000)
