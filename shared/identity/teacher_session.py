"""A signed-in teacher: tokens that stay on the server, renewed before they expire.

How long a token is good for is counted from its arrival by a steady clock, so that a clock that is set, here
or where the tokens come from, ends no session. Whoever issued the tokens has the last word: one that is
refused is renewed, and the session is over when that is refused too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.identity.steady_clock import steady_s
from shared.model.errors import BackendUnreachable, SessionEnded

__all__ = ["RENEW_BEFORE_S", "TeacherSession", "Tokens"]

RENEW_BEFORE_S = 300.0  # a token with less left is renewed before it is used
RETRY_RENEWAL_S = 10.0  # after a failed renewal the old token is used this long before the next attempt
USABLE_S = 5.0  # a token with less left may expire in transit


@dataclass(frozen=True, slots=True)
class Tokens:
    """The verified tokens of one sign-in (OpenID Connect Core 1.0)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_claims: dict[str, Any] = field(repr=False)
    id_claims: dict[str, Any] = field(repr=False)

    @property
    def lifetime_s(self) -> float:
        """How long the access token is good for."""
        return float(self.access_claims["exp"]) - float(self.access_claims["iat"])


class TeacherSession:
    """One teacher's session. Thread-safe. `steady_s` is a clock that nobody sets."""

    def __init__(
        self, tokens: Tokens, renew: Callable[[str], Tokens], steady_s: Callable[[], float] = steady_s
    ) -> None:
        self._tokens_lock = threading.Lock()  # guards all below; held during a renewal, so that one suffices
        self._tokens: Tokens | None = tokens
        self._renew = renew
        self._steady_s = steady_s
        self._expires_at_s = steady_s() + tokens.lifetime_s
        self._retry_at_s = float("-inf")
        self._claims = tokens.id_claims
        self._username = str(tokens.access_claims["username"])
        self._sub = str(tokens.access_claims["sub"])

    @property
    def username(self) -> str:
        """The user pool's name for the account."""
        return self._username

    @property
    def sub(self) -> str:
        """The user pool's permanent id of the teacher: the owner of what they create."""
        return self._sub

    @property
    def email(self) -> str | None:
        """The address that codes are sent to."""
        return self._claims.get("email")

    @property
    def display_name(self) -> str:
        """The name to show: the pool's name, or given and family name, or the user name."""
        parts = (self._claims.get("given_name"), self._claims.get("family_name"))
        return self._claims.get("name") or " ".join(part for part in parts if part) or self._username

    @property
    def refresh_token(self) -> str | None:
        """The token with which another process can continue this session; None if it has ended."""
        tokens = self._tokens
        return None if tokens is None else tokens.refresh_token

    @property
    def has_ended(self) -> bool:
        """Whether this session is known to be over."""
        return self._tokens is None

    def access_token(self) -> str:
        """An access token, renewed when less than five minutes are left.

        Raises SessionEnded, or BackendUnreachable when the old token cannot be used any more.
        """
        with self._tokens_lock:
            tokens = self._present()
            now_s = self._steady_s()
            left_s = self._expires_at_s - now_s
            if left_s > RENEW_BEFORE_S or (left_s > USABLE_S and now_s < self._retry_at_s):
                return tokens.access_token
            try:
                return self._renewed(tokens)
            except BackendUnreachable:
                self._retry_at_s = now_s + RETRY_RENEWAL_S
                if left_s > USABLE_S:
                    return tokens.access_token
                raise

    def replace_refused(self, access_token: str) -> str:
        """Another access token than this one, which was refused although it is good for a while yet.

        Raises SessionEnded, or BackendUnreachable while no other can be had.
        """
        with self._tokens_lock:
            tokens = self._present()
            return tokens.access_token if tokens.access_token != access_token else self._renewed(tokens)

    def end(self) -> Tokens | None:
        """Forget the tokens and return them for revocation; None if the session had ended already."""
        with self._tokens_lock:
            tokens, self._tokens = self._tokens, None
            return tokens

    def _present(self) -> Tokens:
        if self._tokens is None:
            raise SessionEnded
        return self._tokens

    def _renewed(self, tokens: Tokens) -> str:
        try:
            renewed = self._renew(tokens.refresh_token)
        except SessionEnded:
            self._tokens = None
            raise
        if renewed.access_claims["sub"] != self._sub:
            self._tokens = None
            raise SessionEnded
        self._tokens, self._expires_at_s = renewed, self._steady_s() + renewed.lifetime_s
        self._claims = renewed.id_claims
        return renewed.access_token
