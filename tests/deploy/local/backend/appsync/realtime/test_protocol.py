"""The real-time state machine, as transcripts: `>` is sent by the client, `<` is received by it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.appsync.realtime.protocol import (
    SUBSCRIPTIONS_MAX,
    Action,
    Close,
    Connection,
    Refusal,
    Send,
    Subscribe,
    Unsubscribe,
)

INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}}
EXPIRED = Refusal("UnauthorizedException", "Token has expired.", 401)


def start(subscription_id: str = "1", data: str = '{"query":"subscription {x}"}') -> dict[str, object]:
    payload = {"data": data, "extensions": {"authorization": {"host": "h", "Authorization": "token"}}}
    return {"id": subscription_id, "type": "start", "payload": payload}


def said(connection: Connection, message: Mapping[str, Any]) -> Sequence[Action]:
    return connection.received(json.dumps(message))


def sent(actions: Sequence[Action]) -> list[dict[str, Any]]:
    return [json.loads(action.text) for action in actions if isinstance(action, Send)]


@pytest.fixture
def connection() -> Connection:
    """An acknowledged connection."""
    opened = Connection()
    said(opened, INIT)
    return opened


@pytest.fixture
def subscribed(connection: Connection) -> Connection:
    """A connection with one active subscription, "1"."""
    said(connection, start())
    connection.subscription_granted("1")
    return connection


def test_a_connection_is_acknowledged_and_a_keep_alive_follows() -> None:
    """> connection_init  < connection_ack  < ka"""
    assert sent(said(Connection(), INIT)) == [ACK, {"type": "ka"}]


def test_a_refused_handshake_is_reported_only_after_connection_init() -> None:
    """Clients do not listen before sending connection_init; then they get the reason and the close."""
    connection = Connection(Refusal("UnauthorizedException", "Token has expired.", 401))
    assert connection.keep_alive() == []
    actions = said(connection, INIT)
    error = {"errorType": "UnauthorizedException", "message": "Token has expired.", "errorCode": 401}
    assert sent(actions) == [{"type": "connection_error", "payload": {"errors": [error]}}]
    assert isinstance(actions[-1], Close)
    assert said(connection, INIT) == []


def test_a_subscription_is_requested_then_acknowledged_then_receives_events(connection: Connection) -> None:
    """> start  < start_ack  < data"""
    (asked,) = said(connection, start("7", '{"query":"q"}'))
    assert asked == Subscribe("7", '{"query":"q"}', {"host": "h", "Authorization": "token"})
    assert connection.event("7", '{"data":{}}') == []  # not before it is authorized
    assert sent(connection.subscription_granted("7")) == [{"id": "7", "type": "start_ack"}]
    event = {"id": "7", "type": "data", "payload": {"data": {"x": "é"}}}
    assert sent(connection.event("7", '{"data":{"x":"é"}}')) == [event]


def test_a_refused_subscription_receives_the_reason_and_nothing_else(connection: Connection) -> None:
    """> start  < error"""
    said(connection, start())
    errors = [{"errorType": "Unauthorized", "message": "no"}]
    refused = {"id": "1", "type": "error", "payload": {"errors": errors}}
    assert sent(connection.subscription_refused("1", errors)) == [refused]
    assert connection.event("1", "{}") == []
    assert connection.subscription_refused("1", errors) == []


def test_stop_ends_a_subscription_and_is_confirmed(subscribed: Connection) -> None:
    """> stop  < complete, and no event after it"""
    actions = said(subscribed, {"id": "1", "type": "stop"})
    assert actions[0] == Unsubscribe("1")
    assert sent(actions) == [{"id": "1", "type": "complete"}]
    assert subscribed.event("1", "{}") == []


def test_a_subscription_stopped_while_it_was_being_checked_is_dropped(connection: Connection) -> None:
    """The authorization comes too late: it is withdrawn, and the client receives no start_ack."""
    said(connection, start())
    said(connection, {"id": "1", "type": "stop"})
    assert connection.subscription_granted("1") == [Unsubscribe("1")]


def test_stop_of_an_unknown_subscription_is_an_error(connection: Connection) -> None:
    """> stop  < error"""
    (message,) = sent(said(connection, {"id": "9", "type": "stop"}))
    assert message["type"] == "error"
    assert message["id"] == "9"
    assert message["payload"]["errors"][0]["errorType"] == "UnknownOperationError"


def test_an_id_in_use_is_refused_and_the_active_subscription_continues(subscribed: Connection) -> None:
    """> start (same id)  < error"""
    (message,) = sent(said(subscribed, start()))
    assert message["payload"]["errors"][0]["errorType"] == "DuplicatedOperationError"
    assert len(subscribed.event("1", "{}")) == 1


def test_the_subscription_after_the_last_allowed_is_refused(connection: Connection) -> None:
    """200 on one connection; stopping one makes room."""
    for number in range(SUBSCRIPTIONS_MAX):
        assert isinstance(said(connection, start(str(number)))[0], Subscribe)
    (message,) = sent(said(connection, start("more")))
    assert message["payload"]["errors"][0]["errorType"] == "MaxSubscriptionsReachedError"
    said(connection, {"id": "0", "type": "stop"})
    assert isinstance(said(connection, start("more"))[0], Subscribe)


@pytest.mark.parametrize(
    ("message", "error_type"),
    [
        ({"type": "start", "payload": start()["payload"]}, "BadRequestException"),
        ({"type": "start", "id": 1, "payload": start()["payload"]}, "BadRequestException"),
        ({"type": "start", "id": "x" * 129, "payload": start()["payload"]}, "BadRequestException"),
        ({"type": "start", "id": "1"}, "BadRequestException"),
        ({"type": "start", "id": "1", "payload": []}, "BadRequestException"),
        ({"type": "start", "id": "1", "payload": {"data": {"query": "q"}}}, "BadRequestException"),
        ({"type": "start", "id": "1", "payload": {"data": "q"}}, "UnauthorizedException"),
        (
            {"type": "start", "id": "1", "payload": {"data": "q", "extensions": {"authorization": {"a": 1}}}},
            "UnauthorizedException",
        ),
        ({"type": "subscribe", "id": "1"}, "UnsupportedOperation"),
        ({"type": 7}, "UnsupportedOperation"),
        ({}, "UnsupportedOperation"),
    ],
)
def test_a_faulty_message_is_answered_with_an_error_and_changes_nothing(
    connection: Connection, message: dict[str, Any], error_type: str
) -> None:
    """The connection stays open."""
    (answer,) = sent(said(connection, message))
    assert answer["type"] == "error"
    assert answer["payload"]["errors"][0]["errorType"] == error_type
    assert isinstance(said(connection, start())[0], Subscribe)


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "null", "[" * 100_000, '"\ud800', '{"type": "start", "id": "\\ud800"}'],
)
def test_a_text_that_is_not_a_message_is_answered_with_an_error(connection: Connection, text: str) -> None:
    """Even one nested so deeply that a parser gives up, or with an id that no answer can repeat."""
    (answer,) = sent(connection.received(text))
    assert answer["payload"]["errors"][0]["errorType"] == "BadRequestException"


def test_start_before_connection_init_is_refused() -> None:
    """> start  < error"""
    (message,) = sent(said(Connection(), start()))
    assert message["payload"]["errors"][0]["errorType"] == "UnsupportedOperation"


def test_a_binary_message_ends_the_connection(subscribed: Connection) -> None:
    """And its subscriptions with it."""
    assert subscribed.received(None) == [
        Unsubscribe("1"),
        Close(1003, "only text messages are understood"),
    ]


def test_connection_init_may_be_repeated(subscribed: Connection) -> None:
    """> connection_init  < connection_ack, and the subscriptions stay"""
    assert sent(said(subscribed, INIT)) == [ACK]
    assert subscribed.event("1", "{}") != []


def test_an_expired_subscription_ends_with_the_reason(subscribed: Connection) -> None:
    """< error "Token has expired.", and no event after it"""
    actions = subscribed.subscription_expired("1", EXPIRED)
    (message,) = sent(actions)
    assert message["id"] == "1"
    assert message["payload"]["errors"][0]["message"] == "Token has expired."
    assert Unsubscribe("1") in actions
    assert subscribed.event("1", "{}") == []
    assert subscribed.subscription_expired("1", EXPIRED) == []


def test_an_expired_connection_ends_with_everything_on_it(subscribed: Connection) -> None:
    """< connection_error, then the close"""
    actions = subscribed.connection_expired(EXPIRED)
    assert sent(actions)[0]["type"] == "connection_error"
    assert actions[1:] == [Unsubscribe("1"), Close(1008, "Token has expired.")]
    assert subscribed.connection_expired(EXPIRED) == []


def test_a_silent_client_is_disconnected() -> None:
    """Only while connection_init is missing."""
    silent = Connection()
    assert silent.init_overdue() == [Close(1008, "connection_init did not come")]
    talking = Connection()
    said(talking, INIT)
    assert talking.init_overdue() == []


def test_an_event_too_large_is_replaced_by_an_error(subscribed: Connection) -> None:
    """< error: the subscriber knows that it must reload; the subscription stays"""
    (message,) = sent(subscribed.event_too_large("1"))
    assert message["payload"]["errors"][0]["errorType"] == "PayloadTooLarge"
    assert subscribed.event("1", "{}") != []
    assert subscribed.event_too_large("2") == []


def test_a_lost_connection_drops_its_subscriptions(subscribed: Connection) -> None:
    """Nothing is sent any more."""
    assert subscribed.lost() == [Unsubscribe("1")]
    assert subscribed.keep_alive() == []


_IDS = st.sampled_from(["1", "2", "3"])
_STEPS = st.one_of(
    st.tuples(st.just("start"), _IDS),
    st.tuples(st.just("stop"), _IDS),
    st.tuples(st.just("grant"), _IDS),
    st.tuples(st.just("refuse"), _IDS),
    st.tuples(st.just("expire"), _IDS),
    st.tuples(st.just("event"), _IDS),
)


@given(st.lists(_STEPS, max_size=40))
def test_events_come_only_between_start_ack_and_the_end(steps: list[tuple[str, str]]) -> None:
    """In any order of events: no data before start_ack, none after complete or error."""
    connection = Connection()
    said(connection, INIT)
    is_live: dict[str, bool] = {}
    for step, subscription_id in steps:
        match step:
            case "start":
                actions = said(connection, start(subscription_id))
            case "stop":
                actions = said(connection, {"id": subscription_id, "type": "stop"})
            case "grant":
                actions = connection.subscription_granted(subscription_id)
            case "refuse":
                actions = connection.subscription_refused(subscription_id, [{"errorType": "E"}])
            case "expire":
                actions = connection.subscription_expired(subscription_id, EXPIRED)
            case _:
                actions = connection.event(subscription_id, "{}")
                assert bool(actions) == is_live.get(subscription_id, False)
        for message in sent(actions):
            if message["type"] == "start_ack":
                is_live[message["id"]] = True
            elif message["type"] == "complete" or step in ("refuse", "expire"):
                is_live[message["id"]] = False
