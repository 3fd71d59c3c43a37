"""One AppSync real-time connection over asyncio: open it, hear its events, and know when it is lost.

A silent connection is probed. Any message is a sign of life; without one, the server is first asked by a
WebSocket ping, which costs it nothing and which RFC 6455 requires it to answer. A server that never answers
pings is asked by starting and stopping a subscription instead: every AppSync server acknowledges that. (A
query over HTTP takes another connection and says nothing about this one; TCP's own keep-alive is answered by
any proxy in between.)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.credentials import Credentials
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from shared.api.http import refusal_from_wire
from shared.api.operations import PROBE_SUBSCRIPTION
from shared.live.appsync_protocol import (
    SUBPROTOCOL,
    AppSyncProtocol,
    Completed,
    ConnectionAcknowledged,
    Data,
    ProtocolViolation,
    Refused,
    Started,
    guest_authentication,
)
from shared.live.supervision import run_until_first
from shared.model.errors import BackendUnreachable, NotAllowed
from shared.settings import BackendSettings

__all__ = ["EventHandler", "RealtimeConnection", "RealtimeTimings"]

logger = logging.getLogger(__name__)

# Field of the subscription, and its row; None where the event carried errors: something was missed.
EventHandler = Callable[[str, Mapping[str, Any] | None], None]

PROBE_ID = "probe"


@dataclass(frozen=True, slots=True)
class RealtimeTimings:
    """All in seconds. A stalled connection is given up after `silent_max_s` and at most one second more."""

    connect_timeout_s: float = 5.0
    ack_timeout_s: float = 5.0
    close_timeout_s: float = 1.0
    ping_after_s: float = 2.5
    probe_after_s: float = 5.0
    silent_max_s: float = 8.0


class RealtimeConnection:
    """One connection as a guest. It belongs to one event loop; call close() in any case.

    `on_event` is called on the loop, in the order of arrival; it must be quick.
    """

    def __init__(
        self,
        settings: BackendSettings,
        credentials: Credentials,
        on_event: EventHandler,
        timings: RealtimeTimings = RealtimeTimings(),  # frozen
    ) -> None:
        self._url = settings.realtime_url
        self._protocol = AppSyncProtocol(guest_authentication(settings, credentials))
        self._on_event = on_event
        self._timings = timings
        self._time_s = asyncio.get_running_loop().time
        self._heard_at = self._time_s()
        self._has_ponged = False
        self._is_acknowledged = False
        self._fields: dict[str, str] = {}  # subscription id -> field
        self._starting: set[str] = set()  # ids of subscriptions that are not acknowledged yet
        self._connection: ClientConnection | None = None

    @property
    def heard_at(self) -> float:
        """When the server last showed a sign of life, in the loop's time."""
        return self._heard_at

    async def open(self, documents: Mapping[str, str]) -> None:
        """Connects, starts every subscription (field -> document) and waits until each is acknowledged.

        From then on no event is missed. Raises NotAllowed, ApiRefused or BackendUnreachable.
        """
        with self._typed_errors():
            socket = self._connection = await connect(
                self._protocol.connect_url(self._url),
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                open_timeout=self._timings.connect_timeout_s,
                close_timeout=self._timings.close_timeout_s,
                ping_interval=None,
            )
            self._note_life()
            async with asyncio.timeout(self._timings.ack_timeout_s):
                await socket.send(self._protocol.init())
                while not self._is_acknowledged:
                    await self._receive(socket)
            self._fields = {str(number): field for number, field in enumerate(documents, start=1)}
            self._starting = set(self._fields)
            async with asyncio.timeout(self._timings.ack_timeout_s):
                for subscription_id, field in self._fields.items():
                    await socket.send(self._protocol.start(subscription_id, documents[field]))
                while self._starting:
                    await self._receive(socket)

    async def lost(self) -> NoReturn:
        """Hands on events until the connection is of no use any more; raises why, as open() does."""
        socket = self._connection
        assert socket is not None  # noqa: S101  # open() has made it
        with self._typed_errors():
            await run_until_first(self._read(socket), self._probe_when_silent(socket))
        raise AssertionError("neither reading nor probing ends without an error")

    async def close(self) -> None:
        """Closes the socket; takes about close_timeout_s at most if the server does not answer."""
        if self._connection is not None:
            await self._connection.close()

    async def _read(self, socket: ClientConnection) -> NoReturn:
        while True:
            await self._receive(socket)

    async def _receive(self, socket: ClientConnection) -> None:
        message = self._protocol.receive(await socket.recv())
        self._note_life()
        match message:
            case ConnectionAcknowledged():
                self._is_acknowledged = True
            case Started(subscription_id):
                self._starting.discard(subscription_id)
            case Data(subscription_id, fields, errors) if subscription_id in self._fields:
                self._hand_on(self._fields[subscription_id], fields, errors)
            case Refused(subscription_id, error) if subscription_id in {None, *self._fields}:
                raise refusal_from_wire(self._url, error)
            case Completed(subscription_id) if subscription_id in self._fields:
                # One subscription fewer is a feed with gaps.
                raise BackendUnreachable(self._url, f"it ended {self._fields[subscription_id]}")

    def _hand_on(self, subscribed: str, fields: Mapping[str, Any], errors: object) -> None:
        field, row = next(iter(fields.items()), (subscribed, None))
        if errors or not isinstance(row, Mapping):
            logger.warning("an event of %s has no row; its errors are: %s", field, errors)
            row = None
        self._on_event(field, row)

    def _note_life(self) -> None:
        self._heard_at = self._time_s()

    def _note_pong(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self._has_ponged = True
            self._note_life()

    async def _probe_when_silent(self, socket: ClientConnection) -> NoReturn:
        timings, pinged_at, has_probed = self._timings, self._heard_at, False
        while True:
            now = self._time_s()
            silent_s = now - self._heard_at
            if silent_s >= timings.silent_max_s:
                raise BackendUnreachable(self._url, f"silent for {silent_s:.0f} s")
            if silent_s < timings.ping_after_s:
                has_probed = False
                await asyncio.sleep(timings.ping_after_s - silent_s)
                continue
            # A socket whose buffer is full takes nothing more; that is silence as well.
            with contextlib.suppress(TimeoutError, WebSocketException):
                async with asyncio.timeout(timings.close_timeout_s):
                    if now - max(pinged_at, self._heard_at) >= timings.ping_after_s:
                        pinged_at = now
                        pong = asyncio.ensure_future(await socket.ping())
                        pong.add_done_callback(self._note_pong)
                    if silent_s >= timings.probe_after_s and not self._has_ponged and not has_probed:
                        has_probed = True
                        await socket.send(self._protocol.start(PROBE_ID, PROBE_SUBSCRIPTION))
                        await socket.send(self._protocol.stop(PROBE_ID))
            await asyncio.sleep(timings.ping_after_s / 5)

    @contextlib.contextmanager
    def _typed_errors(self) -> Iterator[None]:
        """Raises an ExamResultsError in the place of what websockets, asyncio or the protocol raised."""
        try:
            yield
        except InvalidStatus as error:
            status = error.response.status_code
            if status in {400, 401, 403}:
                body = (error.response.body or b"").decode(errors="replace")[:200]
                raise NotAllowed(
                    "UnauthorizedException", f"the connection was refused ({status}) {body}"
                ) from error
            raise BackendUnreachable(self._url, f"HTTP {status}") from error
        except TimeoutError as error:
            raise BackendUnreachable(self._url, "no answer in time") from error
        except (WebSocketException, OSError, ProtocolViolation) as error:
            raise BackendUnreachable(self._url, str(error) or type(error).__name__) from error
