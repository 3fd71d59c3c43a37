"""A plain AppSync real-time client for tests: sends what a test asks for, and waits with a deadline."""

import base64
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

from botocore.credentials import Credentials
from gql.transport.appsync_auth import AppSyncAuthentication
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from shared.live.appsync_protocol import AppSyncProtocol
from tests.signing import signed_headers

__all__ = [
    "DEADLINE_S",
    "Authorize",
    "RealtimeClient",
    "as_query",
    "as_subprotocol",
    "protocol_with",
    "signed_by",
    "with_token",
]

DEADLINE_S = 15.0

# (path that is signed, body that is signed) → the authorization object
Authorize = Callable[[str, str], Mapping[str, str]]


def with_token(host: str, token: str) -> Authorize:
    return lambda _path, _body: {"host": host, "Authorization": token}


def signed_by(host: str, credentials: Credentials, region: str) -> Authorize:
    """As gql and Amplify sign: the API's address over https, whatever the socket's is."""

    def authorize(path: str, body: str) -> Mapping[str, str]:
        headers = {
            "accept": "application/json, text/javascript",
            "content-encoding": "amz-1.0",
            "content-type": "application/json; charset=UTF-8",
        }
        signed = signed_headers(f"https://{host}{path}", body, credentials, region, headers=headers)
        return {name.lower(): value for name, value in signed.items()}

    return authorize


def as_query(url: str, authorization: Mapping[str, str]) -> tuple[str, list[str]]:
    """The older form: address and subprotocols."""
    header = base64.b64encode(json.dumps(authorization).encode()).decode()
    return f"{url}?header={quote(header)}&payload=e30=", ["graphql-ws"]


def as_subprotocol(url: str, authorization: Mapping[str, str]) -> tuple[str, list[str]]:
    """Amplify's form."""
    header = base64.urlsafe_b64encode(json.dumps(authorization).encode()).rstrip(b"=").decode()
    return url, ["graphql-ws", f"header-{header}"]


class _Authorization(AppSyncAuthentication):
    """A test's authorization, in the form that the protocol expects."""

    def __init__(self, authorize: Authorize) -> None:
        self._authorize = authorize

    def get_headers(
        self, data: str | None = None, headers: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return dict(self._authorize("/graphql" if data else "/graphql/connect", data or "{}"))


def protocol_with(authorize: Authorize) -> AppSyncProtocol:
    """The clients' own protocol for a caller with this authorization."""
    return AppSyncProtocol(_Authorization(authorize))


class RealtimeClient:
    """One connection. `messages` keeps everything received."""

    def __init__(
        self,
        url: str,
        authorize: Authorize,
        *,
        form: Callable[[str, Mapping[str, str]], tuple[str, list[str]]] = as_query,
        is_initialised: bool = True,
    ) -> None:
        self._authorize = authorize
        address, subprotocols = form(url, authorize("/graphql/connect", "{}"))
        opening = connect(
            address,
            subprotocols=[Subprotocol(name) for name in subprotocols],
            open_timeout=DEADLINE_S,
            ping_interval=None,
            proxy=None,
            max_size=None,
            close_timeout=0.5,  # a server that has dropped us will not answer
        )
        self._stack = contextlib.ExitStack()
        self._socket: ClientConnection = self._stack.enter_context(opening)
        self.messages: list[dict[str, Any]] = []
        if is_initialised:
            try:
                self.say(protocol_with(authorize).init())
                self.expect("connection_ack")
            except BaseException:
                self.close()
                raise

    @property
    def chosen_subprotocol(self) -> str | None:
        return self._socket.subprotocol

    def say(self, message: Mapping[str, Any] | str | bytes) -> None:
        self._socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def start(
        self,
        subscription_id: str,
        query: str,
        *,
        authorize: Authorize | None = None,
        **variables: Any,
    ) -> None:
        """Sends start without waiting for the answer."""
        self.say(protocol_with(authorize or self._authorize).start(subscription_id, query, variables))

    def subscribe(self, subscription_id: str, query: str, **variables: Any) -> None:
        """Sends start and waits for start_ack."""
        self.start(subscription_id, query, **variables)
        message = self.next_of(subscription_id)
        assert message["type"] == "start_ack", message

    def next(self, deadline_s: float = DEADLINE_S) -> dict[str, Any]:
        """The next message other than a keep-alive. Raises TimeoutError, or EOFError at the end."""
        ends_at = time.monotonic() + deadline_s
        while True:
            try:
                text = self._socket.recv(timeout=max(0.0, ends_at - time.monotonic()))
            except ConnectionClosed as closed:
                raise EOFError(str(closed)) from closed
            message: dict[str, Any] = json.loads(text)
            self.messages.append(message)
            if message["type"] != "ka":
                return message

    def next_of(self, subscription_id: str) -> dict[str, Any]:
        """The next message of this subscription; those of others stay in `messages` alone."""
        while True:
            message = self.next()
            if message.get("id") == subscription_id:
                return message

    def expect(self, kind: str) -> dict[str, Any]:
        message = self.next()
        assert message["type"] == kind, message
        return message

    def event(self, subscription_id: str) -> Any:
        """The next event's data of this subscription: the value of its one field, without errors."""
        message = self.next_of(subscription_id)
        assert message["type"] == "data", message
        assert "errors" not in message["payload"], message
        (value,) = message["payload"]["data"].values()
        return value

    def refusal(self) -> dict[str, Any]:
        """The one error of the next message, which must be an error."""
        message = self.next()
        assert message["type"] in ("error", "connection_error"), message
        (error,) = message["payload"]["errors"]
        return dict(error)

    def wait_closed(self, deadline_s: float = DEADLINE_S) -> int | None:
        """Wait until the server has closed; gives the close code."""
        ends_at = time.monotonic() + deadline_s
        while time.monotonic() < ends_at:
            try:
                self.next(max(0.0, ends_at - time.monotonic()))
            except EOFError:
                return self._socket.close_code
        raise TimeoutError("the server did not close the connection")

    def wait_keep_alive(self, deadline_s: float = DEADLINE_S) -> None:
        """Wait for a keep-alive from now on."""
        ends_at = time.monotonic() + deadline_s
        while True:
            text = self._socket.recv(timeout=max(0.0, ends_at - time.monotonic()))
            if json.loads(text)["type"] == "ka":
                return

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
