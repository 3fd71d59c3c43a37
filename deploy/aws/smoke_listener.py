"""One real-time connection that a smoke test listens on, as a teacher or as a guest."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import Credentials
from gql.transport.appsync_auth import (
    AppSyncAuthentication,
    AppSyncIAMAuthentication,
    AppSyncJWTAuthentication,
)
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from shared.settings import BackendSettings

__all__ = ["Listener", "guest_proof", "teacher_proof"]

HANDSHAKE_S = 15.0


def teacher_proof(settings: BackendSettings, token: str) -> AppSyncAuthentication:
    return AppSyncJWTAuthentication(_host(settings), token)


def guest_proof(settings: BackendSettings, credentials: Credentials) -> AppSyncAuthentication:
    return AppSyncIAMAuthentication(_host(settings), region_name=settings.region, credentials=credentials)


class Listener:
    """`with Listener(settings, proof, documents) as listener:` is subscribed to all documents when it begins.

    Raises TimeoutError when an acknowledgement does not come, RuntimeError when a subscription is refused.
    """

    def __init__(
        self, settings: BackendSettings, proof: AppSyncAuthentication, documents: Mapping[str, str]
    ) -> None:
        self._settings, self._proof, self._documents = settings, proof, documents
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._closing = ExitStack()

    def __enter__(self) -> "Listener":
        connection = connect(
            self._proof.get_auth_url(self._settings.realtime_url),
            subprotocols=[Subprotocol("graphql-ws")],
            open_timeout=HANDSHAKE_S,
        )
        with ExitStack() as opening:
            self._socket = opening.enter_context(connection)
            self._send({"type": "connection_init"})
            self._until(lambda message: message["type"] == "connection_ack", HANDSHAKE_S)
            for name, document in self._documents.items():
                self._subscribe(name, document)
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.close()

    def heard(self, name: str, matches: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any]:
        """The first event of this subscription that matches, whether it has come or comes within this time.

        Raises TimeoutError when none comes.
        """

        def found() -> dict[str, Any] | None:
            return next((row for event, row in self._events if event == name and matches(row)), None)

        deadline = time.monotonic() + within_s
        while (row := found()) is None:
            self._receive(deadline)
        return row

    def has_heard(self, name: str, matches: Callable[[dict[str, Any]], bool]) -> bool:
        """Whether such an event has come so far."""
        return any(event == name and matches(row) for event, row in self._events)

    def _subscribe(self, name: str, document: str) -> None:
        data = json.dumps({"query": document, "variables": {}}, separators=(",", ":"))
        headers = self._proof.get_headers(data)
        self._send(
            {
                "id": name,
                "type": "start",
                "payload": {"data": data, "extensions": {"authorization": headers}},
            }
        )
        self._until(lambda message: message["type"] == "start_ack" and message["id"] == name, HANDSHAKE_S)

    def _send(self, message: Mapping[str, Any]) -> None:
        self._socket.send(json.dumps(message))

    def _until(self, is_wanted: Callable[[dict[str, Any]], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not is_wanted(self._receive(deadline)):
            pass

    def _receive(self, deadline: float) -> dict[str, Any]:
        """The next message; events are kept. Raises TimeoutError, or RuntimeError for an error message."""
        message: dict[str, Any] = json.loads(self._socket.recv(max(0.0, deadline - time.monotonic())))
        if message["type"] in ("error", "connection_error"):
            raise RuntimeError(json.dumps(message.get("payload")))
        if message["type"] == "data":
            name = message["id"]
            self._events.append((name, message["payload"]["data"][name]))
        return message


def _host(settings: BackendSettings) -> str:
    return urlsplit(settings.api_url).netloc
