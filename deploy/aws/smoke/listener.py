"""One real-time connection that a smoke test listens on, as a teacher or as a guest."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from gql.transport.appsync_auth import AppSyncAuthentication
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from shared.live.appsync_protocol import (
    SUBPROTOCOL,
    AppSyncProtocol,
    ConnectionAcknowledged,
    Data,
    Refused,
    ServerMessage,
    Started,
)

__all__ = ["Listener", "SubscriptionRefused"]

HANDSHAKE_S = 15.0


class SubscriptionRefused(Exception):
    """The API refused the connection or a subscription. `error` is its first error on the wire."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error))
        self.error = error


class Listener:
    """`with Listener(url, authentication, documents) as listener:` begins with every document subscribed.

    Raises TimeoutError when an acknowledgement does not come, SubscriptionRefused when the API says no.
    """

    def __init__(
        self, realtime_url: str, authentication: AppSyncAuthentication, documents: Mapping[str, str]
    ) -> None:
        self._url, self._documents = realtime_url, documents
        self._protocol = AppSyncProtocol(authentication)
        self._events: list[tuple[str, Mapping[str, Any]]] = []
        self._closing = ExitStack()

    def __enter__(self) -> "Listener":
        connection = connect(
            self._protocol.connect_url(self._url),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            open_timeout=HANDSHAKE_S,
        )
        with ExitStack() as opening:
            self._socket = opening.enter_context(connection)
            self._socket.send(self._protocol.init())
            self._receive_until(ConnectionAcknowledged())
            for field, document in self._documents.items():
                self._socket.send(self._protocol.start(field, document))
                self._receive_until(Started(field))
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.close()

    def wait_for(
        self, field: str, matches: Callable[[Mapping[str, Any]], bool], within_s: float
    ) -> Mapping[str, Any]:
        """The first event of this subscription that matches, already received or received within this time.

        Raises TimeoutError if none does.
        """
        deadline = time.monotonic() + within_s
        while True:
            for event, row in self._events:
                if event == field and matches(row):
                    return row
            self._receive(deadline)

    def has_received(self, field: str, matches: Callable[[Mapping[str, Any]], bool]) -> bool:
        """Whether such an event has been received so far."""
        return any(event == field and matches(row) for event, row in self._events)

    def _receive_until(self, wanted: ServerMessage) -> None:
        deadline = time.monotonic() + HANDSHAKE_S
        while self._receive(deadline) != wanted:
            pass

    def _receive(self, deadline: float) -> ServerMessage:
        message = self._protocol.receive(self._socket.recv(max(0.0, deadline - time.monotonic())))
        match message:
            case Refused(_, error):
                raise SubscriptionRefused(error)
            case Data(_, fields, _):
                self._events.extend(fields.items())
        return message
