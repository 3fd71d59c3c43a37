"""Guests: one identity of the identity pool, kept, and its temporary credentials, renewed before they end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from shared.identity.cognito import endpoint_of, identity_client, refusal_code, refusal_message
from shared.model.errors import BackendUnreachable, NotAllowed
from shared.settings import BackendSettings

__all__ = ["RENEW_BEFORE_S", "GuestCredentials"]

RENEW_BEFORE_S = 300.0
USABLE_S = 5.0  # credentials with less left may run out on their way
_REFUSALS = {"NotAuthorizedException", "ForbiddenException", "InvalidIdentityPoolConfigurationException"}


class GuestCredentials:
    """Credentials that let anybody read what is published. Any thread may ask; close() it at the end.

    The pool makes a new identity at each GetId and limits that call: so one identity serves this process
    for good. `now_s` gives epoch seconds.
    """

    def __init__(self, settings: BackendSettings, now_s: Callable[[], float]) -> None:
        self._settings = settings
        self._now_s = now_s
        self._client = identity_client(settings)
        self._credentials_lock = threading.Lock()  # guards all below; held during a renewal: one is enough
        self._identity_id: str | None = None
        self._credentials: Credentials | None = None
        self._expires_at_s = 0.0

    def close(self) -> None:
        """Closes idle connections."""
        self._client.close()

    @property
    def expires_at_s(self) -> float:
        """The end of the present credentials as an epoch second; 0 before the first."""
        return self._expires_at_s

    def current(self) -> Credentials:
        """Credentials with some minutes left. Raises BackendUnreachable, or NotAllowed if guests are turned
        away."""
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
        """Fresh credentials after the API refused `refused`; no request if somebody renewed them already."""
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
                if refusal_code(error) != "ResourceNotFoundException":
                    raise
                # The pool has forgotten our identity: one new one, and no more.
                self._identity_id = self._new_identity()
                answer = self._client.get_credentials_for_identity(IdentityId=self._identity_id)
        except BotoCoreError as error:
            raise BackendUnreachable(endpoint_of(self._settings), str(error)) from error
        except ClientError as error:
            code, message = refusal_code(error), refusal_message(error)
            if code in _REFUSALS:
                raise NotAllowed(code, message or "The identity pool turns guests away.") from error
            raise BackendUnreachable(endpoint_of(self._settings), f"{code}: {message}") from error
        given = answer["Credentials"]
        self._credentials = Credentials(
            given["AccessKeyId"], given["SecretKey"], given["SessionToken"], method="guest"
        )
        self._expires_at_s = given["Expiration"].timestamp()
        return self._credentials

    def _new_identity(self) -> str:
        return self._client.get_id(IdentityPoolId=self._settings.identity_pool_id)["IdentityId"]
