"""The form of calls and answers: always JSON, for any input; the pool's documents; Amplify's sequence."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.backend.cognito.http import IDENTITY_POOL_OPERATIONS, OPEN_OPERATIONS, OPERATOR_OPERATIONS
from tests.backend_process import RunningBackend
from tests.wire.cognito_server import PASSWORD, Pool, running_pool

USER_POOL = "AWSCognitoIdentityProviderService"
IDENTITY_POOL = "AWSCognitoIdentityService"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with running_pool(tmp_path_factory.mktemp("pool")) as running:
        running.add_user()
        yield running


@pytest.mark.parametrize(
    "target",
    [
        f"{USER_POOL}.AdminEraseEverything",
        f"{USER_POOL}.",
        f"{USER_POOL}",
        f"{USER_POOL}.initiateAuth",
        f"{IDENTITY_POOL}.InitiateAuth",
        f"{USER_POOL}.GetId",
        "DynamoDB_20120810.PutItem",
        "",
        ".",
    ],
)
def test_an_unknown_operation_is_answered_in_json(pool: Pool, target: str) -> None:
    answer = pool.call(target, {})
    assert answer.status_code == 400
    assert answer.json() == {"__type": "UnknownOperationException"}
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"


def test_a_call_without_a_target_is_answered_in_json(pool: Pool) -> None:
    assert httpx.post(pool.url, content=b"{}").json() == {"__type": "UnknownOperationException"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'"' + b"x" * 200_000])
def test_a_body_that_is_not_an_object_is_refused_in_json(pool: Pool, body: bytes) -> None:
    for name in ("InitiateAuth", "GetUser", "SignUp"):
        answer = pool.call(f"{USER_POOL}.{name}", body)
        assert answer.status_code == 400
        assert answer.json()["__type"] == "SerializationException"


def test_a_refusal_has_the_same_form_as_on_aws(pool: Pool) -> None:
    answer = pool.call(f"{USER_POOL}.GetUser", {"AccessToken": "x"})
    assert answer.status_code == 400
    assert answer.json() == {"__type": "NotAuthorizedException", "message": "Invalid Access Token"}
    assert answer.headers["x-amzn-errortype"] == "NotAuthorizedException"
    assert answer.headers["x-amzn-requestid"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "body", "error_type"),
    [
        ("InitiateAuth", {}, "InvalidParameterException"),
        ("InitiateAuth", {"ClientId": 5}, "SerializationException"),
        ("GetUser", {"AccessToken": ["x"]}, "SerializationException"),
        ("GetUser", {"AccessToken": "x" * 20_000}, "InvalidParameterException"),
        ("GetUser", {"AccessToken": "\ud800"}, "SerializationException"),
    ],
)
def test_missing_fields_or_wrong_types_are_refused(
    pool: Pool, name: str, body: dict[str, object], error_type: str
) -> None:
    assert pool.call(f"{USER_POOL}.{name}", body).json()["__type"] == error_type


@pytest.mark.parametrize("name", ["ada\ud800", "\x00", "a\nb", "x" * 128, "' OR 1=1 --", "🎓", "ﬁ"])
def test_strange_names_are_unknown_users(pool: Pool, name: str) -> None:
    body = {
        "ClientId": pool.client_id,
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": {"USERNAME": name, "SRP_A": "abc"},
    }
    answer = pool.call(f"{USER_POOL}.InitiateAuth", body)
    assert answer.json().get("ChallengeName", answer.json().get("__type")) in (
        "PASSWORD_VERIFIER",
        "SerializationException",
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = [
    "AccessToken",
    "AttributeName",
    "AuthFlow",
    "AuthParameters",
    "ChallengeName",
    "ChallengeResponses",
    "ClientId",
    "Code",
    "ConfirmationCode",
    "IdentityId",
    "IdentityPoolId",
    "Logins",
    "Password",
    "PreviousPassword",
    "ProposedPassword",
    "RefreshToken",
    "Session",
    "SoftwareTokenMfaSettings",
    "Token",
    "UserAttributes",
    "UserCode",
    "UserPoolId",
    "Username",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(OPEN_OPERATIONS)),
    st.dictionaries(st.sampled_from(FIELD_NAMES), json_values, max_size=5),
    st.booleans(),
)
def test_any_body_is_answered_or_refused(
    pool: Pool, name: str, body: dict[str, object], is_right_client: bool
) -> None:
    if is_right_client:
        body = {**body, "ClientId": pool.client_id}
    answer = pool.call(f"{USER_POOL}.{name}", body)
    assert answer.status_code in (200, 400), answer.text
    assert isinstance(answer.json(), dict)


def test_an_internal_error_is_answered_in_json_without_its_details(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(pool.database, "read", fail)
    answer = pool.call(
        f"{USER_POOL}.InitiateAuth",
        {
            "ClientId": pool.client_id,
            "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": {"USERNAME": "ada", "SRP_A": "abc"},
        },
    )
    assert (answer.status_code, answer.json()["__type"]) == (500, "InternalErrorException")
    assert "secret cause" not in answer.text
    assert "secret cause" in caplog.text


def test_every_operation_that_clients_need_is_supported() -> None:
    """What pycognito, boto3 and Amplify call, and what the operator needs."""
    assert set(OPEN_OPERATIONS) >= {
        "AssociateSoftwareToken",
        "ChangePassword",
        "ConfirmForgotPassword",
        "ForgotPassword",
        "GetTokensFromRefreshToken",
        "GetUser",
        "GlobalSignOut",
        "InitiateAuth",
        "RespondToAuthChallenge",
        "RevokeToken",
        "SetUserMFAPreference",
        "SignUp",
        "UpdateUserAttributes",
        "VerifySoftwareToken",
    }
    assert set(OPERATOR_OPERATIONS) >= {
        "AdminCreateUser",
        "AdminDeleteUser",
        "AdminDisableUser",
        "AdminEnableUser",
        "AdminGetUser",
        "AdminResetUserPassword",
        "AdminSetUserPassword",
        "AdminUserGlobalSignOut",
        "ListUsers",
    }
    assert set(IDENTITY_POOL_OPERATIONS) == {"GetId", "GetCredentialsForIdentity"}


def test_the_public_keys_verify_the_tokens(pool: Pool) -> None:
    client = jwt.PyJWKClient(f"{pool.services.issuer}/.well-known/jwks.json")
    token = pool.tokens()["IdToken"]
    claims = jwt.decode(
        token,
        client.get_signing_key_from_jwt(token).key,
        algorithms=["RS256"],
        audience=pool.client_id,
        issuer=pool.services.issuer,
    )
    assert claims["token_use"] == "id"


def test_the_openid_configuration_links_to_the_keys(pool: Pool) -> None:
    document = httpx.get(f"{pool.services.issuer}/.well-known/openid-configuration").json()
    assert document["issuer"] == pool.services.issuer
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert httpx.get(document["jwks_uri"]).json() == pool.services.signing_key.jwks()


def test_another_pools_documents_are_not_found(pool: Pool) -> None:
    assert httpx.get(f"{pool.url}/local-1_another/.well-known/jwks.json").status_code == 404


def test_amplifys_call_sequence_with_its_own_headers(pool: Pool) -> None:
    """Guest, sign-in, then the same identity as a teacher, with the headers of its browser client."""
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-user-agent": "aws-amplify/6.13.0 framework/0",
        "cache-control": "no-store",
        "origin": "https://page.example",
    }

    def call(service: str, operation: str, body: dict[str, object]) -> dict[str, Any]:
        answer = httpx.post(
            f"{pool.url}/", json=body, headers={**headers, "x-amz-target": f"{service}.{operation}"}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    identity_id = call(IDENTITY_POOL, "GetId", {"IdentityPoolId": pool.services.names.identity_pool_id})[
        "IdentityId"
    ]
    guest = call(IDENTITY_POOL, "GetCredentialsForIdentity", {"IdentityId": identity_id})
    assert guest["Credentials"].keys() == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    assert isinstance(guest["Credentials"]["Expiration"], float)

    tokens = pool.tokens(password=PASSWORD)
    login = {f"cognito-idp.{pool.services.names.region}.amazonaws.com/{pool.pool_id}": tokens["IdToken"]}
    own = call(
        IDENTITY_POOL,
        "GetId",
        {"IdentityPoolId": pool.services.names.identity_pool_id, "Logins": login},
    )
    teacher = call(IDENTITY_POOL, "GetCredentialsForIdentity", {**own, "Logins": login})
    assert teacher["Credentials"]["AccessKeyId"] != guest["Credentials"]["AccessKeyId"]

    fresh = call(
        USER_POOL,
        "GetTokensFromRefreshToken",
        {"ClientId": pool.client_id, "RefreshToken": tokens["RefreshToken"]},
    )
    assert call(USER_POOL, "GetUser", {"AccessToken": fresh["AuthenticationResult"]["AccessToken"]})
    assert call(USER_POOL, "RevokeToken", {"ClientId": pool.client_id, "Token": tokens["RefreshToken"]}) == {}


def test_a_web_page_may_call_and_read_answers_and_refusals(backend: RunningBackend) -> None:
    """After a preflight request, the page can read even a refusal, with the reason in its headers."""
    wanted = "cache-control,content-type,x-amz-target,x-amz-user-agent"
    preflight = httpx.options(
        f"{backend.url}/",
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": wanted,
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    allowed = {name.strip() for name in preflight.headers["access-control-allow-headers"].lower().split(",")}
    assert set(wanted.split(",")) <= allowed
    assert "POST" in preflight.headers["access-control-allow-methods"]

    headers = {"Origin": "https://page.example", "x-amz-target": f"{USER_POOL}.SignUp"}
    refusal = httpx.post(f"{backend.url}/", content=b"{}", headers=headers)
    assert refusal.json()["__type"] == "NotAuthorizedException"
    assert refusal.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-errortype" in refusal.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in refusal.headers, "nothing here is granted by a cookie"


def test_tokens_carry_no_at_hash_and_no_personal_data_beyond_the_attributes(pool: Pool) -> None:
    head, body, _ = pool.tokens()["IdToken"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert "at_hash" not in claims
    assert json.loads(base64.urlsafe_b64decode(head + "==")).keys() == {"alg", "kid"}


def test_calls_beyond_the_queue_limit_are_refused(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.backend.cognito.http.WAITING_MAX", 0)
    answer = pool.call(f"{IDENTITY_POOL}.GetId", {"IdentityPoolId": "x"})
    assert answer.json() == {"__type": "TooManyRequestsException", "message": "Too many requests"}
