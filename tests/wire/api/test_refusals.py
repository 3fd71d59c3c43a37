"""Every invalid credential at every entry point of the API: over HTTP, at the real-time handshake and
at the start of a subscription. Each is refused with the error type that AWS gives."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import httpx
import jwt
import pytest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.backend_process import RunningBackend, running_backend
from tests.builders import exam_input
from tests.clocks import ShiftedClock
from tests.realtime_client import Authorize, RealtimeClient, signed_by, with_token
from tests.signing import signed_headers
from tests.wire.gate_dashboard import new_name

QUERY = json.dumps({"query": "{listExams(limit: 1) {nextToken}}"})
SUBSCRIPTION = "subscription {onUpdateExam {id}}"
DEADLINE_S = 10.0
T = TypeVar("T")
NOT_OURS = ("UnauthorizedException", "You are not authorized to make this call.")
EXPIRED = ("UnauthorizedException", "Token has expired.")
NO_MATCH = (
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided.",
)
UNKNOWN = ("UnrecognizedClientException", "The security token included in the request is invalid.")
TOO_OLD = ("InvalidSignatureException", "Signature expired: ")
OUTLIVED = ("ExpiredTokenException", "The security token included in the request is expired")


@dataclass(frozen=True, slots=True)
class Proof:
    """How a caller authenticates. `late_s`: the age of the proof when it is used."""

    headers: Callable[[str], dict[str, str]] = field(repr=False)  # for a body over HTTP
    authorize: Authorize = field(repr=False)  # in real time
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Bench:
    backend: RunningBackend
    clock: ShiftedClock

    def token(self, text: str, late_s: float = 0.0) -> Proof:
        return Proof(lambda _body: {"Authorization": text}, with_token(self.backend.host, text), late_s)

    def signature(self, key: Credentials, late_s: float = 0.0) -> Proof:
        backend = self.backend
        return Proof(
            lambda body: signed_headers(backend.api_url, body, key, backend.region),
            signed_by(backend.host, key, backend.region),
            late_s,
        )

    def true_token(self) -> str:
        return self.backend.sign_in(self.new_teacher()).access_token

    def new_teacher(self) -> str:
        name = new_name()
        self.backend.create_teacher(name)
        return name

    def forged(self, *, own_key: bool = False, algorithm: str = "RS256", **claims: str) -> Proof:
        """A valid token re-signed with other claims, with the pool's real key unless `own_key`."""
        true = jwt.decode(self.true_token(), options={"verify_signature": False})
        pool = self.backend.backend.cognito.signing_key
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if own_key else pool.private_key
        text = jwt.encode(
            {**true, **claims},
            "" if algorithm == "none" else key,
            algorithm=algorithm,
            headers={"kid": pool.key_id},
        )
        return self.token(text)

    def made_earlier(self, seconds: float, make: Callable[[], T]) -> T:
        self.clock.shift_s = -seconds
        try:
            return make()
        finally:
            self.clock.shift_s = 0.0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    clock = ShiftedClock()
    with running_backend(tmp_path_factory.mktemp("refusals") / "data", now_s=clock) as backend:
        yield Bench(backend, clock)


def alg_none(bench: Bench) -> Proof:
    return bench.forged(algorithm="none")


def another_key(bench: Bench) -> Proof:
    return bench.forged(own_key=True)


def another_issuer(bench: Bench) -> Proof:
    return bench.forged(iss=f"{bench.backend.url}/{bench.backend.region}_Another00")


def another_client(bench: Bench) -> Proof:
    return bench.forged(client_id="anotherclient")


def expired_token(bench: Bench) -> Proof:
    name = bench.new_teacher()
    text = bench.made_earlier(3590.0, lambda: bench.backend.sign_in(name).access_token)
    return bench.token(text, late_s=20.0)


def revoked_token(bench: Bench) -> Proof:
    text = bench.true_token()
    answer = httpx.post(
        bench.backend.url,
        headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.GlobalSignOut"},
        json={"AccessToken": text},
        trust_env=False,
    )
    assert answer.status_code == 200
    return bench.token(text)


def wrong_secret(bench: Bench) -> Proof:
    key = bench.backend.guest_credentials()
    return bench.signature(Credentials(key.access_key, "x" * 40, key.token))


def no_session_token(bench: Bench) -> Proof:
    key = bench.backend.guest_credentials()
    return bench.signature(Credentials(key.access_key, key.secret_key, None))


def old_date(bench: Bench) -> Proof:
    return replace(bench.signature(bench.backend.guest_credentials()), late_s=400.0)


def changed_body(bench: Bench) -> Proof:
    """The signed body had one character more."""
    true = bench.signature(bench.backend.guest_credentials())
    return Proof(
        lambda body: true.headers(body + " "),
        lambda path, body: true.authorize(path, body + " "),
    )


def expired_credentials(bench: Bench) -> Proof:
    key = bench.made_earlier(3590.0, bench.backend.guest_credentials)
    return bench.signature(key, late_s=20.0)


REFUSALS: dict[Callable[[Bench], Proof], tuple[str, str]] = {
    alg_none: NOT_OURS,
    another_key: NOT_OURS,
    another_issuer: NOT_OURS,
    another_client: NOT_OURS,
    expired_token: EXPIRED,
    revoked_token: NOT_OURS,
    wrong_secret: NO_MATCH,
    no_session_token: UNKNOWN,
    old_date: TOO_OLD,
    changed_body: NO_MATCH,
    expired_credentials: OUTLIVED,
}


def over_http(bench: Bench, proof: Proof) -> tuple[str, str]:
    headers = proof.headers(QUERY)
    bench.clock.shift_s = proof.late_s
    answer = httpx.post(
        bench.backend.api_url, content=QUERY, headers=headers, timeout=DEADLINE_S, trust_env=False
    )
    assert answer.status_code == (401 if "Authorization" in headers and len(headers) == 1 else 403)
    document = answer.json()
    assert document.get("data") is None
    (error,) = document["errors"]
    assert answer.headers["x-amzn-errortype"] == error["errorType"]
    return error["errorType"], error["message"]


def at_the_handshake(bench: Bench, proof: Proof) -> tuple[str, str]:
    with RealtimeClient(bench.backend.realtime_url, shown_late(bench, proof), is_initialised=False) as client:
        client.say({"type": "connection_init"})
        error = client.refusal()
        client.wait_closed()
    return error["errorType"], error["message"]


def at_the_start_of_a_subscription(bench: Bench, proof: Proof) -> tuple[str, str]:
    """The connection, opened with other credentials, stays open."""
    guest = bench.signature(bench.backend.guest_credentials()).authorize
    with RealtimeClient(bench.backend.realtime_url, guest) as client:
        client.start("1", SUBSCRIPTION, authorize=shown_late(bench, proof))
        error = client.refusal()
        bench.clock.shift_s = 0.0
        client.subscribe("2", SUBSCRIPTION)
    return error["errorType"], error["message"]


def shown_late(bench: Bench, proof: Proof) -> Authorize:
    def authorize(path: str, body: str) -> Mapping[str, str]:
        made = proof.authorize(path, body)
        bench.clock.shift_s = proof.late_s
        return made

    return authorize


@pytest.mark.parametrize(
    "door", [over_http, at_the_handshake, at_the_start_of_a_subscription], ids=lambda door: door.__name__
)
@pytest.mark.parametrize("make", REFUSALS, ids=lambda make: make.__name__)
def test_an_invalid_credential_is_refused_at_every_entry_point_with_its_error_type(
    bench: Bench, make: Callable[[Bench], Proof], door: Callable[[Bench, Proof], tuple[str, str]]
) -> None:
    try:
        error_type, message = door(bench, make(bench))
    finally:
        bench.clock.shift_s = 0.0
    wanted_type, wanted_message = REFUSALS[make]
    assert error_type == wanted_type
    assert message.startswith(wanted_message)


def test_the_same_entry_points_accept_valid_credentials(bench: Bench) -> None:
    """Otherwise the test above would prove nothing."""
    for proof in (bench.token(bench.true_token()), bench.signature(bench.backend.guest_credentials())):
        answer = httpx.post(
            bench.backend.api_url, content=QUERY, headers=proof.headers(QUERY), trust_env=False
        )
        assert answer.json().keys() == {"data"}
        assert answer.json()["data"]["listExams"].keys() == {"nextToken"}
        with RealtimeClient(bench.backend.realtime_url, proof.authorize) as client:
            client.subscribe("1", SUBSCRIPTION)


@pytest.mark.parametrize(
    "document",
    [
        "{listExams {items {owner}}}",
        "{listExams {items {id x: owner}}}",
        "{listExams {items {...F}}} fragment F on Exam {owner}",
        "{listExams {...P}} fragment P on ExamConnection {items {... on Exam {subject: owner}}}",
    ],
    ids=["alone", "alias", "fragment", "fragments and alias"],
)
def test_a_guest_listing_exams_never_reads_an_owner(bench: Bench, document: str) -> None:
    published(bench)
    guest = bench.signature(bench.backend.guest_credentials())
    body = json.dumps({"query": document})
    answer = httpx.post(
        bench.backend.api_url, content=body, headers=guest.headers(body), trust_env=False
    ).json()
    rows = answer["data"]["listExams"]["items"]
    assert rows
    assert {value for row in rows for name, value in row.items() if name != "id"} == {None}
    assert {(error["errorType"], error["message"]) for error in answer["errors"]} == {
        ("Unauthorized", "Not Authorized to access owner on type Exam")
    }


def published(bench: Bench) -> None:
    """Publishes one more exam that everybody may see."""
    headers = {"Authorization": bench.true_token()}
    given = exam_input()
    for field_name, type_name, variables in (
        ("createExam", "CreateExamInput", given),
        ("publishExam", "ExamVersionInput", {"id": given["id"], "expectedVersion": 1}),
    ):
        document = f"mutation($input: {type_name}!) {{{field_name}(input: $input) {{id}}}}"
        answer = httpx.post(
            bench.backend.api_url,
            json={"query": document, "variables": {"input": variables}},
            headers=headers,
            trust_env=False,
        ).json()
        assert answer["data"][field_name] == {"id": given["id"]}
