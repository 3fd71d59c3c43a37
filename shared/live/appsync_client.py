"""One AppSync real-time connection: opened, subscribed, heard, and known to be alive or lost.

gql's transport does the WebSocket, the handshake and the signing; what it gets wrong for a feed that lives
for hours is put right here:

- it throws start_ack away: here open() waits for one for each subscription;
- an error that belongs to one subscription, or an event that carries errors, is handed on, and ends nothing
  by itself;
- it signs the address once: so one object is one connection, and the next connection is a new object;
- it notices a silent socket by missing keep-alives only, which come once a minute: here any message is a
  sign of life, and a silent server is asked. First by a WebSocket ping, which costs the server nothing and
  which RFC 6455 makes it answer. Should a server never answer pings, a subscription is started and stopped
  instead: every AppSync server acknowledges that. (A query over HTTP would go another way, and says nothing
  about this socket; TCP's own keep-alive is answered by any proxy between.)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from botocore.credentials import Credentials
from gql.graphql_request import GraphQLRequest
from gql.transport.appsync_auth import AppSyncIAMAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportError, TransportProtocolError
from graphql import ExecutionResult
from websockets.exceptions import InvalidStatus, WebSocketException

from shared.api.http import refusal_from_wire
from shared.api.operations import PROBE_SUBSCRIPTION
from shared.model.errors import ApiRefused, BackendUnreachable, ExamResultsError, NotAllowed
from shared.settings import BackendSettings

__all__ = ["EventHandler", "RealtimeConnection", "RealtimeTimings"]

logger = logging.getLogger(__name__)

# Name of the subscription, and its event's row; None where the event was an error: something was missed.
EventHandler = Callable[[str, Mapping[str, Any] | None], None]

_Answer = tuple[str, int | None, ExecutionResult | None]


@dataclass(frozen=True, slots=True)
class RealtimeTimings:
    """All in seconds. A stalled connection is known as lost after `silent_max_s` and at most one second
    more."""

    connect_timeout_s: float = 5.0
    ack_timeout_s: float = 5.0
    close_timeout_s: float = 1.0
    ping_after_s: float = 2.5
    probe_after_s: float = 5.0
    silent_max_s: float = 8.0


class RealtimeConnection:
    """One connection as a guest. It belongs to one event loop; close() it whatever happened.

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
        self._timings = timings
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._has_ponged = False
        auth = AppSyncIAMAuthentication(
            host=urlsplit(settings.api_url).netloc, region_name=settings.region, credentials=credentials
        )
        self._transport = _ConfirmingTransport(
            self._url,
            auth=auth,
            connect_timeout=timings.connect_timeout_s,
            close_timeout=timings.close_timeout_s,
            ack_timeout=timings.ack_timeout_s,
            connect_args={"ping_interval": None, "close_timeout": timings.close_timeout_s},
            on_event=on_event,
            on_message=self._note_life,
        )

    @property
    def heard_at(self) -> float:
        """When the server last gave a sign of life, in the loop's time."""
        return self._heard_at

    async def open(self, documents: Mapping[str, str]) -> None:
        """Connects, starts every subscription and waits until each is acknowledged.

        From then on no event is missed. Raises NotAllowed, ApiRefused or BackendUnreachable.
        """
        try:
            await self._transport.connect()
            starting = [await self._transport.begin(name, text) for name, text in documents.items()]
            acknowledged = asyncio.gather(*starting)
            receiving = self._transport.receive_data_task
            assert receiving is not None  # noqa: S101  # connect() has made it
            await asyncio.wait(
                {acknowledged, receiving},
                timeout=self._timings.ack_timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not acknowledged.done():
                acknowledged.cancel()
                await asyncio.gather(acknowledged, return_exceptions=True)
                if receiving.done():
                    raise self._end_of(receiving)
                raise TimeoutError
            acknowledged.result()
        except (TransportError, WebSocketException, OSError, TimeoutError) as error:
            raise self._meaning(error) from error

    async def lost(self) -> NoReturn:
        """Waits until the connection is of no use any more and raises why, as open() does."""
        receiving = self._transport.receive_data_task
        assert receiving is not None  # noqa: S101  # open() has made it
        asking = asyncio.create_task(self._ask_when_silent())
        try:
            await asyncio.wait(
                {receiving, asking, self._transport.ended}, return_when=asyncio.FIRST_COMPLETED
            )
            for finished in (self._transport.ended, asking):
                if finished.done() and (error := finished.exception()) is not None:
                    raise error
            raise self._end_of(receiving)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def close(self) -> None:
        """Closes the socket; takes close_timeout_s at most, about twice over, if the server does not
        answer."""
        await self._transport.close()
        receiving = self._transport.receive_data_task
        if receiving is not None:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
        self._transport.forget_waiters()

    def _end_of(self, receiving: asyncio.Future[Any]) -> ExamResultsError:
        """Why the task that reads the socket came to its end."""
        return self._meaning(receiving.exception() or self._transport.close_exception)

    def _note_life(self) -> None:
        self._heard_at = self._loop.time()

    def _note_pong(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self._has_ponged = True
            self._note_life()

    async def _ask_when_silent(self) -> NoReturn:
        asked_at, has_probed = self._heard_at, False
        while True:
            now = self._loop.time()
            silent_s = now - self._heard_at
            if silent_s >= self._timings.silent_max_s:
                raise BackendUnreachable(self._url, f"silent for {silent_s:.0f} s")
            if silent_s < self._timings.ping_after_s:
                has_probed = False
                await asyncio.sleep(self._timings.ping_after_s - silent_s)
                continue
            if now - max(asked_at, self._heard_at) >= self._timings.ping_after_s:
                asked_at = now
                await self._ping()
            if silent_s >= self._timings.probe_after_s and not self._has_ponged and not has_probed:
                has_probed = True
                await self._transport.probe(PROBE_SUBSCRIPTION)
            await asyncio.sleep(self._timings.ping_after_s / 5)

    async def _ping(self) -> None:
        websocket = self._transport.adapter.websocket
        if websocket is None:
            return  # being closed: whoever waits is told by other means
        # A socket whose buffer is full cannot take a ping; that is silence as well.
        with contextlib.suppress(TimeoutError, WebSocketException):
            async with asyncio.timeout(self._timings.close_timeout_s):
                pong: asyncio.Future[float] = asyncio.ensure_future(await websocket.ping())
                pong.add_done_callback(self._note_pong)

    def _meaning(self, error: BaseException | None) -> ExamResultsError:
        """The typed error behind what gql, websockets or asyncio raised."""
        if isinstance(error, ExamResultsError):
            return error
        cause = error
        while cause is not None and cause.__cause__ is not None:
            cause = cause.__cause__
        if isinstance(cause, InvalidStatus):
            status = cause.response.status_code
            if status in {400, 401, 403}:
                words = cause.response.body.decode(errors="replace")[:200]
                return NotAllowed("UnauthorizedException", f"the connection was refused ({status}) {words}")
            return BackendUnreachable(self._url, f"HTTP {status}")
        if isinstance(cause, TimeoutError):
            return BackendUnreachable(self._url, "no answer in time")
        reason = str(cause or error or "closed") or type(cause or error).__name__
        return BackendUnreachable(self._url, reason)


class _ConfirmingTransport(AppSyncWebsocketsTransport):
    """gql's transport with our reading of the server's messages in the place of its own."""

    def __init__(
        self, url: str, *, on_event: EventHandler, on_message: Callable[[], None], **options: Any
    ) -> None:
        super().__init__(url, **options)
        self._endpoint = url
        self._on_event = on_event
        self._on_message = on_message
        self._names: dict[int, str] = {}
        self._starting: dict[int, asyncio.Future[None]] = {}
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def begin(self, name: str, document: str) -> asyncio.Future[None]:
        """Starts one subscription. The future ends with its start_ack, or raises the server's refusal."""
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        query_id = self.next_query_id  # _send_query takes this one before it first waits
        self._names[query_id] = name
        self._starting[query_id] = started
        await self._send_query(GraphQLRequest(document))
        return started

    async def probe(self, document: str) -> None:
        """Starts and stops a subscription only to make the server speak."""
        with contextlib.suppress(TransportError):
            query_id = await self._send_query(GraphQLRequest(document))
            await self._send(json.dumps({"id": str(query_id), "type": "stop"}))

    def forget_waiters(self) -> None:
        """Ends futures that nobody will wait for any more."""
        for future in (self.ended, *self._starting.values()):
            if not future.done():
                future.cancel()
            elif not future.cancelled():
                future.exception()  # seen now: asyncio need not complain that nobody looked

    def _parse_answer(self, answer: str) -> _Answer:
        """Reads one message. Raises NotAllowed, ApiRefused or BackendUnreachable for errors of the
        connection."""
        self._on_message()
        try:
            message = json.loads(answer)
            kind = str(message["type"])
            payload = message.get("payload") or {}
            query_id = None if message.get("id") is None else int(message["id"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TransportProtocolError(f"no AppSync message: {answer[:200]}") from error
        if kind in {"connection_error", "error"} and query_id is None:
            raise self._refusal(payload)
        if kind == "data":
            return kind, query_id, ExecutionResult(data=payload.get("data"), errors=payload.get("errors"))
        if kind == "error":
            return kind, query_id, ExecutionResult(errors=payload.get("errors") or [payload])
        return kind, query_id, None

    async def _handle_answer(
        self, answer_type: str, answer_id: int | None, execution_result: ExecutionResult | None
    ) -> None:
        if answer_id is None or answer_id not in self._names:
            return  # keep-alives, and answers to a probe
        name = self._names[answer_id]
        if answer_type == "start_ack":
            if not self._starting[answer_id].done():
                self._starting[answer_id].set_result(None)
        elif answer_type == "data":
            self._on_event(name, _row(name, execution_result))
        elif answer_type == "error":
            errors: Any = execution_result.errors if execution_result else None
            self._end(answer_id, self._refusal({"errors": errors}))
        elif answer_type == "complete":
            self._end(answer_id, BackendUnreachable(self._endpoint, f"it ended {name}"))

    def _end(self, query_id: int, error: ExamResultsError) -> None:
        """One subscription less is a feed with gaps: the whole connection is begun again."""
        starting = self._starting[query_id]
        for future in (starting, self.ended):
            if not future.done():
                future.set_exception(error)

    def _refusal(self, payload: Mapping[str, Any]) -> ApiRefused | BackendUnreachable:
        errors = payload.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else payload
        if not first.get("errorType") and first.get("errorCode") in {400, 401, 403}:
            first = {**first, "errorType": "UnauthorizedException"}
        return refusal_from_wire(self._endpoint, first)


def _row(name: str, result: ExecutionResult | None) -> Mapping[str, Any] | None:
    if result is None or result.errors or not result.data:
        logger.warning("an event of %s carries errors: %s", name, result.errors if result else None)
        return None
    row = result.data.get(name)
    return row if isinstance(row, dict) else None
