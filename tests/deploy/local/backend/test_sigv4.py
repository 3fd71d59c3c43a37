"""The signature check: what botocore signs is accepted; anything changed afterwards is refused."""

import datetime as dt
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gql.transport.appsync_auth import AppSyncIAMAuthentication
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend import sigv4

REGION = "local-1"
INVALID = "InvalidSignatureException"
HOST = "127.0.0.1:8500"
GUEST = Credentials("ASIAGUEST", "the secret", "the session token")


@dataclass(frozen=True, slots=True)
class Key:
    access_key_id: str = "ASIAGUEST"
    secret_access_key: str = "the secret"
    session_token: str | None = "the session token"
    expires_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def signed(
    *,
    secret: str = "the secret",
    token: str | None = "the session token",
    service: str = "appsync",
    region: str = REGION,
    body: bytes = b'{"query":"{ listExams { items { id } } }"}',
    url: str = f"http://{HOST}/graphql",
    headers: dict[str, str] | None = None,
) -> Request:
    """A request signed by botocore, as the server receives it."""
    request = AWSRequest(
        "POST", url, data=body, headers={"Content-Type": "application/json", **(headers or {})}
    )
    SigV4Auth(Credentials("ASIAGUEST", secret, token), service, region).add_auth(request)
    parts = urlsplit(url)
    return Request("POST", parts.path, parts.query, {"host": HOST, **dict(request.headers.items())}, body)


def now_s() -> float:
    return dt.datetime.now(dt.UTC).timestamp()


def check(request: Request, key: Key | None = None, *, after_s: float = 0.0, **changes: object) -> str:
    found = Key() if key is None else key
    return sigv4.verify(
        method=request.method,
        path=str(changes.get("path", request.path)),
        query=str(changes.get("query", request.query)),
        headers=changes.get("pairs") or list(changes.get("headers", request.headers).items()),  # type: ignore[attr-defined, arg-type]
        body=changes.get("body", request.body),  # type: ignore[arg-type]
        find_credentials=lambda access_key_id, _session_token: (
            found if access_key_id == "ASIAGUEST" else None
        ),
        service=str(changes.get("service", "appsync")),
        region=str(changes.get("region", REGION)),
        now_s=now_s() + after_s,
    ).access_key_id


def refusal(request: Request, key: Key | None = None, **changes: object) -> sigv4.SignatureRefused:
    with pytest.raises(sigv4.SignatureRefused) as refused:
        check(request, key, **changes)  # type: ignore[arg-type]
    return refused.value


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key.lower() != name}


def test_what_botocore_signs_is_accepted() -> None:
    """With session credentials, a path, a body and a content type."""
    assert check(signed()) == "ASIAGUEST"


def test_a_long_term_key_needs_no_session_token() -> None:
    assert check(signed(token=None), Key(session_token=None)) == "ASIAGUEST"


def test_the_header_object_of_a_real_time_connection_is_accepted() -> None:
    """gql signs POST https://host/graphql/connect with the body {} and sends the headers as an object."""
    auth = AppSyncIAMAuthentication(HOST, REGION, credentials=GUEST)
    headers = auth.get_headers()
    assert check(Request("POST", "/graphql/connect", "", headers, b"{}")) == "ASIAGUEST"


def test_the_header_object_of_a_subscription_is_accepted_with_its_exact_data() -> None:
    auth = AppSyncIAMAuthentication(HOST, REGION, credentials=GUEST)
    data = '{"query":"subscription { onCreateResults { id } }"}'
    headers = auth.get_headers(data)
    assert check(Request("POST", "/graphql", "", headers, data.encode())) == "ASIAGUEST"
    changed = Request("POST", "/graphql", "", headers, data.replace("id", "owner").encode())
    assert refusal(changed).error_type == INVALID


def test_header_names_may_come_in_any_case_and_with_spare_spaces() -> None:
    request = signed(headers={"X-Amz-User-Agent": "aws-amplify  6  framework"})
    lower = {
        name.lower(): f"  {value} " if name == "X-Amz-User-Agent" else value
        for name, value in request.headers.items()
    }
    assert check(request, headers=lower) == "ASIAGUEST"


@given(
    st.dictionaries(
        st.text("abcXYZ019-_.~ /äµ%+", min_size=1, max_size=6), st.text("abc ~&=+%/ä", max_size=6), max_size=4
    )
)
def test_any_query_string_is_read_as_botocore_reads_it(parameters: dict[str, str]) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items())
    request = AWSRequest("GET", f"http://{HOST}/a%20path/x?{query}")
    SigV4Auth(GUEST, "appsync", REGION).add_auth(request)
    arrived = Request("GET", "/a%20path/x", query, {"host": HOST, **dict(request.headers.items())}, b"")
    assert check(arrived) == "ASIAGUEST"


@pytest.mark.parametrize("path", ["", "/", "/a~b/ä%20c"])
def test_any_path_is_read_as_botocore_reads_it(path: str) -> None:
    assert check(signed(url=f"http://{HOST}{quote(path, safe='/%~')}")) == "ASIAGUEST"


def test_a_wrong_secret_is_refused() -> None:
    fault = refusal(signed(secret="another secret"))
    assert (fault.error_type, fault.message) == (
        INVALID,
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details.",
    )


@pytest.mark.parametrize("change", [{"body": b"{}"}, {"path": "/graphqL"}, {"query": "a=b"}])
def test_a_request_changed_after_signing_is_refused(change: dict[str, object]) -> None:
    fault = refusal(signed(), **change)
    assert (fault.error_type, "does not match" in fault.message) == ("InvalidSignatureException", True)


def test_a_signed_header_changed_or_dropped_is_refused() -> None:
    request = signed()
    changed = {**request.headers, "Content-Type": "text/plain"}
    assert refusal(request, headers=changed).error_type == INVALID
    dropped = without(request.headers, "content-type")
    assert refusal(request, headers=dropped).error_type == INVALID


def test_another_host_is_refused() -> None:
    """A request recorded at one server is useless at another."""
    request = signed()
    assert (
        refusal(request, headers={**request.headers, "host": "elsewhere"}).error_type
        == "InvalidSignatureException"
    )


@pytest.mark.parametrize("name", ["host", "X-Amz-Date", "X-Amz-Security-Token", "Content-Type"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_second_copy_of_a_signed_header_is_refused(name: str, *, is_first: bool) -> None:
    """Whoever reads the other copy would read what was not signed."""
    request = signed()
    copy = (name.lower(), "another")
    pairs = [copy, *request.headers.items()] if is_first else [*request.headers.items(), copy]
    assert refusal(request, pairs=pairs).error_type in (
        INVALID,
        "IncompleteSignatureException",
        "UnrecognizedClientException",
    )


def test_the_same_value_twice_is_not_what_was_signed_once() -> None:
    request = signed()
    pairs = [*request.headers.items(), ("content-type", request.headers["Content-Type"])]
    assert refusal(request, pairs=pairs).error_type == INVALID


def test_a_header_that_is_listed_twice_is_refused() -> None:
    """It was accepted as if it were listed once."""
    request = signed()
    authorization = request.headers["Authorization"].replace("host;", "host;host;")
    refused = refusal(request, headers={**request.headers, "Authorization": authorization})
    assert refused.error_type == "IncompleteSignatureException"


def test_a_signature_that_leaves_out_the_host_is_refused() -> None:
    """Even when no host was sent: the request could be replayed at another server."""
    request = signed()
    authorization = request.headers["Authorization"].replace("host;", "")
    for headers in (request.headers, without(request.headers, "host")):
        refused = refusal(request, headers={**headers, "Authorization": authorization})
        assert refused.message.startswith("'host' must be a 'SignedHeader'")


def test_every_byte_of_a_long_body_is_signed() -> None:
    """Here the very last of half a megabyte."""
    body = b"x" * 500_000
    request = signed(body=body)
    assert check(request) == "ASIAGUEST"
    assert refusal(request, body=body[:-1] + b"y").error_type == INVALID
    assert refusal(request, body=body[:-1]).error_type == INVALID


def test_a_declared_body_hash_is_never_trusted() -> None:
    request = signed(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    assert "does not match" in refusal(request, body=b"another body").message


@pytest.mark.parametrize(
    ("after_s", "text"), [(301.5, "Signature expired: "), (-302.0, "Signature not yet current: ")]
)
def test_an_old_or_a_future_date_is_refused(after_s: float, text: str) -> None:
    fault = refusal(signed(), after_s=after_s)
    assert fault.error_type == INVALID
    assert re.match(text + r"\d{8}T\d{6}Z is .* \(\d{8}T\d{6}Z [+-] 5 min\.\)$", fault.message)


def test_within_the_window_a_date_may_differ() -> None:
    assert check(signed(), after_s=297.0) == "ASIAGUEST"
    assert check(signed(), after_s=-297.0) == "ASIAGUEST"


def test_a_missing_or_foreign_session_token_is_refused() -> None:
    for request in (signed(token=None), signed(token="another token")):
        fault = refusal(request)
        assert fault.error_type == "UnrecognizedClientException"
        assert fault.message == "The security token included in the request is invalid."


def test_a_session_token_beside_a_long_term_key_is_refused() -> None:
    assert refusal(signed(), Key(session_token=None)).error_type == "UnrecognizedClientException"


def test_a_session_token_that_was_not_signed_is_refused() -> None:
    request = signed(token=None)
    added = {**request.headers, "x-amz-security-token": "the session token"}
    assert "'x-amz-security-token' must be a 'SignedHeader'" in refusal(request, headers=added).message


def test_an_operation_that_was_not_signed_is_refused() -> None:
    """Otherwise a recorded harmless call could be sent again as another operation."""
    request = signed()
    added = {**request.headers, "x-amz-target": "AWSCognitoIdentityProviderService.AdminDeleteUser"}
    assert "'x-amz-target' must be a 'SignedHeader'" in refusal(request, headers=added).message


def test_an_unknown_key_is_refused() -> None:
    request = signed()
    renamed = {name: value.replace("ASIAGUEST", "ASIANOBODY") for name, value in request.headers.items()}
    assert refusal(request, headers=renamed).error_type == "UnrecognizedClientException"


def test_expired_credentials_are_refused_and_valid_until_that_second() -> None:
    request = signed()
    fault = refusal(request, Key(expires_at_s=now_s() - 1.0))
    assert fault.error_type == "ExpiredTokenException"
    assert fault.message == "The security token included in the request is expired"
    assert check(request, Key(expires_at_s=now_s() + 60.0)) == "ASIAGUEST"


def test_another_service_or_region_is_refused() -> None:
    assert (
        refusal(signed(service="cognito-idp")).message
        == "Credential should be scoped to correct service: 'appsync'."
    )
    assert (
        refusal(signed(region="eu-west-1")).message
        == "Credential should be scoped to a valid region, not 'eu-west-1'."
    )


INCOMPLETE = "IncompleteSignatureException"


@pytest.mark.parametrize(
    ("find", "put", "error_type", "text"),
    [
        (
            "aws4_request",
            "aws5_request",
            INVALID,
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        (
            r"/\d{8}/",
            "/20200101/",
            INVALID,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20200101' != '{day}', from '{date}'.",
        ),
        (r"Signature=.*", "", INCOMPLETE, "Authorization header requires 'Signature' parameter."),
        (
            r"SignedHeaders=[^,]*, ",
            "",
            INCOMPLETE,
            "Authorization header requires 'SignedHeaders' parameter.",
        ),
        (r"Credential=[^,]*, ", "", INCOMPLETE, "Authorization header requires 'Credential' parameter."),
        (
            r"Credential=[^,]*, ",
            "Credential=ASIAGUEST/x, ",
            INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        ),
        (r"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", INCOMPLETE, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."),
        (r".*", "", "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (r"host;", "", INVALID, "'host' must be a 'SignedHeader' in the AWS Authorization header."),
    ],
)
def test_a_garbled_authorization_header_is_refused_in_the_words_of_aws(
    find: str, put: str, error_type: str, text: str
) -> None:
    request = signed()
    garbled = re.sub(find, put, request.headers["Authorization"], count=1)
    assert garbled != request.headers["Authorization"]
    refused = refusal(request, headers={**request.headers, "Authorization": garbled})
    date = request.headers["X-Amz-Date"]
    assert (refused.error_type, refused.message) == (error_type, text.format(day=date[:8], date=date))


@pytest.mark.parametrize("date", ["", "2026-06-18T10:00:00Z", "20260618T100000", "20261318T100000Z"])
def test_a_date_in_another_form_is_refused(date: str) -> None:
    refused = refusal(signed(), headers={**signed().headers, "X-Amz-Date": date})
    assert (refused.error_type, refused.message) == (
        INCOMPLETE,
        "Date must be in ISO-8601 'basic format' in the 'X-Amz-Date' header: YYYYMMDD'T'HHMMSS'Z'.",
    )


SENT_AT = dt.datetime(2026, 6, 18, 10, 0, 0, tzinfo=dt.UTC)
SENT = "20260618T100000Z"
SIGNED_VALUES = {"host": HOST, "x-amz-date": SENT, "x-amz-security-token": "the session token"}


def check_at(
    now_s: float, *, expires_at_s: float | None = None, scope: str = f"20260618/{REGION}/appsync/aws4_request"
) -> str:
    """Verifies a request that was signed on 18 June 2026 at 10:00:00."""
    signature = sigv4.sign(
        method="POST",
        path="/graphql",
        query="",
        signed_values=SIGNED_VALUES,
        body=b"{}",
        secret_access_key="the secret",
        timestamp=SENT,
        region=REGION,
        service="appsync",
    )
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=ASIAGUEST/{scope}, SignedHeaders={';'.join(SIGNED_VALUES)}, "
        f"Signature={signature}"
    )
    found = sigv4.verify(
        method="POST",
        path="/graphql",
        query="",
        headers=[*SIGNED_VALUES.items(), ("authorization", authorization)],
        body=b"{}",
        find_credentials=lambda _key, token: (
            Key(expires_at_s=expires_at_s) if token == "the session token" else None
        ),
        service="appsync",
        region=REGION,
        now_s=now_s,
    )
    return found.access_key_id


def message_at(now_s: float, **changes: Any) -> str:
    with pytest.raises(sigv4.SignatureRefused) as refused:
        check_at(now_s, **changes)
    assert str(refused.value) == f"{refused.value.error_type}: {refused.value.message}"
    return refused.value.message


def test_the_window_and_the_credentials_end_at_their_very_second() -> None:
    """And the session token goes to whoever looks for the credentials."""
    sent_s = SENT_AT.timestamp()
    for now_s in (sent_s - 300, sent_s, sent_s + 300):
        assert check_at(now_s) == "ASIAGUEST"
    assert check_at(sent_s, expires_at_s=sent_s + 1) == "ASIAGUEST"
    assert message_at(sent_s, expires_at_s=sent_s) == (
        "The security token included in the request is expired"
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_dates_are_in_utc_wherever_the_server_is(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """The texts are AWS's, with the moments that a client with a wrong clock needs."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        sent_s = SENT_AT.timestamp()
        assert check_at(sent_s) == "ASIAGUEST"
        assert message_at(sent_s + 301) == (
            "Signature expired: 20260618T100000Z is now earlier than 20260618T100001Z "
            "(20260618T100501Z - 5 min.)"
        )
        assert message_at(sent_s - 301) == (
            "Signature not yet current: 20260618T100000Z is still later than 20260618T095959Z "
            "(20260618T095459Z + 5 min.)"
        )
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (
            f"20260618/{REGION}/appsync/aws5_request",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        (
            f"20260617/{REGION}/appsync/aws4_request",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20260617' != '20260618', from '20260618T100000Z'.",
        ),
        (
            f"20260618/{REGION}/appsync",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        ),
        (
            "20260618/" + "x" * 60 + "/appsync/aws4_request",
            "Credential should be scoped to a valid region, not '" + "x" * 40 + "'.",
        ),
    ],
)
def test_a_scope_of_another_form_is_refused_although_the_signature_is_right(scope: str, message: str) -> None:
    """With AWS's texts; what the client wrote is cut."""
    assert message_at(SENT_AT.timestamp(), scope=scope) == message


def test_an_equals_sign_in_a_value_may_come_as_it_is() -> None:
    request = signed(url=f"http://{HOST}/graphql?a=b%3Dc")
    assert check(request, query="a=b=c") == "ASIAGUEST"


def test_no_signature_at_all_is_refused() -> None:
    request = signed()
    fault = refusal(request, headers=without(request.headers, "authorization"))
    assert (fault.error_type, fault.message) == (
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


@pytest.mark.parametrize("date", ["", "yesterday", "2026-01-01T00:00:00Z", "20261332T000000Z"])
def test_a_date_that_cannot_be_read_is_refused(date: str) -> None:
    request = signed()
    assert (
        refusal(request, headers={**request.headers, "X-Amz-Date": date}).error_type
        == "IncompleteSignatureException"
    )


@given(st.text(max_size=120))
def test_any_authorization_text_is_handled(text: str) -> None:
    """Any invalid text is refused."""
    request = signed()
    assert refusal(request, headers={**request.headers, "Authorization": text}).error_type.endswith(
        "Exception"
    )
