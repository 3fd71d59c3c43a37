"""Invalid credentials, refused before anything else is checked."""

import base64
import json
from collections.abc import Callable

import jwt
import pytest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.calls import Answer, Api
from tests.contract.target import Capability
from tests.signing import signed_headers

BODY = json.dumps({"query": "{listExams {items {id}}}"})


def refused(answer: Answer) -> str:
    """The refusal's errorType; nothing else may be in the answer."""
    assert answer.status in (400, 401, 403)
    assert answer.data is None
    (error,) = answer.errors
    assert error["message"]
    return str(error["errorType"])


def assert_signature_refused(answer: Answer) -> None:
    """By its status and without data: the type's name differs between AWS's front doors."""
    assert answer.status in (400, 401, 403)
    assert answer.data is None


def parts(token: str) -> tuple[dict[str, object], dict[str, object], str]:
    header, payload, signature = token.split(".")
    return decoded(header), decoded(payload), signature


def decoded(part: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


def encoded(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def with_algorithm_none(token: str) -> str:
    header, payload, _ = parts(token)
    return f"{encoded({**header, 'alg': 'none'})}.{encoded(payload)}."


def with_another_key(token: str) -> str:
    header, payload, _ = parts(token)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(payload, key, algorithm="RS256", headers={"kid": str(header["kid"])})


def with_another_subject(token: str) -> str:
    header, payload, signature = parts(token)
    return f"{encoded(header)}.{encoded({**payload, 'sub': 'somebody-else'})}.{signature}"


def with_a_symmetric_algorithm(token: str) -> str:
    header, payload, _ = parts(token)
    return jwt.encode(payload, "x" * 32, algorithm="HS256", headers={"kid": str(header["kid"])})


def without_its_signature(token: str) -> str:
    return token.rsplit(".", 1)[0] + "."


FORGERIES = [
    with_algorithm_none,
    with_another_key,
    with_another_subject,
    with_a_symmetric_algorithm,
    without_its_signature,
]


def test_a_request_without_credentials_is_refused(api: Api) -> None:
    """Before anything else is checked."""
    assert refused(api.nobody.ask("{listExams {items {id}}}")) == "UnauthorizedException"


@pytest.mark.needs(Capability.TOKENS)
@pytest.mark.parametrize("forged", FORGERIES, ids=lambda function: function.__name__)
def test_a_forged_token_is_refused(api: Api, forged: Callable[[str], str]) -> None:
    """Also with the prefix "Bearer"."""
    token = forged(api.target.teacher.token)
    for spelled in (token, f"Bearer {token}"):
        assert refused(api.with_token(spelled).ask("{listExams {items {id}}}")) == "UnauthorizedException"


@pytest.mark.needs(Capability.TOKENS)
@pytest.mark.parametrize(
    "text", ["x", "a.b.c", "Bearer", "Basic dTpw", "null", "." * 50, "é".encode().decode("latin-1")]
)
def test_a_text_that_is_not_a_token_is_refused(api: Api, text: str) -> None:
    """Whatever the text is."""
    assert refused(api.with_token(text).ask("{listExams {items {id}}}")) == "UnauthorizedException"


def test_a_valid_token_is_accepted_with_and_without_bearer(api: Api) -> None:
    """Both forms are in use."""
    for token in (api.target.teacher.token, f"Bearer {api.target.teacher.token}"):
        assert api.with_token(token).ask("{listExams(limit: 1) {nextToken}}").errors == []


@pytest.mark.needs(Capability.SIGNATURES)
def test_a_wrong_secret_is_refused(api: Api) -> None:
    """The signature does not match."""
    guest = api.target.guest
    wrong = Credentials(guest.access_key, "x" * 40, guest.token)
    assert_signature_refused(api.signed_with(wrong).ask("{listExams {items {id}}}"))


@pytest.mark.needs(Capability.SIGNATURES)
def test_an_unknown_key_is_refused(api: Api) -> None:
    """As AWS does for a key that it never issued."""
    unknown = Credentials("ASIAUNKNOWNUNKNOWN00", "x" * 40, "token")
    assert_signature_refused(api.signed_with(unknown).ask("{listExams {items {id}}}"))


@pytest.mark.needs(Capability.SIGNATURES)
def test_a_missing_or_wrong_session_token_is_refused(api: Api) -> None:
    """Key and secret alone are not enough."""
    guest = api.target.guest
    for token in (None, "wrong"):
        signer = Credentials(guest.access_key, guest.secret_key, token)
        answer = api.signed_with(signer).ask("{listExams {items {id}}}")
        assert_signature_refused(answer)


@pytest.mark.needs(Capability.SIGNATURES)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("X-Amz-Date", lambda _value: "20200101T000000Z"),
        ("X-Amz-Date", lambda _value: "20990101T000000Z"),
        ("Authorization", lambda value: value[:-4] + "0000"),
        ("Authorization", lambda value: value.replace("/appsync/", "/execute-api/")),
        ("Authorization", lambda value: value.replace("SignedHeaders=", "SignedHeaders=x-extra;")),
    ],
    ids=["an old date", "a coming date", "another signature", "another service", "another header"],
)
def test_a_changed_header_is_refused(api: Api, name: str, change: Callable[[str], str]) -> None:
    """The date's window, the scope, the list of headers."""
    headers = signed_headers(api.target.api_url, BODY, api.target.guest, api.target.region)
    headers[name] = change(headers[name])
    assert_signature_refused(api.send(BODY, headers))


@pytest.mark.needs(Capability.SIGNATURES)
def test_a_changed_body_is_refused(api: Api) -> None:
    """Even if every header is valid."""
    headers = signed_headers(api.target.api_url, BODY, api.target.guest, api.target.region)
    assert api.send(BODY, headers).status == 200
    assert_signature_refused(api.send(BODY.replace("{id}", "{date}"), headers))
