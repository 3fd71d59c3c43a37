"""Pings of open WebSockets by one timer for all: proxies keep them, and whoever is dead is noticed.

uvicorn sets two timers for each ping of each connection. With a thousand quiet sessions, the process woke up
a hundred times a second for them, which took as much processor as half of the deliveries beside them.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Protocol

__all__ = ["PING", "PING_S", "Pinged", "Pings"]

PING_S = 20.0  # twice within it fits the idle time of every proxy that deploy/ sets up
PING = b"\x89\x00"  # the whole frame, without a payload (RFC 6455, section 5.5.2)
TURNS = 20  # in which the connections are pinged, so that a change never waits for all of them


class Pinged(Protocol):
    """An open WebSocket. ping() sends PING, or ends it if nothing was heard since the last one."""

    def ping(self) -> None: ...


def _call_later(delay_s: float, act: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, act)


class Pings:
    """Pings each connection once in `every_s`; has a timer only while there are any. For one event loop."""

    def __init__(
        self,
        every_s: float = PING_S,
        *,
        call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle] = _call_later,
    ) -> None:
        self._turn_s, self._call_later = every_s / TURNS, call_later
        self._turns: list[set[Pinged]] = [set() for _ in range(TURNS)]
        self._turn_of: dict[Pinged, set[Pinged]] = {}
        self._turns_to_fill, self._turns_to_ping = itertools.cycle(self._turns), itertools.cycle(self._turns)
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Pinged) -> None:
        """Ping it from now on."""
        turn = self._turn_of[connection] = next(self._turns_to_fill)
        turn.add(connection)
        if self._timer is None:
            self._timer = self._call_later(self._turn_s, self._ping_turn)

    def discard(self, connection: Pinged) -> None:
        """Ping it no more. A second call does nothing."""
        self._turn_of.pop(connection, set()).discard(connection)
        if not self._turn_of and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ping_turn(self) -> None:
        self._timer = self._call_later(self._turn_s, self._ping_turn)
        for connection in list(next(self._turns_to_ping)):
            connection.ping()
