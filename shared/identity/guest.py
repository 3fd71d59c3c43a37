"""Guest access: one identity-pool identity and its temporary credentials, renewed before they expire."""

from __future__ import annotations

import threading
from collections.abc import Callable

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from shared.identity.cognito import endpoint_name, error_code, error_message, identity_client
from shared.model.errors import BackendUnreachable, NotAllowed
from shared.settings import BackendSettings

__all__ = ["RENEW_BEFORE_S", "GuestCredentials"]

RENEW_BEFORE_S = 300.0
USABLE_S = 5.0  # credentials with less left may expire in transit
_REFUSALS = {"NotAuthorizedException", "ForbiddenException", "InvalidIdentityPoolConfigurationException"}


class GuestCredentials:
    """Credentials with which anybody may read what is published. Thread-safe; close() it at the end.

    GetId makes a new identity each time and is rate-limited, so a process keeps one identity for good.
    `now_s` returns epoch seconds.
    """

    def __init__(self, settings: BackendSettings, now_s: Callable[[], float]) -> None:
        self._settings = settings
        self._now_s = now_s
        self._client = identity_client(settings)
        self._credentials_lock = (
            threading.Lock()
        )  # guards all below; held during a renewal, so that one suffices
        self._identity_id: str | None = None
        self._credentials: Credentials | None = None
        self._expires_at_s = 0.0

    def close(self) -> None:
        """Closes idle connections."""
        self._client.close()

    @property
    def expires_at_s(self) -> float:
        """When the present credentials expire, in epoch seconds; 0 before the first."""
        return self._expires_at_s

    def current(self) -> Credentials:
        """Credentials that are valid for minutes. Raises BackendUnreachable, or NotAllowed if refused."""
        with self._credentials_lock:
            left_s = self._expires_at_s - self._now_s()
            if self._credentials is not None and left_s > RENEW_BEFORE_S:
                return self._credentials
            try:
                return self._renew()
            except BackendUnreachable:
                if self._credentials is not None and left_s > USABLE_S:
                    return self._credentials
                raise

    def renew(self, refused: Credentials) -> Credentials:
        """New credentials after the API refused `refused`; no request if another thread has renewed them."""
        with self._credentials_lock:
            if self._credentials is not None and self._credentials is not refused:
                return self._credentials
            return self._renew()

    def _renew(self) -> Credentials:
        try:
            if self._identity_id is None:
                self._identity_id = self._new_identity()
            try:
                answer = self._client.get_credentials_for_identity(IdentityId=self._identity_id)
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                # The pool no longer has our identity: get one new one, once.
                self._identity_id = self._new_identity()
                answer = self._client.get_credentials_for_identity(IdentityId=self._identity_id)
        except BotoCoreError as error:
            raise BackendUnreachable(endpoint_name(self._settings), str(error)) from error
        except ClientError as error:
            code, message = error_code(error), error_message(error)
            if code in _REFUSALS:
                raise NotAllowed(code, message or "The identity pool refuses guests.") from error
            raise BackendUnreachable(endpoint_name(self._settings), f"{code}: {message}") from error
        received = answer["Credentials"]
        self._credentials = Credentials(
            received["AccessKeyId"], received["SecretKey"], received["SessionToken"], method="guest"
        )
        self._expires_at_s = received["Expiration"].timestamp()
        return self._credentials

    def _new_identity(self) -> str:
        return self._client.get_id(IdentityPoolId=self._settings.identity_pool_id)["IdentityId"]
