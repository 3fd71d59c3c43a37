"""Clients of the two Cognito services, and what their refusals mean. No credentials are needed or looked
for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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

if TYPE_CHECKING:  # the stubs are installed beside the tests only
    from mypy_boto3_cognito_identity import CognitoIdentityClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

__all__ = ["endpoint_of", "identity_client", "meaning", "refusal_code", "refusal_message", "user_pool_client"]

CONNECT_TIMEOUT_S = 4.0
READ_TIMEOUT_S = 10.0

_session_lock = (
    threading.Lock()
)  # boto3 sessions may not make two clients at once; finished clients are shared

_CONFIG = Config(
    signature_version=UNSIGNED,  # the operations of sign-in and of guests carry no signature
    connect_timeout=CONNECT_TIMEOUT_S,
    read_timeout=READ_TIMEOUT_S,
    # A repeated step of a sign-in is another step: whoever asked decides whether to ask again.
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
    """A client for sign-in. It may be shared by threads; close() it."""
    with _session_lock:
        return boto3.session.Session().client(
            "cognito-idp",
            region_name=settings.region,
            endpoint_url=settings.cognito_endpoint_url,
            config=_CONFIG,
        )


def identity_client(settings: BackendSettings) -> CognitoIdentityClient:
    """A client for guests' credentials. It may be shared by threads; close() it."""
    with _session_lock:
        return boto3.session.Session().client(
            "cognito-identity",
            region_name=settings.region,
            endpoint_url=settings.cognito_endpoint_url,
            config=_CONFIG,
        )


def endpoint_of(settings: BackendSettings) -> str:
    """How messages name the place where Cognito answers."""
    return settings.cognito_endpoint_url or f"Cognito in {settings.region}"


def refusal_code(error: ClientError) -> str:
    """The service's name of a refusal, such as NotAuthorizedException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def refusal_message(error: ClientError) -> str:
    """The service's words."""
    return str(error.response.get("Error", {}).get("Message", ""))


def meaning(error: BotoCoreError | ClientError, settings: BackendSettings) -> ExamResultsError:
    """The typed error for what boto3 raised."""
    if isinstance(error, BotoCoreError):
        return BackendUnreachable(endpoint_of(settings), str(error))
    code, message = refusal_code(error), refusal_message(error)
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
        return BackendUnreachable(endpoint_of(settings), f"{code}: {message}")
    return AccountNotUsable(f"The user pool refused this: {message or code}.")


def _not_authorized(message: str) -> ExamResultsError:
    """One code covers many refusals; only the words tell them apart."""
    words = message.casefold()
    if "attempts exceeded" in words:
        return SignInThrottled()
    if "disabled" in words:
        return AccountNotUsable("This account is switched off. Ask the operator.")
    if "temporary password has expired" in words:
        return AccountNotUsable("The temporary password is too old. Ask the operator for a new one.")
    if "cannot be reset" in words:
        return AccountNotUsable(
            "This password cannot be reset yet: sign in with the temporary password first."
        )
    if any(part in words for part in ("access token", "refresh token", "session", "revoked")):
        return SessionEnded()
    return SignInRejected()
