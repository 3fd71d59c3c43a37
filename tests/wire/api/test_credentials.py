"""Invalid tokens and signatures that only the issuer itself could make: each is refused as AWS refuses it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.backend_process import RunningBackend, SignedInTeacher, running_backend
from tests.clocks import ShiftedClock
from tests.realtime_client import RealtimeClient, signed_by, with_token
from tests.signing import signed_headers

QUERY = json.dumps({"query": "{listExams(limit: 1) {nextToken}}"})
DEADLINE_S = 10.0


@dataclass
class Asked:
    status: int
    error_type: str | None
    message: str | None
    headers: Any = field(repr=False)


def asked(backend: RunningBackend, headers: dict[str, str], body: str = QUERY) -> Asked:
    response = httpx.post(backend.api_url, content=body, headers=headers, timeout=DEADLINE_S, trust_env=False)
    errors = response.json().get("errors") or [{}]
    return Asked(response.status_code, errors[0].get("errorType"), errors[0].get("message"), response.headers)


def remade(backend: RunningBackend, token: str, change: Callable[[dict[str, Any]], None]) -> str:
    """The token with other claims, signed with the pool's real key."""
    claims = jwt.decode(token, options={"verify_signature": False})
    change(claims)
    key = backend.backend.cognito.signing_key
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.key_id})


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "another issuer": lambda claims: claims.update(iss="http://127.0.0.1:1/local-1_other"),
    "another client": lambda claims: claims.update(client_id="another"),
    "another use": lambda claims: claims.update(token_use="refresh"),
    "no use": lambda claims: claims.pop("token_use"),
    "no subject": lambda claims: claims.pop("sub"),
    "no end": lambda claims: claims.pop("exp"),
    "not yet valid": lambda claims: claims.update(iat=claims["iat"] + 3600, exp=claims["exp"] + 3600),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_token_with_wrong_claims_is_refused_despite_a_valid_signature(
    backend: RunningBackend, teacher: SignedInTeacher, name: str
) -> None:
    """Issuer, client, token use and times are all checked."""
    token = remade(backend, teacher.access_token, CHANGES[name])
    answer = asked(backend, {"Authorization": token})
    assert (answer.status, answer.error_type) == (401, "UnauthorizedException")
    assert answer.headers["x-amzn-errortype"] == "UnauthorizedException"


def test_an_expired_token_is_refused_as_expired(backend: RunningBackend, teacher: SignedInTeacher) -> None:
    """Clients look for this text before they sign in again."""
    token = remade(backend, teacher.access_token, lambda claims: claims.update(exp=int(time.time()) - 1))
    answer = asked(backend, {"Authorization": token})
    assert (answer.status, answer.error_type) == (401, "UnauthorizedException")
    assert answer.message == "Token has expired."


def test_an_unknown_key_id_is_refused(backend: RunningBackend, teacher: SignedInTeacher) -> None:
    """Never with an internal error."""
    claims = jwt.decode(teacher.access_token, options={"verify_signature": False})
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for headers in ({"kid": "unknown"}, {}):
        answer = asked(
            backend, {"Authorization": jwt.encode(claims, key, algorithm="RS256", headers=headers)}
        )
        assert (answer.status, answer.error_type) == (401, "UnauthorizedException")


def test_id_tokens_and_access_tokens_are_both_accepted(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    """As AppSync accepts both."""
    for token in (teacher.access_token, teacher.id_token):
        assert asked(backend, {"Authorization": token}).status == 200


def test_a_revoked_token_is_refused_at_once(backend: RunningBackend) -> None:
    """After sign-out everywhere, over HTTP and in real time."""
    backend.create_teacher("leaving-teacher")
    leaving = backend.sign_in("leaving-teacher")
    assert asked(backend, {"Authorization": leaving.access_token}).status == 200
    cognito = boto3.client(
        "cognito-idp",
        endpoint_url=backend.url,
        region_name=backend.region,
        config=Config(signature_version=UNSIGNED),
    )
    cognito.global_sign_out(AccessToken=leaving.access_token)
    cognito.close()
    assert asked(backend, {"Authorization": leaving.access_token}).status == 401
    authorize = with_token(backend.host, leaving.access_token)
    with RealtimeClient(backend.realtime_url, authorize, is_initialised=False) as client:
        client.say({"type": "connection_init"})
        assert client.refusal()["errorType"] == "UnauthorizedException"


@pytest.mark.parametrize(
    ("spoil", "error_type"),
    [
        (lambda key: Credentials(key.access_key, "x" * 40, key.token), "InvalidSignatureException"),
        (lambda key: Credentials("ASIAUNKNOWN", key.secret_key, key.token), "UnrecognizedClientException"),
        (lambda key: Credentials(key.access_key, key.secret_key, None), "UnrecognizedClientException"),
        (lambda key: Credentials(key.access_key, key.secret_key, "x"), "UnrecognizedClientException"),
    ],
    ids=["wrong secret", "unknown key", "no session token", "wrong session token"],
)
def test_corrupted_credentials_are_refused_with_their_error_type(
    backend: RunningBackend, spoil: Callable[[Credentials], Credentials], error_type: str
) -> None:
    """Over HTTP, at the handshake and at a subscription."""
    guest = backend.guest_credentials()
    spoilt = spoil(guest)
    answer = asked(backend, signed_headers(backend.api_url, QUERY, spoilt, backend.region))
    assert (answer.status, answer.error_type) == (403, error_type)
    wrong = signed_by(backend.host, spoilt, backend.region)
    with RealtimeClient(backend.realtime_url, wrong, is_initialised=False) as client:
        client.say({"type": "connection_init"})
        assert client.refusal()["errorType"] == error_type
        client.wait_closed()
    right = signed_by(backend.host, guest, backend.region)
    with RealtimeClient(backend.realtime_url, right) as client:
        client.start("1", "subscription {onUpdateExam {id}}", authorize=wrong)
        assert client.refusal()["errorType"] == error_type
        client.subscribe("2", "subscription {onUpdateExam {id}}")


def test_a_signature_for_another_region_or_service_is_refused(backend: RunningBackend) -> None:
    """The scope is part of what is signed."""
    guest = backend.guest_credentials()
    for region, service in (("eu-west-1", "appsync"), (backend.region, "execute-api")):
        headers = signed_headers(backend.api_url, QUERY, guest, region, service=service)
        answer = asked(backend, headers)
        assert (answer.status, answer.error_type) == (403, "InvalidSignatureException")


def test_a_signature_for_one_subscription_is_not_valid_for_another(backend: RunningBackend) -> None:
    """The signature covers the document; nor does the handshake's signature authorize a subscription."""
    guest = signed_by(backend.host, backend.guest_credentials(), backend.region)
    with RealtimeClient(backend.realtime_url, guest) as client:
        other = guest("/graphql", '{"query":"subscription {onUpdateExam {id}}"}')
        handshake = guest("/graphql/connect", "{}")
        for authorization in (other, handshake):
            given = dict(authorization)
            client.start("1", "subscription {onDeleteExam {id}}", authorize=lambda _p, _b, g=given: g)  # type: ignore[misc]
            assert client.refusal()["errorType"] == "InvalidSignatureException"


def test_guests_and_teachers_share_one_connection(backend: RunningBackend, teacher: SignedInTeacher) -> None:
    """Each subscription carries its own authorization."""
    guest = signed_by(backend.host, backend.guest_credentials(), backend.region)
    with RealtimeClient(backend.realtime_url, guest) as client:
        token = with_token(backend.host, teacher.access_token)
        client.start("1", "subscription {onCreateExam {id}}", authorize=token)
        assert client.next()["type"] == "start_ack"


@pytest.fixture
def early_backend(tmp_path: Path, clock: ShiftedClock) -> Iterator[RunningBackend]:
    """A backend whose clock can be moved."""
    with running_backend(tmp_path / "data", now_s=clock) as running:
        yield running


def test_expired_guest_credentials_are_refused_as_expired(
    early_backend: RunningBackend, clock: ShiftedClock
) -> None:
    """One hour after they were issued; the request itself is freshly signed."""
    clock.shift_s = -3590.0
    guest = early_backend.guest_credentials()
    clock.shift_s = 0.0
    headers = signed_headers(early_backend.api_url, QUERY, guest, early_backend.region)
    assert asked(early_backend, headers).status == 200
    clock.shift_s = 20.0
    answer = asked(early_backend, headers)
    assert (answer.status, answer.error_type) == (403, "ExpiredTokenException")


def test_an_expired_token_ends_what_it_opened(early_backend: RunningBackend, clock: ShiftedClock) -> None:
    """The subscription receives "Token has expired."; the connection opened with the token is closed.

    A connection that a guest opened keeps its other subscriptions.
    """
    early_backend.create_teacher("t")
    clock.shift_s = -3598.0
    short_lived = early_backend.sign_in("t").access_token
    clock.shift_s = 0.0
    token = with_token(early_backend.host, short_lived)
    guest = signed_by(early_backend.host, early_backend.guest_credentials(), early_backend.region)
    with (
        RealtimeClient(early_backend.realtime_url, token) as opened_by_it,
        RealtimeClient(early_backend.realtime_url, guest) as opened_by_a_guest,
    ):
        opened_by_it.subscribe("1", "subscription {onUpdateExam {id}}")
        opened_by_a_guest.subscribe("guest", "subscription {onUpdateExam {id}}")
        opened_by_a_guest.start("teacher", "subscription {onCreateExam {id}}", authorize=token)
        assert opened_by_a_guest.next()["type"] == "start_ack"
        ended = opened_by_a_guest.next()
        assert (ended["id"], ended["type"]) == ("teacher", "error")
        assert ended["payload"]["errors"][0]["message"] == "Token has expired."
        opened_by_a_guest.say({"id": "guest", "type": "stop"})
        assert opened_by_a_guest.next() == {"id": "guest", "type": "complete"}
        opened_by_it.wait_closed()
        assert opened_by_it.messages[-1]["type"] == "connection_error"
