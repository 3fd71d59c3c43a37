"""AppSync's protocol as a transcript: what the client sends, and how it reads messages. No socket."""

import json
from typing import Any

import pytest
from botocore.credentials import Credentials

from shared.live.appsync_protocol import (
    AppSyncProtocol,
    Completed,
    ConnectionAcknowledged,
    Data,
    KeepAlive,
    ProtocolViolation,
    Refused,
    ServerMessage,
    Started,
    guest_authentication,
    teacher_authentication,
)
from shared.settings import BackendSettings

SETTINGS = BackendSettings(
    region="local-1",
    api_url="http://api.example:8500/graphql",
    realtime_url="ws://api.example:8500/graphql/realtime",
    user_pool_id="local-1_x",
    user_pool_client_id="c",
    identity_pool_id="local-1:x",
)
DOCUMENT = "subscription { onUpdateExam { id } }"


@pytest.fixture
def protocol() -> AppSyncProtocol:
    return AppSyncProtocol(teacher_authentication(SETTINGS, "token"))


def test_the_messages_that_open_a_connection_and_a_subscription(protocol: AppSyncProtocol) -> None:
    assert protocol.connect_url(SETTINGS.realtime_url).startswith(SETTINGS.realtime_url + "?header=")
    assert json.loads(protocol.init()) == {"type": "connection_init"}
    start = json.loads(protocol.start("1", DOCUMENT, {"id": "x"}))
    assert (start["id"], start["type"]) == ("1", "start")
    assert json.loads(start["payload"]["data"]) == {"query": DOCUMENT, "variables": {"id": "x"}}
    assert start["payload"]["extensions"]["authorization"] == {
        "host": "api.example:8500",
        "Authorization": "token",
    }
    assert json.loads(protocol.stop("1")) == {"id": "1", "type": "stop"}


def test_a_guests_subscription_is_signed() -> None:
    protocol = AppSyncProtocol(guest_authentication(SETTINGS, Credentials("ASIAEXAMPLE", "secret", "token")))
    authorization = json.loads(protocol.start("1", DOCUMENT))["payload"]["extensions"]["authorization"]
    assert authorization["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/")
    assert "/local-1/appsync/aws4_request" in authorization["Authorization"]
    assert authorization["X-Amz-Security-Token"] == "token"


ERROR = {"errorType": "Unauthorized", "message": "no"}


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}}, ConnectionAcknowledged()),
        ({"type": "ka"}, KeepAlive()),
        ({"type": "start_ack", "id": "1"}, Started("1")),
        ({"type": "complete", "id": "1"}, Completed("1")),
        (
            {"type": "data", "id": "1", "payload": {"data": {"f": {"id": "x"}}}},
            Data("1", {"f": {"id": "x"}}, ()),
        ),
        (
            {"type": "data", "id": "1", "payload": {"data": None, "errors": [ERROR]}},
            Data("1", {}, [ERROR]),
        ),
        ({"type": "error", "id": "1", "payload": {"errors": [ERROR]}}, Refused("1", ERROR)),
        ({"type": "error", "payload": {"errors": [ERROR]}}, Refused(None, ERROR)),
        ({"type": "error", "payload": ERROR}, Refused(None, ERROR)),
        (
            {"type": "connection_error", "payload": {"errors": [{"message": "no", "errorCode": 401}]}},
            Refused(None, {"message": "no", "errorCode": 401, "errorType": "UnauthorizedException"}),
        ),
    ],
)
def test_each_server_message_is_parsed(
    protocol: AppSyncProtocol, message: dict[str, Any], meaning: ServerMessage
) -> None:
    assert protocol.receive(json.dumps(message)) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        "7",
        "{}",
        '{"id": "1"}',
        '{"type": [1]}',
        '{"type": "start_ack"}',
        '{"type": "data", "id": 1}',
        '{"type": "data", "id": "1", "payload": {"data": 7}}',
    ],
)
def test_anything_but_a_message_is_a_protocol_violation(protocol: AppSyncProtocol, text: str) -> None:
    with pytest.raises(ProtocolViolation) as violation:
        protocol.receive(text)
    assert violation.value.text == text
