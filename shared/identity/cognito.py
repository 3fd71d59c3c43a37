"""Clients of the two Cognito services, and typed errors for what they refuse. No AWS credentials needed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from shared.model.errors import (
    AccountNotUsable,
    BackendUnreachable,
    CodeRejected,
    ExamResultsError,
    PasswordRefused,
    PasswordResetRequired,
    SessionEnded,
    SignInRejected,
    SignInThrottled,
)
from shared.settings import BackendSettings

if TYPE_CHECKING:  # the stubs are a test requirement
    from mypy_boto3_cognito_identity import CognitoIdentityClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

__all__ = [
    "endpoint_name",
    "error_code",
    "error_from_boto",
    "error_message",
    "identity_client",
    "user_pool_client",
]

CONNECT_TIMEOUT_S = 4.0
READ_TIMEOUT_S = 10.0

_session_lock = threading.Lock()  # boto3 cannot make two clients at once; finished clients may be shared
_CONFIG = Config(
    signature_version=UNSIGNED,  # sign-in and guests' operations are not signed
    connect_timeout=CONNECT_TIMEOUT_S,
    read_timeout=READ_TIMEOUT_S,
    # Repeating a step of a sign-in is another attempt: the caller decides whether to make it.
    retries={"total_max_attempts": 1, "mode": "standard"},
)

_THROTTLED = {
    "LimitExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TooManyFailedAttemptsException",
    "TooManyRequestsException",
}
_WRONG_CODE = {
    "CodeMismatchException": "This code is not right. Type the newest one.",
    "EnableSoftwareTokenMFAException": "This code is not right. Type the one that the app shows now.",
    "ExpiredCodeException": "This code is too old. Ask for a new one.",
}
_POLICY = {"InvalidPasswordException", "PasswordHistoryPolicyViolationException"}


def user_pool_client(settings: BackendSettings) -> CognitoIdentityProviderClient:
    """A client for sign-in. Threads may share it; close() it."""
    client: CognitoIdentityProviderClient = _client("cognito-idp", settings)
    return client


def identity_client(settings: BackendSettings) -> CognitoIdentityClient:
    """A client for guests' credentials. Threads may share it; close() it."""
    client: CognitoIdentityClient = _client("cognito-identity", settings)
    return client


def _client(service: Literal["cognito-idp", "cognito-identity"], settings: BackendSettings) -> Any:
    with _session_lock:
        client = boto3.session.Session().client(
            service, region_name=settings.region, endpoint_url=settings.cognito_endpoint_url, config=_CONFIG
        )
    client.meta.events.register("after-call", _refuse_cut_answer)
    return client


def _refuse_cut_answer(http_response: AWSResponse, **_: object) -> None:
    """botocore 1.44 takes an answer whose connection was closed in its middle for an empty one."""
    length = http_response.headers.get("Content-Length")
    if length is not None and len(http_response.content) != int(length):
        raise ConnectionClosedError(endpoint_url=http_response.url)


def endpoint_name(settings: BackendSettings) -> str:
    """Cognito's address, as error messages name it."""
    return settings.cognito_endpoint_url or f"Cognito in {settings.region}"


def error_code(error: ClientError) -> str:
    """The service's error code, such as NotAuthorizedException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_message(error: ClientError) -> str:
    """The service's message."""
    return str(error.response.get("Error", {}).get("Message", ""))


def error_from_boto(error: BotoCoreError | ClientError, settings: BackendSettings) -> ExamResultsError:
    """The typed error for an exception of boto3."""
    if isinstance(error, BotoCoreError):
        return BackendUnreachable(endpoint_name(settings), str(error))
    code, message = error_code(error), error_message(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLED:
        return SignInThrottled()
    if code in _WRONG_CODE:
        return CodeRejected(_WRONG_CODE[code])
    if code in _POLICY:
        return PasswordRefused(message or "The user pool's rules refuse this password. Choose another.")
    if code == "PasswordResetRequiredException":
        return PasswordResetRequired()
    if code in {"NotAuthorizedException", "UserNotFoundException"}:
        return _not_authorized(message)
    if code == "UserNotConfirmedException":
        return AccountNotUsable("This account is not confirmed yet. Ask the operator.")
    if status >= 500:
        return BackendUnreachable(endpoint_name(settings), f"{code}: {message}")
    return AccountNotUsable(f"The user pool refused this: {message or code}.")


def _not_authorized(message: str) -> ExamResultsError:
    """NotAuthorizedException has many causes; only its message distinguishes them."""
    text = message.casefold()
    if "attempts exceeded" in text:
        return SignInThrottled()
    if "disabled" in text:
        return AccountNotUsable("This account is switched off. Ask the operator.")
    if "temporary password has expired" in text:
        return AccountNotUsable("The temporary password is too old. Ask the operator for a new one.")
    if "cannot be reset" in text:
        return AccountNotUsable(
            "This password cannot be reset yet: sign in with the temporary password first."
        )
    if any(part in text for part in ("access token", "refresh token", "session", "revoked")):
        return SessionEnded()
    return SignInRejected()
