"""One real-time connection: performs the state machine's actions on the server's event loop.

Owns two tasks (reading, sending) and the connection's timers; `run` ends them all. The messages waiting to be
sent are bounded: a client that reads too slowly is dropped, and reconnects and reloads by itself.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import anyio.to_thread

from deploy.local.backend.appsync.authentication import ApiAuthenticator, AuthenticationRefused
from deploy.local.backend.appsync.authorization import Caller
from deploy.local.backend.appsync.execution import DocumentRefused
from deploy.local.backend.appsync.http import parsed_request
from deploy.local.backend.appsync.realtime.protocol import (
    Action,
    Close,
    Connection,
    Refusal,
    Send,
    Subscribe,
    Unsubscribe,
)
from deploy.local.backend.appsync.realtime.subscriptions import Subscription, SubscriptionHub

__all__ = ["GRAPHQL_PATH", "MESSAGE_BYTES_MAX", "RealtimeSession", "Transport", "TransportClosed"]

GRAPHQL_PATH = "/graphql"  # clients sign a subscription for this path, not for the WebSocket's
MESSAGE_BYTES_MAX = 240 * 1024  # in both directions
INIT_TIMEOUT_S = 30.0  # a client that has not sent connection_init by then is cut off
WAITING_MESSAGES_MAX = 512  # a client with more to read is dropped
WAITING_BYTES_MAX = 8 * 1024 * 1024

TOKEN_EXPIRED = Refusal("UnauthorizedException", "Token has expired.", 401)
SIGNED_OUT = Refusal("UnauthorizedException", "Token has been revoked.", 401)

_log = logging.getLogger(__name__)


class TransportClosed(Exception):
    """The client, or the network, ended the connection."""


class Transport(Protocol):
    """The part of a WebSocket that this module needs."""

    async def receive_text(self) -> str | None:
        """The next message; None for one that is not text. Raises TransportClosed."""

    async def send_text(self, text: str) -> None:
        """Waits while the client does not read. Raises TransportClosed."""

    async def close(self, code: int, reason: str) -> None: ...


class RealtimeSession:
    """`caller` was authenticated at the handshake; if none was, `refusal` says why."""

    def __init__(
        self,
        transport: Transport,
        *,
        hub: SubscriptionHub,
        authenticator: ApiAuthenticator,
        caller: Caller | None,
        refusal: Refusal | None,
        keep_alive_s: float,
        now_s: Callable[[], float],
    ) -> None:
        self._transport, self._hub, self._authenticator = transport, hub, authenticator
        self._protocol = Connection(refusal)
        self._caller, self._keep_alive_s, self._now_s = caller, keep_alive_s, now_s
        self._subscriptions: dict[str, Subscription] = {}
        self._waiting: deque[Send | Close] = deque()
        self._waiting_bytes = 0
        self._has_work = asyncio.Event()
        self._is_dropped = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def run(self) -> None:
        """Serve the client until either side closes the connection."""
        self._start_timers()
        tasks = [
            asyncio.ensure_future(work) for work in (self._read(), self._send(), self._is_dropped.wait())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            for timer in self._timers.values():
                timer.cancel()
            await self._perform(self._protocol.lost())
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, TransportClosed):
                raise outcome

    async def _read(self) -> None:
        while True:
            text = await self._transport.receive_text()
            if text is not None and _is_longer(text, MESSAGE_BYTES_MAX):
                text = None
            await self._perform(self._protocol.received(text))

    async def _send(self) -> None:
        while True:
            while self._waiting:
                action = self._waiting.popleft()
                if isinstance(action, Close):
                    await self._transport.close(action.code, action.reason)
                    return
                self._waiting_bytes -= len(action.text)
                await self._transport.send_text(action.text)
            self._has_work.clear()
            await self._has_work.wait()

    async def _perform(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Subscribe):
                await self._subscribe(action)
            else:
                self._perform_now([action])

    def _perform_now(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Unsubscribe):
                self._forget(action.id)
            elif isinstance(action, Send | Close):
                self._enqueue(action)

    def _enqueue(self, action: Send | Close) -> None:
        size = len(action.text) if isinstance(action, Send) else 0
        if len(self._waiting) >= WAITING_MESSAGES_MAX or self._waiting_bytes + size > WAITING_BYTES_MAX:
            if not self._is_dropped.is_set():
                _log.warning("a subscriber reads too slowly and is dropped")
            self._is_dropped.set()
            return
        self._waiting.append(action)
        self._waiting_bytes += size
        self._has_work.set()

    async def _subscribe(self, request: Subscribe) -> None:
        try:
            subscription = await anyio.to_thread.run_sync(self._prepare_subscription, request)
        except AuthenticationRefused as refused:
            error = Refusal(refused.error_type, refused.message, refused.http_status).as_object()
            self._perform_now(self._protocol.subscription_refused(request.id, [error]))
            return
        except DocumentRefused as refused:
            self._perform_now(self._protocol.subscription_refused(request.id, refused.errors))
            return
        # Nothing is awaited from here on: no event is sent before start_ack, and none after it is missed.
        self._hub.add(subscription)
        self._subscriptions[request.id] = subscription
        self._set_expiry(
            f"subscription {request.id}", subscription.caller, lambda: self._expire_subscription(request.id)
        )
        self._perform_now(self._protocol.subscription_granted(request.id))

    def _prepare_subscription(self, request: Subscribe) -> Subscription:
        """On a worker thread. Raises AuthenticationRefused or DocumentRefused."""
        caller = self._authenticator.realtime_caller(
            path=GRAPHQL_PATH, authorization=request.authorization, body=request.data
        )
        document = parsed_request(request.data)
        if document is None:
            message = "payload.data is not a GraphQL request"
            raise DocumentRefused([{"errorType": "MalformedHttpRequestException", "message": message}])
        return self._hub.prepare(
            document.query,
            document.variables,
            document.operation_name,
            caller,
            lambda payload_text: self._deliver(request.id, payload_text),
        )

    def _deliver(self, subscription_id: str, payload_text: str) -> None:
        subscription = self._subscriptions.get(subscription_id)
        if subscription is not None and self._authenticator.is_signed_out(subscription.caller):
            self._perform_now(self._protocol.subscription_expired(subscription_id, SIGNED_OUT))
        elif _is_longer(payload_text, MESSAGE_BYTES_MAX):
            self._perform_now(self._protocol.event_too_large(subscription_id))
        else:
            self._perform_now(self._protocol.event(subscription_id, payload_text))

    def _forget(self, subscription_id: str) -> None:
        subscription = self._subscriptions.pop(subscription_id, None)
        if subscription is not None:
            self._hub.remove(subscription)
        timer = self._timers.pop(f"subscription {subscription_id}", None)
        if timer is not None:
            timer.cancel()

    def _start_timers(self) -> None:
        loop = asyncio.get_running_loop()
        self._timers["init"] = loop.call_later(
            INIT_TIMEOUT_S, lambda: self._perform_now(self._protocol.init_overdue())
        )
        self._timers["ka"] = loop.call_later(self._keep_alive_s, self._keep_alive)
        if self._caller is not None:
            self._set_expiry("connection", self._caller, self._expire_connection)

    def _keep_alive(self) -> None:
        if self._caller is not None and self._authenticator.is_signed_out(self._caller):
            self._perform_now(self._protocol.connection_expired(SIGNED_OUT))
            return
        self._perform_now(self._protocol.keep_alive())
        loop = asyncio.get_running_loop()
        self._timers["ka"] = loop.call_later(self._keep_alive_s, self._keep_alive)

    def _set_expiry(self, name: str, caller: Caller, expire: Callable[[], None]) -> None:
        if caller.expires_at_s is not None:
            delay_s = max(0.0, caller.expires_at_s - self._now_s())
            self._timers[name] = asyncio.get_running_loop().call_later(delay_s, expire)

    def _expire_subscription(self, subscription_id: str) -> None:
        self._perform_now(self._protocol.subscription_expired(subscription_id, TOKEN_EXPIRED))

    def _expire_connection(self) -> None:
        self._perform_now(self._protocol.connection_expired(TOKEN_EXPIRED))


def _is_longer(text: str, bytes_max: int) -> bool:
    """Whether the text has more than `bytes_max` bytes in UTF-8; short texts need not be encoded to know."""
    if len(text) * 4 <= bytes_max:
        return False
    return len(text) > bytes_max or len(text.encode()) > bytes_max
