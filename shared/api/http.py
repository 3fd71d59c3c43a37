"""GraphQL over HTTP: one shared session, typed errors, and retries of idempotent calls."""

from __future__ import annotations

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gql.graphql_request import GraphQLRequest
from gql.transport.exceptions import TransportError
from gql.transport.requests import RequestsHTTPTransport
from graphql import DocumentNode, parse
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from shared.model.class_list import ClassList, class_list_from_wire
from shared.model.errors import (
    ApiRefused,
    BackendUnreachable,
    ExamResultsError,
    FieldInvalid,
    HistoryRemains,
    InputRefused,
    NotAllowed,
    NotFound,
    ServerDiskFull,
    StateRefused,
    TooManyAttempts,
    VersionConflict,
)
from shared.model.exam import Exam, Result, exam_from_wire, result_from_wire

__all__ = [
    "CONNECTIONS_MAX",
    "NOT_ALLOWED_TYPES",
    "GraphQLEndpoint",
    "GuestSignature",
    "Patience",
    "TeacherToken",
    "refusal_from_wire",
]

logger = logging.getLogger(__name__)

CONNECTIONS_MAX = 32  # kept connections; more threads than this open and close their own

# "Unauthorized" refuses a field or a row; the others refuse the caller's credentials before any field is
# looked at.
NOT_ALLOWED_TYPES = frozenset(
    {
        "Unauthorized",
        "UnauthorizedException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
# AppSync's own words for "not now" (API reference, "Common Errors"; "Rate limit exceeded" of real time).
_TRANSIENT_TYPES = frozenset(
    {
        "ExecutionTimeout",
        "LimitExceededError",
        "LimitExceededException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# DynamoDB's errors reach the client as "DynamoDB:<name>". Each rule of the API has a type of its own, so what
# is left is throttling, a transaction's conflict or a fault of the service, except for these two.
_DYNAMODB_PREFIX = "DynamoDB:"
_PERMANENT_DYNAMODB_TYPES = frozenset(
    {"DynamoDB:ConditionalCheckFailedException", "DynamoDB:ResourceNotFoundException"}
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and to try. All in seconds.

    Pauses between tries grow from `first_pause_s` to `longest_pause_s`, each drawn anew between nothing and
    that: callers that failed together do not come back together.
    """

    connect_timeout_s: float = 4.0
    read_timeout_s: float = 10.0
    deadline_s: float = 15.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 3.0


class TeacherToken(AuthBase):
    """Adds a teacher's access token to each request; its source renews it."""

    def __init__(self, access_token: Callable[[], str]) -> None:
        self._access_token = access_token
        self._used = threading.local()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        self._used.token = request.headers["Authorization"] = self._access_token()
        return request

    @property
    def last_used(self) -> str:
        """The token of this thread's last request."""
        token: str = self._used.token
        return token


class GuestSignature(AuthBase):
    """Signs each request with a guest's temporary credentials (SigV4, service appsync)."""

    def __init__(self, credentials: Callable[[], Credentials], region: str) -> None:
        self._credentials = credentials
        self._region = region

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(
            method=request.method,
            url=request.url,
            data=request.body,
            headers={"Content-Type": request.headers["Content-Type"]},
        )
        SigV4Auth(self._credentials(), "appsync", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


class GraphQLEndpoint:
    """One GraphQL address, asked by one kind of caller. Any thread may use it; close() it at the end."""

    def __init__(
        self,
        url: str,
        auth: AuthBase,
        *,
        patience: Patience = Patience(),  # frozen
        sleep: Callable[[float], None] = time.sleep,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._patience = patience
        self._sleep = sleep
        self._monotonic_s = monotonic_s
        # requests takes a pair (connect, read) where gql's annotation says one number.
        timeouts: Any = (patience.connect_timeout_s, patience.read_timeout_s)
        self._transport = RequestsHTTPTransport(url, auth=auth, timeout=timeouts)
        self._transport.connect()  # type: ignore[no-untyped-call]  # gql leaves it unannotated
        assert self._transport.session is not None  # noqa: S101  # connect() has just made it
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS_MAX)
        self._transport.session.mount(url, adapter)

    def close(self) -> None:
        """Closes idle connections."""
        self._transport.close()  # type: ignore[no-untyped-call]  # gql leaves it unannotated

    def ask(
        self,
        document: str,
        variables: Mapping[str, Any],
        *,
        is_repeatable: bool,
        deadline_s: float | None = None,
    ) -> tuple[Any, int]:
        """The value of the document's one field, and how many tries were lost before it.

        Variables that are None are left out. A try that got no answer is repeated until the deadline, if
        `is_repeatable`. Raises ApiRefused's kinds and BackendUnreachable, with `lost_tries` for the former.
        """
        request = GraphQLRequest(
            _parsed(document), variable_values={key: v for key, v in variables.items() if v is not None}
        )
        give_up_at_s = self._monotonic_s() + (self._patience.deadline_s if deadline_s is None else deadline_s)
        lost = 0
        while True:
            try:
                return self._ask_once(request), lost
            except ApiRefused as refusal:
                refusal.lost_tries = lost
                raise
            except BackendUnreachable as error:
                lost += 1
                ceiling_s = min(
                    self._patience.longest_pause_s, self._patience.first_pause_s * 2 ** (lost - 1)
                )
                pause_s = random.uniform(0, ceiling_s)  # noqa: S311  # no secret
                if not is_repeatable or self._monotonic_s() + pause_s >= give_up_at_s:
                    raise
                logger.info("asking again in %.2f s: %s", pause_s, error.reason)
                self._sleep(pause_s)

    def _ask_once(self, request: GraphQLRequest) -> Any:
        try:
            answer = self._transport.execute(request)
        except TransportError as error:
            if isinstance(error.__cause__, ExamResultsError):  # from the auth: a session or guest that ended
                raise error.__cause__ from None
            raise BackendUnreachable(self._url, _reason(error)) from error
        if answer.errors:
            raise refusal_from_wire(self._url, _as_mapping(answer.errors[0]))
        if not isinstance(answer.data, dict) or len(answer.data) != 1:
            raise BackendUnreachable(self._url, "the answer has no data")
        return next(iter(answer.data.values()))


def refusal_from_wire(endpoint: str, error: Mapping[str, Any]) -> ApiRefused | BackendUnreachable:
    """The typed error for one entry of an answer's `errors`. Reads `errorType`, not the text."""
    error_type = str(error.get("errorType") or "")
    message = str(error.get("message") or error_type or "refused without a reason")
    path = error.get("path")
    field = str(path[0]) if isinstance(path, list) and path else None
    if error_type in NOT_ALLOWED_TYPES:
        return NotAllowed(error_type, message, field)
    if error_type == "ConflictException":
        return VersionConflict(error_type, message, field, current=_row(error.get("data")))
    if error_type == "BadRequest":
        info = error.get("errorInfo")
        return InputRefused(error_type, message, info.get("field") if isinstance(info, dict) else None)
    if error_type == "NotFound":
        return NotFound(error_type, message, field)
    if error_type == "PreconditionFailed":
        return StateRefused(error_type, message, field)
    if error_type == "HistoryRemains":
        return HistoryRemains(error_type, message, field)
    if error_type == "TooManyAttempts":
        info = error.get("errorInfo")
        wait_s = info.get("retryAfterSeconds") if isinstance(info, dict) else None
        return TooManyAttempts(error_type, message, field, wait_s if isinstance(wait_s, int) else 60)
    if error_type == "InsufficientStorage":
        return ServerDiskFull(endpoint, message)
    if _is_transient(error_type):
        return BackendUnreachable(endpoint, message)
    return ApiRefused(error_type, message, field)


def _is_transient(error_type: str) -> bool:
    """Whether the same idempotent call may well succeed in a moment."""
    if error_type.startswith(_DYNAMODB_PREFIX):
        return error_type not in _PERMANENT_DYNAMODB_TYPES
    return error_type in _TRANSIENT_TYPES or error_type.startswith("Internal")


def _row(data: object) -> Exam | Result | ClassList | None:
    """The current row in a conflict, None if it is missing or cannot be read."""
    if not isinstance(data, dict):
        return None
    try:
        if "studentCount" in data:
            return class_list_from_wire(data)
        return result_from_wire(data) if "examId" in data else exam_from_wire(data)
    except (KeyError, TypeError, ValueError, FieldInvalid):
        return None


def _as_mapping(error: object) -> Mapping[str, Any]:
    return error if isinstance(error, dict) else {"message": str(error)}


def _reason(error: BaseException) -> str:
    """The innermost reason: requests wraps urllib3, which wraps the socket's own words."""
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__


@functools.lru_cache(maxsize=64)
def _parsed(document: str) -> DocumentNode:
    return parse(document)
