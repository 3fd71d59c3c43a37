"""Identities and temporary credentials over the wire, with boto3's identity-pool client."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deploy.local.backend import sigv4
from deploy.local.backend.cognito.identity_pool import CREDENTIALS_LIFETIME_S, Role, TemporaryCredentials
from tests.wire.cognito_server import Clock, Pool, refused, running_pool


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with running_pool(tmp_path) as running:
        yield running


def guest_id(pool: Pool) -> str:
    answer = pool.identities().get_id(IdentityPoolId=pool.services.names.identity_pool_id)
    return str(answer["IdentityId"])


def guest_credentials(pool: Pool) -> dict[str, Any]:
    answer = pool.identities().get_credentials_for_identity(IdentityId=guest_id(pool))
    credentials: dict[str, Any] = answer["Credentials"]
    return credentials


def logins(pool: Pool, token: str) -> dict[str, str]:
    return {pool.services.issuer.removeprefix("http://"): token}


def found(pool: Pool, credentials: dict[str, Any]) -> TemporaryCredentials:
    """The pool's own view of credentials that it issued."""
    known = pool.services.identity_pool.find_credentials(
        credentials["AccessKeyId"], credentials["SessionToken"]
    )
    assert known is not None
    return known


def check(pool: Pool, credentials: dict[str, Any], **changes: Any) -> str:
    """Signs a GraphQL call as a guest does, and verifies it as the API does."""
    request = AWSRequest("POST", f"{pool.url}/graphql", data=b"{}")
    token = changes.get("token", credentials["SessionToken"])
    key = Credentials(credentials["AccessKeyId"], changes.get("secret", credentials["SecretKey"]), token)
    region, now_s = pool.services.names.region, pool.clock()
    SigV4Auth(key, "appsync", region).add_auth(request)
    return sigv4.verify(
        method="POST",
        path="/graphql",
        query="",
        headers=[("host", pool.url.removeprefix("http://")), *request.headers.items()],
        body=changes.get("body", b"{}"),
        find_credentials=pool.services.identity_pool.find_credentials,
        service="appsync",
        region=region,
        now_s=now_s + changes.get("ahead_s", 0.0),
    ).access_key_id


def test_a_guest_gets_an_identity_and_credentials_for_one_hour(pool: Pool) -> None:
    credentials = guest_credentials(pool)
    assert 3590 < credentials["Expiration"].timestamp() - pool.clock() <= CREDENTIALS_LIFETIME_S
    assert check(pool, credentials) == credentials["AccessKeyId"]
    assert found(pool, credentials).role is Role.GUEST


def test_every_guest_gets_its_own_identity_and_key(pool: Pool) -> None:
    ids = {guest_id(pool) for _ in range(5)}
    keys = {guest_credentials(pool)["SecretKey"] for _ in range(5)}
    assert len(ids) == len(keys) == 5
    assert all(one.startswith(f"{pool.services.names.region}:") for one in ids)


def test_requesting_identities_and_credentials_stores_nothing(pool: Pool) -> None:
    def rows() -> list[tuple[str, int]]:
        def work(connection: sqlite3.Connection) -> list[tuple[str, int]]:
            tables = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            assert "users" in tables
            return [(one, connection.execute(f"SELECT count(*) FROM {one}").fetchone()[0]) for one in tables]

        return pool.database.read(work)

    before = rows()
    for _ in range(5):
        guest_credentials(pool)
    assert rows() == before


def test_identity_and_credentials_survive_a_restart(tmp_path: Path) -> None:
    with running_pool(tmp_path) as pool:
        identity, credentials = guest_id(pool), guest_credentials(pool)
    with running_pool(tmp_path) as pool:
        assert check(pool, credentials) == credentials["AccessKeyId"]
        assert pool.identities().get_credentials_for_identity(IdentityId=identity)["IdentityId"] == identity


def test_no_secret_key_or_token_is_in_the_data_folder(pool: Pool) -> None:
    credentials = guest_credentials(pool)
    for path in pool.data_dir.iterdir():
        for name in ("SecretKey", "SessionToken"):
            assert credentials[name].encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("changes", "error_type"),
    [
        ({"secret": "another"}, "InvalidSignatureException"),
        ({"body": b"{ }"}, "InvalidSignatureException"),
        ({"token": None}, "UnrecognizedClientException"),
        ({"token": "another"}, "UnrecognizedClientException"),
        ({"ahead_s": 400.0}, "InvalidSignatureException"),
        ({"ahead_s": -400.0}, "InvalidSignatureException"),
    ],
)
def test_credentials_are_valid_only_together_and_for_the_request_they_signed(
    pool: Pool, changes: dict[str, Any], error_type: str
) -> None:
    with pytest.raises(sigv4.SignatureRefused) as caught:
        check(pool, guest_credentials(pool), **changes)
    assert caught.value.error_type == error_type


@pytest.mark.parametrize("age_s", [CREDENTIALS_LIFETIME_S, 3 * CREDENTIALS_LIFETIME_S])
def test_expired_credentials_are_refused_as_expired_however_old(pool: Pool, age_s: float) -> None:
    pool.clock.advance(-age_s)
    credentials = guest_credentials(pool)
    pool.clock.advance(age_s)
    with pytest.raises(sigv4.SignatureRefused) as caught:
        check(pool, credentials)
    assert caught.value.error_type == "ExpiredTokenException"


def test_a_key_with_another_keys_token_is_refused(pool: Pool) -> None:
    first, second = guest_credentials(pool), guest_credentials(pool)
    with pytest.raises(sigv4.SignatureRefused) as caught:
        check(pool, first, token=second["SessionToken"])
    assert caught.value.error_type == "UnrecognizedClientException"


def test_a_teacher_gets_one_identity_and_the_teachers_role(pool: Pool) -> None:
    pool.add_user()
    client, token = pool.identities(), pool.tokens()["IdToken"]
    first, second = (
        client.get_id(IdentityPoolId=pool.services.names.identity_pool_id, Logins=logins(pool, token))[
            "IdentityId"
        ]
        for _ in range(2)
    )
    assert first == second
    answer = client.get_credentials_for_identity(IdentityId=first, Logins=logins(pool, token))
    credentials = found(pool, answer["Credentials"])
    assert (credentials.role, credentials.identity_id) == (Role.TEACHER, first)


def test_a_guest_who_signs_in_may_keep_the_identity(pool: Pool) -> None:
    """As Amplify does."""
    pool.add_user()
    identity = guest_id(pool)
    answer = pool.identities().get_credentials_for_identity(
        IdentityId=identity, Logins=logins(pool, pool.tokens()["IdToken"])
    )
    assert found(pool, answer["Credentials"]).role is Role.TEACHER


def test_a_teachers_identity_belongs_to_that_teacher_only(pool: Pool) -> None:
    pool.add_user()
    pool.add_user("bob", email=None)
    client = pool.identities()
    identity = client.get_id(
        IdentityPoolId=pool.services.names.identity_pool_id, Logins=logins(pool, pool.tokens()["IdToken"])
    )["IdentityId"]
    with refused("NotAuthorizedException", f"Access to Identity '{identity}' is forbidden."):
        client.get_credentials_for_identity(IdentityId=identity)
    with refused("NotAuthorizedException"):
        client.get_credentials_for_identity(
            IdentityId=identity, Logins=logins(pool, pool.tokens("bob")["IdToken"])
        )


def test_invalid_tokens_are_refused(pool: Pool) -> None:
    pool.add_user()
    client, tokens = pool.identities(), pool.tokens()
    named = {"IdentityPoolId": pool.services.names.identity_pool_id}
    claims = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": "x"})
    for token in (tokens["AccessToken"], unsigned, "no token"):
        with refused("NotAuthorizedException"):
            client.get_id(**named, Logins=logins(pool, token))
    with refused("NotAuthorizedException", "Token is not from a supported provider of this identity pool."):
        client.get_id(**named, Logins={"accounts.example": tokens["IdToken"]})
    pool.anyone().global_sign_out(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException"):
        client.get_id(**named, Logins=logins(pool, tokens["IdToken"]))
    fresh = pool.tokens()["IdToken"]
    pool.clock.advance(3600.0)
    with refused("NotAuthorizedException", "Invalid login token. Token expired"):
        client.get_id(**named, Logins=logins(pool, fresh))


def test_with_guest_access_off_guests_are_refused_and_teachers_are_not(tmp_path: Path) -> None:
    clock = Clock()
    with running_pool(tmp_path, clock=clock) as pool:
        pool.add_user()
        identity = guest_id(pool)
    with running_pool(tmp_path, clock=clock, are_guests_allowed=False) as pool:
        client, text = pool.identities(), "Unauthenticated access is not supported for this identity pool."
        named = {"IdentityPoolId": pool.services.names.identity_pool_id}
        with refused("NotAuthorizedException", text):
            client.get_id(**named)
        with refused("NotAuthorizedException", text):
            client.get_credentials_for_identity(IdentityId=identity)
        assert client.get_id(**named, Logins=logins(pool, pool.tokens()["IdToken"]))["IdentityId"]


@pytest.mark.parametrize(
    "identity",
    [
        "local-1:11111111-2222-4333-8444-555555555555",
        "elsewhere:11111111-2222-4333-8444-555555555555",
        "local-1:no-uuid",
    ],
)
def test_an_identity_that_this_pool_never_issued_is_refused(pool: Pool, identity: str) -> None:
    with refused("ResourceNotFoundException", f"Identity '{identity}' not found."):
        pool.identities().get_credentials_for_identity(IdentityId=identity)


def test_another_identity_pool_is_refused(pool: Pool) -> None:
    with refused("ResourceNotFoundException"):
        pool.identities().get_id(IdentityPoolId="local-1:11111111-2222-4333-8444-555555555555")
