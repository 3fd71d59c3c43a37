"""AppSync's real-time protocol as its client speaks it: messages in, what they mean out. No I/O, no clock.

    client                               server
    connection_init                 ──►
                                    ◄──  connection_ack, or connection_error
    start {id, document, signature} ──►
                                    ◄──  start_ack, data …, complete; error at any time; ka now and then
    stop {id}                       ──►
                                    ◄──  complete

Source: AWS AppSync developer guide, "Building a real-time WebSocket client". gql signs for the caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import Credentials
from gql.transport.appsync_auth import (
    AppSyncAuthentication,
    AppSyncIAMAuthentication,
    AppSyncJWTAuthentication,
)

from shared.settings import BackendSettings

__all__ = [
    "SUBPROTOCOL",
    "AppSyncProtocol",
    "Completed",
    "ConnectionAcknowledged",
    "Data",
    "KeepAlive",
    "ProtocolViolation",
    "Refused",
    "ServerMessage",
    "Started",
    "UnknownMessage",
    "guest_authentication",
    "teacher_authentication",
]

SUBPROTOCOL = "graphql-ws"


class ProtocolViolation(Exception):
    """The server sent something that is not an AppSync message. `text` is its beginning."""

    def __init__(self, text: str) -> None:
        super().__init__(f"not an AppSync message: {text}")
        self.text = text


# Server -> client.


@dataclass(frozen=True, slots=True)
class ConnectionAcknowledged:
    """Subscriptions may be started."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The server is alive."""


@dataclass(frozen=True, slots=True)
class Started:
    """From now on this subscription misses nothing."""

    subscription_id: str


@dataclass(frozen=True, slots=True)
class Data:
    """An event. `fields` maps the subscription's one field to its row; `errors` are GraphQL's."""

    subscription_id: str
    fields: Mapping[str, Any]
    errors: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Completed:
    """The server has ended this subscription."""

    subscription_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An error of one subscription or, without an id, of the connection. `error` is its first entry."""

    subscription_id: str | None
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A type of message that this client does not know: a later server's, and nothing to act on."""

    kind: str


ServerMessage = ConnectionAcknowledged | KeepAlive | Started | Data | Completed | Refused | UnknownMessage


def guest_authentication(settings: BackendSettings, credentials: Credentials) -> AppSyncAuthentication:
    """Signs as a guest (SigV4)."""
    host = urlsplit(settings.api_url).netloc
    return AppSyncIAMAuthentication(host, region_name=settings.region, credentials=credentials)


def teacher_authentication(settings: BackendSettings, access_token: str) -> AppSyncAuthentication:
    """Proves a teacher by an access token of the user pool."""
    return AppSyncJWTAuthentication(urlsplit(settings.api_url).netloc, access_token)


class AppSyncProtocol:
    """One connection of one caller; use a new object for each, since the address's signature ages out."""

    def __init__(self, authentication: AppSyncAuthentication) -> None:
        self._authentication = authentication

    def connect_url(self, realtime_url: str) -> str:
        """The address to open, which carries the caller's proof."""
        return self._authentication.get_auth_url(realtime_url)

    def init(self) -> str:
        """The first message."""
        return json.dumps({"type": "connection_init"})

    def start(self, subscription_id: str, document: str, variables: Mapping[str, Any] | None = None) -> str:
        """Starts one subscription, signed by itself."""
        data = json.dumps({"query": document, "variables": variables or {}}, separators=(",", ":"))
        authorization = self._authentication.get_headers(data)
        payload = {"data": data, "extensions": {"authorization": authorization}}
        return json.dumps({"id": subscription_id, "type": "start", "payload": payload})

    def stop(self, subscription_id: str) -> str:
        """Ends one subscription; the server answers with Completed."""
        return json.dumps({"id": subscription_id, "type": "stop"})

    def receive(self, text: str | bytes) -> ServerMessage:
        """What one message of the server means. Raises ProtocolViolation."""
        try:
            message = json.loads(text)
            kind, payload = message["type"], message.get("payload") or {}
            subscription_id = message.get("id")
            if subscription_id is not None and not isinstance(subscription_id, str):
                raise TypeError(subscription_id)
            if kind == "connection_ack":
                return ConnectionAcknowledged()
            if kind == "ka":
                return KeepAlive()
            if kind in {"error", "connection_error"}:
                return Refused(subscription_id, _first_error(payload))
            if kind == "start_ack":
                return Started(message["id"])
            if kind == "complete":
                return Completed(message["id"])
            if kind == "data":
                return Data(message["id"], dict(payload.get("data") or {}), payload.get("errors") or ())
            return UnknownMessage(str(kind))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProtocolViolation(str(text[:200])) from error


def _first_error(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first entry of `errors`, or the payload itself where the server sends a bare error."""
    errors = payload.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else payload
    if not first.get("errorType") and first.get("errorCode") in {400, 401, 403}:
        return {**first, "errorType": "UnauthorizedException"}
    return dict(first)
