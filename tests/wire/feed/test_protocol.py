"""One real-time connection to servers that answer incorrectly, refuse, or fall silent."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.credentials import Credentials

from shared.api.calls import TeacherApi
from shared.api.operations import GUEST_SUBSCRIPTIONS
from shared.live.appsync_client import RealtimeConnection, RealtimeTimings
from shared.live.status import FeedState
from shared.live.timings import FeedTimings
from shared.model.errors import ApiRefused, BackendUnreachable, ExamResultsError, NotAllowed
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.wire.clients import backend_settings, live_feed
from tests.wire.scripted_realtime import Message, ScriptedRealtime, healthy

QUICK = RealtimeTimings(
    connect_timeout_s=2,
    ack_timeout_s=0.5,
    close_timeout_s=0.2,
    ping_after_s=0.1,
    probe_after_s=0.25,
    silent_max_s=0.6,
)
CREDENTIALS = Credentials("ASIAEXAMPLEEXAMPLE00", "secret", "token")
SETTINGS = BackendSettings(
    region="local-1",
    api_url="http://127.0.0.1:1/graphql",
    realtime_url="ws://127.0.0.1:1/graphql/realtime",
    user_pool_id="local-1_x",
    user_pool_client_id="c",
    identity_pool_id="local-1:x",
)
Event = tuple[str, Mapping[str, Any] | None]


async def opened_and_lost(
    server: ScriptedRealtime | None, events: list[Event], timings: RealtimeTimings = QUICK
) -> ExamResultsError:
    """Opens a connection, waits until it is lost, closes it; returns the reason."""
    settings = SETTINGS if server is None else replace(SETTINGS, realtime_url=server.url)
    connection = RealtimeConnection(
        settings, CREDENTIALS, lambda name, row: events.append((name, row)), timings
    )
    try:
        await connection.open(GUEST_SUBSCRIPTIONS)
        await connection.lost()
    except ExamResultsError as error:
        return error
    finally:
        await connection.close()
    raise AssertionError("a connection that is lost says why")


def lost(server: ScriptedRealtime | None, timings: RealtimeTimings = QUICK) -> ExamResultsError:
    return asyncio.run(opened_and_lost(server, [], timings))


def answering(message_type: str, *answers: Message | str | None) -> ScriptedRealtime:
    """A server that is healthy except for one message type."""
    return ScriptedRealtime(
        lambda received: list(answers) if received["type"] == message_type else healthy(received)
    )


def test_every_subscription_is_signed_started_and_awaited() -> None:
    acknowledged: list[str] = []

    def last_one_late(received: Message) -> list[Message | str | None]:
        if received["type"] == "start":
            acknowledged.append(received["id"])
            return [] if len(acknowledged) == 9 else healthy(received)
        return healthy(received)

    with ScriptedRealtime(last_one_late) as server:
        error = lost(server)
        starts = [message for message in server.received if message["type"] == "start"]
    assert isinstance(error, BackendUnreachable)
    assert error.reason == "no answer in time"  # eight acknowledgements of nine are not enough
    assert len(starts) == len(GUEST_SUBSCRIPTIONS) == 9
    for start in starts:
        authorization = start["payload"]["extensions"]["authorization"]
        assert authorization["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE")
        assert authorization["X-Amz-Security-Token"] == "token"
        assert authorization["host"] == "127.0.0.1:1"


@pytest.mark.parametrize("code", [400, 401, 403])
def test_a_refused_connection_raises_the_matching_error(code: int) -> None:
    refusal = {"errorType": "UnauthorizedException", "message": "Permission denied", "errorCode": code}
    with answering(
        "connection_init", {"type": "connection_error", "payload": {"errors": [refusal]}}
    ) as server:
        error = lost(server)
    assert isinstance(error, NotAllowed)
    assert error.message == "Permission denied"


def test_a_refusal_without_a_type_is_recognized_by_its_code() -> None:
    refusal = {"message": "Token expired", "errorCode": 401}
    with answering(
        "connection_init", {"type": "connection_error", "payload": {"errors": [refusal]}}
    ) as server:
        assert isinstance(lost(server), NotAllowed)


def test_a_refused_subscription_fails_the_opening_with_its_reason() -> None:
    errors = [{"errorType": "Unauthorized", "message": "Not Authorized to access onDeleteExam"}]
    with ScriptedRealtime(
        lambda received: (
            [{"type": "error", "id": received["id"], "payload": {"errors": errors}}]
            if received["type"] == "start" and "onDeleteExam" in received["payload"]["data"]
            else healthy(received)
        )
    ) as server:
        error = lost(server)
    assert isinstance(error, NotAllowed)
    assert "onDeleteExam" in error.message


@pytest.mark.parametrize(
    ("error_type", "kind"),
    [("LimitExceededException", BackendUnreachable), ("MaxSubscriptionsReachedError", ApiRefused)],
)
def test_an_error_without_an_id_ends_the_connection(error_type: str, kind: type[ExamResultsError]) -> None:
    with answering(
        "start", {"type": "error", "payload": {"errors": [{"errorType": error_type, "message": "no"}]}}
    ) as server:
        assert isinstance(lost(server), kind)


@pytest.mark.parametrize(
    "answer", ["no json", "[]", '{"id": "1"}', '{"type": "data", "id": "x"}', '{"type": "ka", "id": []}']
)
def test_a_message_outside_the_protocol_ends_the_connection(answer: str) -> None:
    with answering("start", answer) as server:
        assert isinstance(lost(server), BackendUnreachable)


def test_a_subscription_ended_by_the_server_is_a_loss() -> None:
    with answering("start", {"type": "start_ack", "id": "1"}) as server:
        server.script = lambda received: (
            [*healthy(received), {"type": "complete", "id": received["id"]}]
            if received["type"] == "start" and received["id"] == "9"
            else healthy(received)
        )
        error = lost(server)
    assert isinstance(error, BackendUnreachable)
    assert "it ended onDeleteResultsBatch" in error.reason


def test_a_server_that_closes_is_a_loss() -> None:
    with ScriptedRealtime(
        lambda received: (
            [None] if received["type"] == "start" and received["id"] == "9" else healthy(received)
        )
    ) as server:
        assert isinstance(lost(server), BackendUnreachable)


def test_an_address_without_a_server_is_unreachable() -> None:
    error = lost(None)
    assert isinstance(error, BackendUnreachable)
    assert error.endpoint == SETTINGS.realtime_url


def test_events_are_delivered_in_order_and_one_with_errors_counts_as_missed() -> None:
    events: list[Event] = []
    row = {"id": "r", "version": 1}
    said = [
        {"type": "data", "id": "1", "payload": {"data": {"onUpdateExam": row}}},
        {
            "type": "data",
            "id": "2",
            "payload": {"data": {"onPublishExam": None}, "errors": [{"message": "x"}]},
        },
        {"type": "ka"},
        {"type": "data", "id": "3", "payload": {"data": {"onUnpublishExam": row}}},
        {"type": "data", "id": "77", "payload": {"data": {"onUpdateExam": row}}},
    ]
    with ScriptedRealtime(
        lambda received: (
            [*healthy(received), *said, None]
            if received["type"] == "start" and received["id"] == "9"
            else healthy(received)
        )
    ) as server:
        asyncio.run(opened_and_lost(server, events))
    assert events == [("onUpdateExam", row), ("onPublishExam", None), ("onUnpublishExam", row)]


@pytest.mark.parametrize("answers_pings", [True, False])
def test_a_quiet_but_responsive_server_is_not_considered_lost(answers_pings: bool) -> None:
    """Checked by a ping or, if the server answers none, by starting and stopping a subscription."""

    async def stays() -> bool:
        connection = RealtimeConnection(
            replace(SETTINGS, realtime_url=server.url), CREDENTIALS, lambda *_event: None, QUICK
        )
        try:
            await connection.open(GUEST_SUBSCRIPTIONS)
            losing = asyncio.create_task(connection.lost())
            await asyncio.wait({losing}, timeout=3 * QUICK.silent_max_s)
            was_lost = losing.done()
            losing.cancel()
            await asyncio.gather(losing, return_exceptions=True)
            return not was_lost
        finally:
            await connection.close()

    with ScriptedRealtime(answers_pings=answers_pings) as server:
        assert asyncio.run(stays())
        assert server.pings >= 3
        starts = sum(message["type"] == "start" for message in server.received)
        stops = sum(message["type"] == "stop" for message in server.received)
    assert (starts > 9) == (not answers_pings)  # it probes only if pings are not answered
    assert stops == starts - 9


def test_a_server_that_stops_answering_is_lost() -> None:
    is_silent = False

    def fall_silent(received: Message) -> list[Message | str | None]:
        nonlocal is_silent
        if is_silent:
            return []
        is_silent = received["type"] == "start" and received["id"] == "9"
        return healthy(received)

    with ScriptedRealtime(fall_silent, answers_pings=False) as server:
        error = lost(server)
    assert isinstance(error, BackendUnreachable)
    assert "silent" in error.reason


def test_the_defaults_detect_silence_within_10_seconds() -> None:
    timings = RealtimeTimings()
    longest_step_s = timings.ping_after_s / 5 + timings.close_timeout_s  # one tick, and a hanging ping
    assert timings.silent_max_s + longest_step_s < 10


@pytest.fixture
def api(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[TeacherApi]:
    with contextlib.closing(TeacherApi(backend_settings(backend), lambda: teacher.access_token)) as api:
        yield api


def test_an_unreadable_event_triggers_a_new_listing(backend: RunningBackend, api: TeacherApi) -> None:
    """The socket is a scripted server's; the listings come from the backend."""
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "T", OUT_OF_20))
    exam = api.publish_exam(exam.id, exam.version)
    with ScriptedRealtime() as server:
        settings = replace(backend_settings(backend), realtime_url=server.url)
        with live_feed(settings, timings=FeedTimings(relist_pause_s=0.05)) as live:
            live.watch(exam.id)
            live.until_loaded(exam.id)
            live.until_state(FeedState.LIVE)
            for number, broken in enumerate(
                (
                    {"data": {"onCreateResults": None}, "errors": [{"message": "too long"}]},
                    {"data": {"onCreateResults": {"examId": exam.id}}},
                    {"data": {"onCreateResults": "?"}},
                )
            ):
                row = api.create_result(exam.id, NewResult("Unread", "14"))
                server.say({"type": "data", "id": "5", "payload": broken})
                live.until(lambda row=row: row.id in live.rows(exam.id))  # type: ignore[misc]
                assert live.feed.counters.gaps == number + 1
            live.until_state(FeedState.LIVE)
