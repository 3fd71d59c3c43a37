"""One viewer's stream: each message goes straight to its connection, without a task or a queue of its own.

What the socket does not take at once waits: a few slices in the transport, the rest here, where it is the
same bytes for every viewer. A viewer that lets too much wait is too slow: its channel ends the stream, and it
comes back by itself with the last id it saw.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

__all__ = ["LAST_WORD_S", "WAITING_BYTES_MAX", "WAITING_MESSAGES_MAX", "Viewer"]

WAITING_MESSAGES_MAX = 64  # about a quarter of a minute of changes; a slower viewer is dropped and reloads
WAITING_BYTES_MAX = 2 * 1024 * 1024  # beyond it, only a message that waits alone
SLICE_BYTES = 64 * 1024  # of a long message that are handed to the transport at a time
SOCKET_BYTES = 128 * 1024  # that the kernel keeps for a viewer that does not read; by default, megabytes
LAST_WORD_S = 0.5  # that a socket has to take the end of its stream


class Viewer(asyncio.Protocol):
    """Messages wait until connection_made(). Each function in `on_lost` is called once the connection is."""

    __slots__ = ("_is_blocked", "_transport", "_waiting", "on_lost")

    def __init__(self, first: bytes) -> None:
        self.on_lost: list[Callable[[], None]] = []
        self._waiting: list[bytes | memoryview] = [first]
        self._transport: asyncio.Transport | None = None
        self._is_blocked = True

    def send(self, message: bytes) -> bool:
        """Write it, or keep it until the socket takes it. False when too much waits already."""
        transport = self._transport
        if transport is not None and not (self._is_blocked or self._waiting or len(message) > SLICE_BYTES):
            transport.write(message)
            return True
        if len(self._waiting) >= WAITING_MESSAGES_MAX:
            return False
        if self._waiting and len(message) + sum(map(len, self._waiting)) > WAITING_BYTES_MAX:
            return False
        self._waiting.append(message)
        self._write_waiting()
        return True

    def end(self) -> None:
        """Send nothing more, and close once the socket has taken what it was given. cut() does not wait."""
        self._waiting.clear()
        if self._transport is None:
            self.connection_lost(None)
        else:
            self._transport.close()

    def cut(self) -> None:
        """Close at once, whatever the socket still has to take. A second call does nothing."""
        if self._transport is not None:
            self._transport.abort()

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        opened: socket.socket | None = transport.get_extra_info("socket")
        if opened is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own classes are not derived from it
        self.resume_writing()

    def pause_writing(self) -> None:
        self._is_blocked = True

    def resume_writing(self) -> None:
        self._is_blocked = False
        self._write_waiting()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()
        while self.on_lost:
            self.on_lost.pop()()

    def _write_waiting(self) -> None:
        while self._waiting and not self._is_blocked and self._transport is not None:
            message = memoryview(self._waiting.pop(0))
            if len(message) > SLICE_BYTES:
                self._waiting.insert(0, message[SLICE_BYTES:])
            self._transport.write(message[:SLICE_BYTES])
