"""Real time over a socket: credentials, refusals, keep-alives, sizes, slow readers, the real client."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials
from gql import Client, gql
from gql.transport.appsync_auth import AppSyncIAMAuthentication, AppSyncJWTAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportQueryError, TransportServerError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from deploy.local.backend.cognito.identity_pool import CREDENTIALS_LIFETIME_S
from shared.api.calls import BATCH_MAX
from tests.backend_process import RunningBackend, SignedInTeacher, running_backend
from tests.builders import at_version, result_input
from tests.contract.calls import EXAM, Api
from tests.contract.target import Teacher
from tests.realtime_client import DEADLINE_S, RealtimeClient, as_query, as_subprotocol, signed_by, with_token
from tests.waiting import wait_until

ON_UPDATE = "subscription {onUpdateExam {id version}}"


class _Target:
    def __init__(self, backend: RunningBackend, teacher: SignedInTeacher, other: SignedInTeacher) -> None:
        self.api_url, self.realtime_url, self.region = backend.api_url, backend.realtime_url, backend.region
        self.teacher = Teacher(teacher.sub, teacher.access_token)
        self.other_teacher = Teacher(other.sub, other.access_token)
        self.guest = backend.guest_credentials()


@pytest.fixture(scope="module")
def api(backend: RunningBackend, teacher: SignedInTeacher, other_teacher: SignedInTeacher) -> Iterator[Api]:
    opened = Api(_Target(backend, teacher, other_teacher))
    yield opened
    opened.close()


@pytest.fixture
def guest(backend: RunningBackend) -> Credentials:
    return backend.guest_credentials()


@pytest.mark.parametrize("form", [as_query, as_subprotocol])
def test_both_kinds_of_credentials_open_a_connection(
    backend: RunningBackend,
    teacher: SignedInTeacher,
    guest: Credentials,
    form: Callable[[str, Mapping[str, str]], tuple[str, list[str]]],
) -> None:
    """For a teacher and a guest; the chosen subprotocol is graphql-ws."""
    for authorize in (
        with_token(backend.host, teacher.access_token),
        signed_by(backend.host, guest, backend.region),
    ):
        with RealtimeClient(backend.realtime_url, authorize, form=form) as client:
            assert client.messages == [
                {"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}}
            ]
            assert client.chosen_subprotocol == "graphql-ws"
            client.subscribe("1", ON_UPDATE)


def test_a_subscription_ends_with_the_sign_in_behind_it(backend: RunningBackend, api: Api) -> None:
    """Signed out elsewhere: the next event is not sent any more, and the reason is."""
    backend.create_teacher("signed-out")
    gone = backend.sign_in("signed-out")
    exam = api.teacher.new_exam(is_published=True)
    with RealtimeClient(backend.realtime_url, with_token(backend.host, gone.access_token)) as client:
        client.subscribe("1", ON_UPDATE)
        exam = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Heard"}).only()
        assert client.event("1")["version"] == exam["version"]
        with backend.operator() as operator:
            pool_id = backend.settings["EXAM_RESULTS_USER_POOL_ID"]
            operator.admin_user_global_sign_out(UserPoolId=pool_id, Username="signed-out")
        api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Unheard"}).only()
        message = client.expect("error")
        assert message["payload"]["errors"][0]["message"] == "Token has been revoked."


def test_a_guests_connection_ends_with_the_credentials_that_opened_it(tmp_path: Path) -> None:
    behind_s = CREDENTIALS_LIFETIME_S - 2.0
    with running_backend(tmp_path, now_s=lambda: time.time() - behind_s) as backend:
        guest = backend.guest_credentials()
        behind_s = 0.0
        authorize = signed_by(backend.host, guest, backend.region)
        with RealtimeClient(backend.realtime_url, authorize) as client:
            message = client.expect("connection_error")
            assert message["payload"]["errors"][0]["message"] == "Token has expired."
            client.wait_closed()


@pytest.mark.parametrize("form", [as_query, as_subprotocol])
def test_a_refusal_waits_for_connection_init(
    backend: RunningBackend, form: Callable[[str, Mapping[str, str]], tuple[str, list[str]]]
) -> None:
    """Sent earlier, the reason would not reach the client; afterwards the connection is closed."""
    authorize = with_token(backend.host, "forged")
    with RealtimeClient(backend.realtime_url, authorize, form=form, is_initialised=False) as client:
        with pytest.raises(TimeoutError):
            client.next(0.2)
        client.say({"type": "connection_init"})
        message = client.expect("connection_error")
        (error,) = message["payload"]["errors"]
        assert error["errorType"] == "UnauthorizedException"
        assert error["errorCode"] == 401
        client.wait_closed()


def test_a_handshake_without_credentials_is_refused(backend: RunningBackend) -> None:
    """No header object at all."""
    with RealtimeClient(
        backend.realtime_url,
        lambda _path, _body: {},
        form=lambda url, _authorization: (url, ["graphql-ws"]),
        is_initialised=False,
    ) as client:
        client.say({"type": "connection_init"})
        assert client.refusal()["errorType"] == "UnauthorizedException"


def test_a_handshake_without_the_subprotocol_is_refused(backend: RunningBackend) -> None:
    """Before a WebSocket is opened."""
    for subprotocols in (None, [Subprotocol("graphql-transport-ws")]):
        with (
            pytest.raises(InvalidStatus),
            connect(backend.realtime_url, subprotocols=subprotocols, proxy=None, open_timeout=DEADLINE_S),
        ):
            pass


def test_a_subscription_with_a_forged_token_is_refused_and_the_connection_stays_open(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    """Each start message is authorized separately."""
    authorize = with_token(backend.host, teacher.access_token)
    with RealtimeClient(backend.realtime_url, authorize) as client:
        client.start("1", ON_UPDATE, authorize=with_token(backend.host, "forged"))
        refusal = client.refusal()
        assert (refusal["errorType"], refusal["errorCode"]) == ("UnauthorizedException", 401)
        client.subscribe("1", ON_UPDATE)


@pytest.mark.parametrize(
    ("document", "error_type"),
    [
        ("{listExams {nextToken}}", "UnsupportedOperation"),
        ("subscription {", "MalformedHttpRequestException"),
        ("subscription {onNothing {id}}", "ValidationError"),
        ("subscription {a: onUpdateExam {id} b: onDeleteExam {id}}", "ValidationError"),
        ("subscription {onUpdateExam {id __typename}} fragment F on Exam {id}", "ValidationError"),
        ("subscription {onUpdateExam " + "{a" * 30 + "}" * 30 + "}", "QueryDepthLimitReached"),
    ],
)
def test_a_document_that_is_not_a_subscription_is_refused(api: Api, document: str, error_type: str) -> None:
    """With a reason; the connection stays open."""
    with api.guest.listening() as client:
        client.start("1", document)
        message = client.next_of("1")
        assert message["type"] == "error"
        assert message["payload"]["errors"][0]["errorType"] == error_type
        client.subscribe("1", ON_UPDATE)


def test_a_payload_that_is_not_a_request_is_refused(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    """Even with valid credentials."""
    token = {"host": backend.host, "Authorization": teacher.access_token}
    with RealtimeClient(backend.realtime_url, with_token(backend.host, teacher.access_token)) as client:
        for data in ("", "[]", '{"query":1}', '{"query":"{a}","variables":[]}'):
            payload = {"data": data, "extensions": {"authorization": token}}
            client.say({"id": "1", "type": "start", "payload": payload})
            assert client.refusal()["errorType"] == "MalformedHttpRequestException"


def test_stop_ends_the_events(api: Api) -> None:
    """No event follows `complete`; another subscription shows that there was one."""
    exam = api.teacher.new_exam(is_published=True)
    with api.guest.listening() as client:
        client.subscribe("stopped", ON_UPDATE)
        client.subscribe("running", ON_UPDATE)
        client.say({"id": "stopped", "type": "stop"})
        assert client.next() == {"id": "stopped", "type": "complete"}
        api.teacher.mutate(
            "updateExam", "id version published", {**at_version(exam), "subject": "Art"}
        ).only()
        assert client.event("running") == {"id": exam["id"], "version": 3}
        assert [m["type"] for m in client.messages if m.get("id") == "stopped"] == ["start_ack", "complete"]


def test_a_connection_allows_two_hundred_subscriptions(api: Api) -> None:
    """And refuses the next one."""
    with api.teacher.listening() as client:
        for number in range(200):
            client.start(str(number), ON_UPDATE)
        for _ in range(200):
            client.expect("start_ack")
        client.start("200", ON_UPDATE)
        assert client.refusal()["errorType"] == "MaxSubscriptionsReachedError"


def test_a_message_over_240_kilobytes_ends_the_connection(api: Api) -> None:
    """With the matching close code."""
    with api.guest.listening() as client:
        client.say(json.dumps({"type": "start", "padding": "x" * (240 * 1024)}))
        assert client.wait_closed() == 1009


def test_a_binary_message_ends_the_connection(api: Api) -> None:
    """The protocol uses text messages only."""
    with api.guest.listening() as client:
        client.say(b"{}")
        assert client.wait_closed() == 1003


def test_keep_alives_are_sent_at_their_interval(tmp_path: Path) -> None:
    """Short here; the first comes with the acknowledgement."""
    with running_backend(tmp_path / "data", keep_alive_s=0.05) as backend:
        guest = signed_by(backend.host, backend.guest_credentials(), backend.region)
        with RealtimeClient(backend.realtime_url, guest) as client:
            for _ in range(4):
                client.wait_keep_alive(5.0)


def test_a_slow_reader_is_dropped_and_delays_nobody(api: Api, backend: RunningBackend) -> None:
    """Its queue is bounded, the writer and other subscribers are not delayed, and its slot is freed."""
    exam = api.teacher.new_exam(is_published=True)
    hub = backend.backend.api.hub
    document = (
        "subscription {onCreateResultsBatch {"
        + " ".join(f"a{n}: items {{id examId student grade}}" for n in range(6))
        + "}}"
    )
    with api.guest.listening() as fast, api.guest.listening() as slow:
        fast.subscribe("1", "subscription {onCreateResultsBatch {examId}}")
        before = hub.subscription_count
        for number in range(7):
            slow.subscribe(str(number), document)
        # From here on `slow` reads nothing: its library stops taking bytes, then the kernel does.
        rows = [result_input(exam["id"]) for _ in range(BATCH_MAX)]
        for row in rows:
            row.pop("examId")
            row["student"] = "x" * 120
        given = {"examId": exam["id"], "rows": rows}
        selected = "examId published items {id examId student grade}"
        received = 0
        while hub.subscription_count > before and received < 60:
            api.teacher.mutate("createResultsBatch", selected, given).only()
            assert fast.event("1") == {"examId": exam["id"]}
            received += 1
        assert hub.subscription_count == before


def test_the_real_client_library_subscribes_as_a_guest_and_as_a_teacher(
    api: Api, backend: RunningBackend, teacher: SignedInTeacher, guest: Credentials
) -> None:
    """gql's AppSync transport, unchanged."""
    exam = api.teacher.new_exam(is_published=True)

    async def first_event(auth: Any) -> Any:
        transport = AppSyncWebsocketsTransport(
            url=backend.realtime_url, auth=auth, connect_args={"ping_interval": None, "proxy": None}
        )
        async with Client(transport=transport) as session:
            events = session.subscribe(gql("subscription {onUpdateExam {id subject}}"))
            waiting = asyncio.ensure_future(anext(events))
            hub = backend.backend.api.hub
            before = hub.subscription_count
            await asyncio.to_thread(wait_until, lambda: hub.subscription_count > before)
            current = await asyncio.to_thread(api.teacher.exam, exam["id"])
            await asyncio.to_thread(
                lambda: api.teacher.mutate(
                    "updateExam", "id subject published", {**at_version(current), "subject": "Art"}
                ).only()
            )
            event = await asyncio.wait_for(waiting, DEADLINE_S)
            await events.aclose()
            return event

    for auth in (
        AppSyncJWTAuthentication(backend.host, teacher.access_token),
        AppSyncIAMAuthentication(backend.host, region_name=backend.region, credentials=guest),
    ):
        assert asyncio.run(first_event(auth)) == {"onUpdateExam": {"id": exam["id"], "subject": "Art"}}


def test_the_real_client_library_learns_why_it_is_refused(
    backend: RunningBackend, guest: Credentials
) -> None:
    """At the handshake, and at a subscription closed to guests."""

    async def listen(auth: Any) -> None:
        transport = AppSyncWebsocketsTransport(
            url=backend.realtime_url, auth=auth, connect_args={"proxy": None}
        )
        async with Client(transport=transport) as session:
            await anext(session.subscribe(gql("subscription {onCreateExam {id}}")))

    with pytest.raises(TransportServerError, match="not authorized"):
        asyncio.run(listen(AppSyncJWTAuthentication(backend.host, "forged")))
    signed = AppSyncIAMAuthentication(backend.host, region_name=backend.region, credentials=guest)
    with pytest.raises(TransportQueryError, match="Not Authorized to access onCreateExam"):
        asyncio.run(listen(signed))
