"""A signed-in teacher: tokens that stay on the server, renewed before they run out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.model.errors import BackendUnreachable, SessionEnded

__all__ = ["RENEW_BEFORE_S", "TeacherSession", "Tokens"]

RENEW_BEFORE_S = 300.0  # a token with less left is renewed before it is used
RETRY_RENEWAL_S = 10.0  # after a failed renewal the old token serves this long before the next try
USABLE_S = 5.0  # a token with less left may run out on its way


@dataclass(frozen=True, slots=True)
class Tokens:
    """Verified tokens of one sign-in. `expires_at_s` is the access token's end as an epoch second."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_claims: dict[str, Any] = field(repr=False)
    id_claims: dict[str, Any] = field(repr=False)

    @property
    def expires_at_s(self) -> float:
        return float(self.access_claims["exp"])


class TeacherSession:
    """One teacher's session. Any thread may ask for the access token."""

    def __init__(self, tokens: Tokens, renew: Callable[[str], Tokens], now_s: Callable[[], float]) -> None:
        self._tokens_lock = threading.Lock()  # guards all below; held during a renewal, so that one is enough
        self._tokens: Tokens | None = tokens
        self._renew = renew
        self._now_s = now_s
        self._retry_at_s = 0.0
        self._claims = tokens.id_claims
        self._username = str(tokens.access_claims["username"])
        self._sub = str(tokens.access_claims["sub"])

    @property
    def username(self) -> str:
        """The name that the user pool knows."""
        return self._username

    @property
    def sub(self) -> str:
        """The user pool's lasting id of the teacher: the owner of what they make."""
        return self._sub

    @property
    def email(self) -> str | None:
        """The address that codes are sent to."""
        return self._claims.get("email")

    @property
    def display_name(self) -> str:
        """The name to greet: the pool's name, given and family name, or the user name."""
        parts = (self._claims.get("given_name"), self._claims.get("family_name"))
        return self._claims.get("name") or " ".join(part for part in parts if part) or self._username

    @property
    def expires_at_s(self) -> float:
        """When the present access token ends, as an epoch second. Raises SessionEnded."""
        return self._present().expires_at_s

    @property
    def has_ended(self) -> bool:
        """Whether it is certain that this session is over."""
        return self._tokens is None

    def access_token(self) -> str:
        """An access token with some minutes left; renews it when there are under five.

        Raises SessionEnded, or BackendUnreachable when the old token no longer serves either.
        """
        with self._tokens_lock:
            tokens = self._present()
            now_s = self._now_s()
            left_s = tokens.expires_at_s - now_s
            if left_s > RENEW_BEFORE_S or (left_s > USABLE_S and now_s < self._retry_at_s):
                return tokens.access_token
            try:
                renewed = self._renew(tokens.refresh_token)
            except SessionEnded:
                self._tokens = None
                raise
            except BackendUnreachable:
                self._retry_at_s = now_s + RETRY_RENEWAL_S
                if left_s > USABLE_S:
                    return tokens.access_token
                raise
            if renewed.access_claims["sub"] != self._sub:
                self._tokens = None
                raise SessionEnded
            self._tokens = renewed
            self._claims = renewed.id_claims
            return renewed.access_token

    def end(self) -> Tokens | None:
        """Forgets the tokens here; gives them once more to whoever revokes them. None if it had ended."""
        with self._tokens_lock:
            tokens, self._tokens = self._tokens, None
            return tokens

    def _present(self) -> Tokens:
        if self._tokens is None:
            raise SessionEnded
        return self._tokens
