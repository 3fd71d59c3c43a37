"""Bounds Streamlit's sessions, one for each open WebSocket: each takes memory, and its first page run time.

A refused page keeps what it shows: the board of the first answer is live without a session, and Streamlit's
page tries again by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.client_address import client_address
from shared.web.rates import AddressRates

__all__ = ["SESSIONS_PER_S", "SessionLimits"]

SESSIONS_PER_S = 10.0  # of one address in the long run: a third of what the page runs of one process allow
_TRY_AGAIN_LATER = 1013  # before the handshake is accepted it becomes HTTP 403

logger = logging.getLogger(__name__)


class SessionLimits:
    """Counts the open WebSockets of the apps that wrap() returns, and refuses further ones.

    An address may open `per_address_max` at once, then SESSIONS_PER_S: a school arrives all at once. When it
    leaves all at once, its sessions end one in each turn of the event loop: Streamlit takes milliseconds for
    each, in which nobody else is served.
    """

    def __init__(
        self,
        *,
        sessions_max: int,
        per_address_max: int,
        trusted_proxies: int,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused_count = 0
        self._sessions_max, self._per_address_max = sessions_max, per_address_max
        self._trusted_proxies = trusted_proxies
        self._addresses: Counter[str] = Counter()
        self._leaving = asyncio.Lock()  # held for one turn of the loop by each session that ends
        self._rates = AddressRates(at_once=per_address_max, per_s=SESSIONS_PER_S, now_s=now_s)

    @property
    def open_count(self) -> int:
        """The open sessions now."""
        return self._addresses.total()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """ASGI middleware: `app`, with its WebSockets limited."""

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket":
                await app(scope, receive, send)
                return
            address = client_address(scope, self._trusted_proxies)
            refusal = self._refusal(scope, address)
            if refusal is not None:
                self.refused_count += 1
                logger.warning("a page's session was refused: %s", refusal)
                await receive()  # websocket.connect
                await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})
                return

            async def receive_in_turn() -> Message:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    await self._leaving.acquire()
                    asyncio.get_running_loop().call_soon(self._leaving.release)
                return message

            self._addresses[address] += 1
            try:
                await app(scope, receive_in_turn, send)
            finally:
                self._addresses[address] -= 1
                if self._addresses[address] <= 0:
                    del self._addresses[address]

        return limited

    def _refusal(self, scope: Scope, address: str) -> str | None:
        if not _has_own_origin(Headers(scope=scope)):
            return "a page of another site opened it"
        if self.open_count >= self._sessions_max:
            return "all places are taken"
        if self._addresses[address] >= self._per_address_max:
            return "its address has too many"
        if not self._rates.take(address):
            return "its address opens them too fast"
        return None


def _has_own_origin(headers: Headers) -> bool:
    """Whether a page of this site, or no browser, opens the WebSocket.

    Streamlit asks a server on the internet for its own address when it meets a foreign origin, and the event
    loop waits for up to 2 s (`streamlit/net_util.py`): every viewer with it.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False
