"""Verifies Signature Version 4: is this request signed with the key that it names?

Pure: no clock, no storage, no framework. Used for the operator's calls (service "cognito-idp"), the guests'
calls to the GraphQL API (service "appsync"), and the real-time handshake, whose signed headers are in an
authorization object instead of HTTP. The refusals have AWS's types and texts.

Rules beyond the arithmetic:
- the body is hashed here; a hash claimed by the client (or UNSIGNED-PAYLOAD) is ignored;
- host, the date, the session token and the operation must be signed whenever they are present;
- a signature is valid for WINDOW_S before and after its date.
Signatures in the query string are not supported.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, unquote

__all__ = ["ALGORITHM", "FindCredentials", "SignatureRefused", "SigningCredentials", "sign", "verify"]

ALGORITHM = "AWS4-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
WINDOW_S = 300.0  # a recorded request can be replayed for this long
MUST_BE_SIGNED = frozenset({"host", "x-amz-date", "x-amz-security-token", "x-amz-target"})

_PARAMETER = re.compile(r"([A-Za-z]+)=([^,\s]+)")


class SigningCredentials(Protocol):
    """The credentials of one access key; a long-term key has no `session_token` and no `expires_at_s`."""

    @property
    def access_key_id(self) -> str: ...
    @property
    def secret_access_key(self) -> str: ...
    @property
    def session_token(self) -> str | None: ...
    @property
    def expires_at_s(self) -> float | None: ...


FindCredentials = Callable[[str, str | None], SigningCredentials | None]


class SignatureRefused(Exception):
    """The request is not authentic. `error_type` and `message` are AWS's, ready for the answer."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


def verify(
    *,
    method: str,
    path: str,
    query: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    find_credentials: FindCredentials,
    service: str,
    region: str,
    now_s: float,
) -> SigningCredentials:
    """The credentials that signed this request. Raises SignatureRefused.

    `path` and `query` are as received, still percent-encoded; `headers` are (name, value) pairs with names in
    any case, including Authorization, Host and X-Amz-Date. `find_credentials` maps an access key id and the
    request's session token (None without one) to the credentials.
    """
    values = _joined(headers)
    claim = _claim(values.get("authorization"))
    unsigned = sorted((MUST_BE_SIGNED & values.keys()) - set(claim.signed_headers))
    if unsigned or "host" not in claim.signed_headers:
        raise SignatureRefused(
            "InvalidSignatureException",
            f"'{(unsigned or ['host'])[0]}' must be a 'SignedHeader' in the AWS Authorization header.",
        )
    timestamp = _checked_timestamp(values.get("x-amz-date"), now_s)
    _check_scope(claim, timestamp, service=service, region=region)

    token = values.get("x-amz-security-token")
    credentials = find_credentials(claim.access_key_id, token)
    if credentials is None or not _same(token or "", credentials.session_token or ""):
        raise SignatureRefused(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    expected = sign(
        method=method,
        path=path,
        query=query,
        signed_values={name: values.get(name, "") for name in claim.signed_headers},
        body=body,
        secret_access_key=credentials.secret_access_key,
        timestamp=timestamp,
        region=region,
        service=service,
    )
    if not _same(expected, claim.signature):
        raise SignatureRefused(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.",
        )
    if credentials.expires_at_s is not None and now_s >= credentials.expires_at_s:
        raise SignatureRefused(
            "ExpiredTokenException", "The security token included in the request is expired"
        )
    return credentials


def sign(
    *,
    method: str,
    path: str,
    query: str,
    signed_values: dict[str, str],
    body: bytes,
    secret_access_key: str,
    timestamp: str,
    region: str,
    service: str,
) -> str:
    """The signature in hexadecimal. `signed_values`: the signed headers, lower-case name → value."""
    names = sorted(signed_values)
    canonical = "\n".join(
        [
            method.upper(),
            quote(path or "/"),
            _canonical_query(query),
            *(f"{name}:{' '.join(signed_values[name].split())}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join([ALGORITHM, timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret_access_key}".encode()
    for part in (timestamp[:8], region, service, "aws4_request", to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


@dataclass(frozen=True, slots=True)
class _Claim:
    """The content of the Authorization header, not yet verified."""

    access_key_id: str
    scope: tuple[str, str, str, str]  # date, region, service, terminator
    signed_headers: tuple[str, ...]
    signature: str


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        values[lower] = f"{values[lower]},{value}" if lower in values else value
    return values


def _claim(authorization: str | None) -> _Claim:
    if not authorization:
        raise SignatureRefused("MissingAuthenticationTokenException", "Missing Authentication Token")
    algorithm, _, rest = authorization.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureRefused(
            "IncompleteSignatureException", f"Unsupported AWS 'algorithm': '{algorithm[:40]}'."
        )
    parameters = dict(_PARAMETER.findall(rest))
    for name in ("Credential", "Signature", "SignedHeaders"):
        if name not in parameters:
            raise SignatureRefused(
                "IncompleteSignatureException", f"Authorization header requires '{name}' parameter."
            )
    access_key_id, *scope = parameters["Credential"].split("/")
    if len(scope) != 4 or not access_key_id:
        raise SignatureRefused(
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        )
    signed_headers = tuple(parameters["SignedHeaders"].lower().split(";"))
    if len(set(signed_headers)) < len(signed_headers):
        raise SignatureRefused("IncompleteSignatureException", "A header is listed twice in 'SignedHeaders'.")
    return _Claim(
        access_key_id=access_key_id,
        scope=(scope[0], scope[1], scope[2], scope[3]),
        signed_headers=signed_headers,
        signature=parameters["Signature"],
    )


def _checked_timestamp(text: str | None, now_s: float) -> str:
    try:
        moment = dt.datetime.strptime(text or "", DATE_FORMAT).replace(tzinfo=dt.UTC)
    except ValueError:
        raise SignatureRefused(
            "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format' in the 'X-Amz-Date' header: YYYYMMDD'T'HHMMSS'Z'.",
        ) from None
    stamp, now = moment.strftime(DATE_FORMAT), _stamp(now_s)
    allowance = f"({now} {{}} {WINDOW_S / 60:g} min.)"
    if moment.timestamp() < now_s - WINDOW_S:
        earliest = _stamp(now_s - WINDOW_S)
        raise SignatureRefused(
            "InvalidSignatureException",
            f"Signature expired: {stamp} is now earlier than {earliest} {allowance.format('-')}",
        )
    if moment.timestamp() > now_s + WINDOW_S:
        latest = _stamp(now_s + WINDOW_S)
        raise SignatureRefused(
            "InvalidSignatureException",
            f"Signature not yet current: {stamp} is still later than {latest} {allowance.format('+')}",
        )
    return stamp


def _check_scope(claim: _Claim, timestamp: str, *, service: str, region: str) -> None:
    date, claimed_region, claimed_service, terminator = claim.scope
    fault = ""
    if terminator != "aws4_request":
        fault = (
            f"Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator[:40]}'."
        )
    elif claimed_service != service:
        fault = f"Credential should be scoped to correct service: '{service}'."
    elif claimed_region != region:
        fault = f"Credential should be scoped to a valid region, not '{claimed_region[:40]}'."
    elif date != timestamp[:8]:
        fault = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{date[:40]}' != '{timestamp[:8]}', from '{timestamp}'."
        )
    if fault:
        raise SignatureRefused("InvalidSignatureException", fault)


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="")


def _stamp(moment_s: float) -> str:
    return dt.datetime.fromtimestamp(moment_s, dt.UTC).strftime(DATE_FORMAT)


def _same(left: str, right: str) -> bool:
    """Compare in constant time, so that the duration does not reveal where two secrets differ."""
    return hmac.compare_digest(left.encode(), right.encode())
