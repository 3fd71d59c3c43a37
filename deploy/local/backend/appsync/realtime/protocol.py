"""The server's side of AppSync's real-time protocol: a pure state machine. Messages in, actions out.

No I/O, no clock. The connection's states, and the effect of each message:

    state         message          next state    actions
    WAITING       connection_init  ACKNOWLEDGED  connection_ack, ka
    WAITING       connection_init  CLOSED        connection_error, close (if refused at the handshake)
    ACKNOWLEDGED  connection_init  ACKNOWLEDGED  connection_ack (harmless when repeated)
    ACKNOWLEDGED  start            ACKNOWLEDGED  Subscribe, answered later with start_ack or error
    ACKNOWLEDGED  stop             ACKNOWLEDGED  Unsubscribe, complete

Anything else is answered with an error and changes nothing.

A subscription is REQUESTED until the caller of this module grants or refuses it, then ACTIVE until it is
stopped, its token expires or the connection ends. A refusal at the handshake is sent only after
connection_init: clients do not listen earlier.

https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import orjson

from deploy.local.backend.appsync.json_text import parsed_json
from deploy.local.backend.appsync.realtime.handshake import authorization_object

__all__ = [
    "Action",
    "Close",
    "Connection",
    "Refusal",
    "Send",
    "Subscribe",
    "Unsubscribe",
]

CONNECTION_TIMEOUT_MS = 300_000  # clients consider the connection lost after this long without a message
SUBSCRIPTIONS_MAX = 200  # per connection; further ones are refused
ID_LENGTH_MAX = 128

NORMAL_CLOSURE = 1000
UNSUPPORTED_DATA = 1003
POLICY_VIOLATION = 1008


class _ConnectionState(Enum):
    WAITING = auto()
    ACKNOWLEDGED = auto()
    CLOSED = auto()


class _SubscriptionState(Enum):
    REQUESTED = auto()
    ACTIVE = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason for a refusal, as sent to the client. `error_code` is HTTP's, where AppSync sends one."""

    error_type: str
    message: str
    error_code: int | None = None

    def as_object(self) -> dict[str, object]:
        """The entry of `errors` in a message."""
        code = {} if self.error_code is None else {"errorCode": self.error_code}
        return {"errorType": self.error_type, "message": self.message, **code}


@dataclass(frozen=True, slots=True)
class Send:
    """Send this text to the client."""

    text: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Check whether the client may subscribe; then call `subscription_granted` or `subscription_refused`."""

    id: str
    data: str  # the JSON text that was signed: {"query": ..., "variables": ...}
    authorization: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End this subscription."""

    id: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection; nothing follows."""

    code: int
    reason: str


Action = Send | Subscribe | Unsubscribe | Close

_TRANSITIONS = {
    (_ConnectionState.WAITING, "connection_init"): "_on_connection_init",
    (_ConnectionState.ACKNOWLEDGED, "connection_init"): "_on_connection_init",
    (_ConnectionState.ACKNOWLEDGED, "start"): "_on_start",
    (_ConnectionState.ACKNOWLEDGED, "stop"): "_on_stop",
}


class Connection:
    """One client's connection. `refusal`: its credentials were refused at the handshake."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self._state = _ConnectionState.WAITING
        self._refusal = refusal
        self._subscriptions: dict[str, _SubscriptionState] = {}

    def received(self, text: str | None) -> Sequence[Action]:
        """A message from the client; None for one that is not text."""
        if self._state is _ConnectionState.CLOSED:
            return []
        if text is None:
            return self._closed(UNSUPPORTED_DATA, "only text messages are understood")
        message = parsed_json(text)
        if not isinstance(message, dict):
            return [_error(None, Refusal("BadRequestException", "The message is not a JSON object", 400))]
        kind = message.get("type")
        handler = _TRANSITIONS.get((self._state, kind)) if isinstance(kind, str) else None
        if handler is None:
            known = kind if isinstance(kind, str) and len(kind) <= 40 else "unknown"
            refusal = Refusal("UnsupportedOperation", f"{known} not supported through the realtime channel")
            return [_error(_id_of(message), refusal)]
        actions: Sequence[Action] = getattr(self, handler)(message)
        return actions

    def subscription_granted(self, subscription_id: str) -> Sequence[Action]:
        """The outcome of a Subscribe: the client may subscribe."""
        if subscription_id not in self._subscriptions:
            # It was stopped, or the connection closed, while the caller was being checked.
            return [Unsubscribe(subscription_id)]
        self._subscriptions[subscription_id] = _SubscriptionState.ACTIVE
        return [_message("start_ack", subscription_id)]

    def subscription_refused(
        self, subscription_id: str, errors: Sequence[Mapping[str, Any]]
    ) -> Sequence[Action]:
        """The outcome of a Subscribe: `errors` are sent to the client as they are."""
        if self._subscriptions.pop(subscription_id, None) is None:
            return []
        return [_message("error", subscription_id, {"errors": list(errors)})]

    def event(self, subscription_id: str, payload_text: str) -> Sequence[Action]:
        """An event for an active subscription; `payload_text` is the JSON of {"data": ...}."""
        if self._subscriptions.get(subscription_id) is not _SubscriptionState.ACTIVE:
            return []
        quoted_id = orjson.dumps(subscription_id).decode()
        return [Send(f'{{"id":{quoted_id},"type":"data","payload":{payload_text}}}')]

    def event_too_large(self, subscription_id: str) -> Sequence[Action]:
        """Instead of an event that cannot be sent: the subscriber learns that it must reload."""
        if self._subscriptions.get(subscription_id) is not _SubscriptionState.ACTIVE:
            return []
        return [_error(subscription_id, Refusal("PayloadTooLarge", "An event was too large to be sent", 413))]

    def subscription_expired(self, subscription_id: str, refusal: Refusal) -> Sequence[Action]:
        """Its credentials have expired."""
        if self._subscriptions.pop(subscription_id, None) is None:
            return []
        return [_error(subscription_id, refusal), Unsubscribe(subscription_id)]

    def connection_expired(self, refusal: Refusal) -> Sequence[Action]:
        """The credentials of the handshake have expired."""
        if self._state is _ConnectionState.CLOSED:
            return []
        return [_connection_error(refusal), *self._closed(POLICY_VIOLATION, refusal.message)]

    def keep_alive(self) -> Sequence[Action]:
        """To be called periodically: clients watch for silence."""
        return [_message("ka")] if self._state is _ConnectionState.ACKNOWLEDGED else []

    def init_overdue(self) -> Sequence[Action]:
        """The client has not sent connection_init in time."""
        if self._state is not _ConnectionState.WAITING:
            return []
        return self._closed(POLICY_VIOLATION, "connection_init did not come")

    def lost(self) -> Sequence[Action]:
        """The connection is lost; nothing can be sent."""
        return [action for action in self._closed(NORMAL_CLOSURE, "") if isinstance(action, Unsubscribe)]

    def _on_connection_init(self, _message_object: Mapping[str, Any]) -> Sequence[Action]:
        if self._refusal is not None:
            return [_connection_error(self._refusal), *self._closed(POLICY_VIOLATION, "not authorized")]
        acknowledgement = _message("connection_ack", None, {"connectionTimeoutMs": CONNECTION_TIMEOUT_MS})
        if self._state is _ConnectionState.ACKNOWLEDGED:
            return [acknowledgement]
        self._state = _ConnectionState.ACKNOWLEDGED
        return [acknowledgement, _message("ka")]

    def _on_start(self, message: Mapping[str, Any]) -> Sequence[Action]:
        subscription_id = _id_of(message)
        payload = message.get("payload")
        data = payload.get("data") if isinstance(payload, dict) else None
        extensions = payload.get("extensions") if isinstance(payload, dict) else None
        authorization = authorization_object(
            extensions.get("authorization") if isinstance(extensions, dict) else None
        )
        if subscription_id is None:
            return [_error(None, Refusal("BadRequestException", "start needs an id", 400))]
        if not isinstance(data, str):
            refusal = Refusal("BadRequestException", "start needs payload.data, a text", 400)
        elif authorization is None:
            refusal = Refusal("UnauthorizedException", "Valid authorization header not provided.", 401)
        elif subscription_id in self._subscriptions:
            refusal = Refusal("DuplicatedOperationError", "A subscription with this id is running", 400)
        elif len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
            message_text = f"Max number of {SUBSCRIPTIONS_MAX} subscriptions reached"
            refusal = Refusal("MaxSubscriptionsReachedError", message_text, 400)
        else:
            self._subscriptions[subscription_id] = _SubscriptionState.REQUESTED
            return [Subscribe(subscription_id, data, authorization)]
        return [_error(subscription_id, refusal)]

    def _on_stop(self, message: Mapping[str, Any]) -> Sequence[Action]:
        subscription_id = _id_of(message)
        if subscription_id is None or subscription_id not in self._subscriptions:
            refusal = Refusal("UnknownOperationError", "There is no subscription with this id", 400)
            return [_error(subscription_id, refusal)]
        del self._subscriptions[subscription_id]
        return [Unsubscribe(subscription_id), _message("complete", subscription_id)]

    def _closed(self, code: int, reason: str) -> Sequence[Action]:
        self._state = _ConnectionState.CLOSED
        ended, self._subscriptions = self._subscriptions, {}
        return [*(Unsubscribe(subscription_id) for subscription_id in ended), Close(code, reason)]


def _id_of(message: Mapping[str, Any]) -> str | None:
    value = message.get("id")
    return value if isinstance(value, str) and 0 < len(value) <= ID_LENGTH_MAX else None


def _message(kind: str, subscription_id: str | None = None, payload: Mapping[str, Any] | None = None) -> Send:
    message: dict[str, Any] = {} if subscription_id is None else {"id": subscription_id}
    message["type"] = kind
    if payload is not None:
        message["payload"] = payload
    return Send(orjson.dumps(message).decode())


def _error(subscription_id: str | None, refusal: Refusal) -> Send:
    return _message("error", subscription_id, {"errors": [refusal.as_object()]})


def _connection_error(refusal: Refusal) -> Send:
    return _message("connection_error", None, {"errors": [refusal.as_object()]})
