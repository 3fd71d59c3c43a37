"""An in-memory user pool for tests of the gate: it behaves like TeacherPool, without cryptography."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.identity.teacher_session import TeacherSession, Tokens
from shared.identity.user_pool import (
    AuthenticatorChallenge,
    AuthenticatorSecret,
    NewPasswordChallenge,
    SignInStep,
)
from shared.model.errors import CodeRejected, ExamResultsError, PasswordRefused, SessionEnded, SignInRejected
from shared.settings import BackendSettings, TeacherSettings

__all__ = ["CODE", "PASSWORD", "Account", "Clock", "FakePool", "teacher_settings"]

PASSWORD = "Correct-horse-7-battery"
CODE = "123456"
TOKEN_LIFETIME_S = 3600.0


class Clock:
    """Time that moves only when a test advances it. So do clocks that follow it."""

    def __init__(self, now_s: float = 1_800_000_000.0) -> None:
        self.now_s = now_s
        self.followers: list[Clock] = []

    def __call__(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds
        for clock in self.followers:
            clock.advance(seconds)


@dataclass
class Account:
    password: str = PASSWORD
    is_temporary: bool = False
    has_authenticator: bool = False
    live_refresh_tokens: set[str] = field(default_factory=set)


class FakePool:
    """`trouble` is raised by every call while it is set; `calls` lists the calls in order."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.accounts: dict[str, Account] = {"ada": Account(), "grace": Account()}
        self.trouble: ExamResultsError | None = None
        self.calls: list[str] = []
        self.is_closed = False
        self._now_s = now_s
        self._numbers = itertools.count(1)

    def sign_in(self, username: str, password: str) -> SignInStep:
        self._called("sign_in")
        account = self.accounts.get(username)
        if account is None or account.password != password:
            raise SignInRejected
        if account.is_temporary:
            return NewPasswordChallenge(username, username, f"challenge-{next(self._numbers)}")
        if account.has_authenticator:
            return AuthenticatorChallenge(username, username, f"challenge-{next(self._numbers)}")
        return self.session_of(username)

    def answer_new_password(self, challenge: NewPasswordChallenge, new_password: str) -> SignInStep:
        self._called("answer_new_password")
        if "pool-refuses" in new_password:
            raise PasswordRefused("it was in a leak.")
        account = self.accounts[challenge.pool_username]
        account.password, account.is_temporary = new_password, False
        return self.session_of(challenge.pool_username)

    def answer_authenticator(self, challenge: AuthenticatorChallenge, code: str) -> SignInStep:
        self._called("answer_authenticator")
        self._check_code(code)
        return self.session_of(challenge.pool_username)

    def resume(self, refresh_token: str) -> TeacherSession:
        self._called("resume")
        return TeacherSession(self._renew(refresh_token), self._renew, self._now_s)

    def sign_out(self, session: TeacherSession) -> None:
        self._called("sign_out")
        tokens = session.end()
        if tokens is not None:
            self.accounts[session.username].live_refresh_tokens.discard(tokens.refresh_token)

    def sign_out_everywhere(self, session: TeacherSession) -> None:
        self._called("sign_out_everywhere")
        self._confirm(session)
        self.accounts[session.username].live_refresh_tokens.clear()
        session.end()

    def forgot_password(self, username: str) -> str | None:
        self._called("forgot_password")
        return f"{username[0]}***@s***"

    def confirm_forgot_password(self, username: str, code: str, new_password: str) -> None:
        self._called("confirm_forgot_password")
        self._check_code(code)
        self.accounts[username].password = new_password

    def change_password(self, session: TeacherSession, password: str, new_password: str) -> None:
        self._called("change_password")
        self._confirm(session)
        if self.accounts[session.username].password != password:
            raise SignInRejected
        self.accounts[session.username].password = new_password

    def has_authenticator(self, session: TeacherSession) -> bool:
        self._called("has_authenticator")
        self._confirm(session)
        return self.accounts[session.username].has_authenticator

    def enrol_authenticator(self, session: TeacherSession, issuer: str) -> AuthenticatorSecret:
        self._called("enrol_authenticator")
        self._confirm(session)
        uri = f"otpauth://totp/{issuer}:{session.username}?secret=ABCDEFGHIJ"
        return AuthenticatorSecret("ABCDEFGHIJ", uri)

    def confirm_authenticator(self, session: TeacherSession, code: str) -> None:
        self._called("confirm_authenticator")
        self._confirm(session)
        self._check_code(code)
        self.accounts[session.username].has_authenticator = True

    def turn_off_authenticator(self, session: TeacherSession) -> None:
        self._called("turn_off_authenticator")
        self._confirm(session)
        self.accounts[session.username].has_authenticator = False

    def close(self) -> None:
        self.is_closed = True

    def session_of(self, username: str) -> TeacherSession:
        """A session of `username`, as after a sign-in."""
        refresh_token = f"refresh-{next(self._numbers)}"
        self.accounts[username].live_refresh_tokens.add(refresh_token)
        return TeacherSession(self._tokens(username, refresh_token), self._renew, self._now_s)

    def revoke(self, username: str) -> None:
        """Ends all sessions of `username` in the pool, as signing out everywhere in another program does."""
        self.accounts[username].live_refresh_tokens.clear()

    def _renew(self, refresh_token: str) -> Tokens:
        for username, account in self.accounts.items():
            if refresh_token in account.live_refresh_tokens:
                return self._tokens(username, refresh_token)
        raise SessionEnded

    def _tokens(self, username: str, refresh_token: str) -> Tokens:
        claims: dict[str, Any] = {
            "username": username,
            "sub": f"sub-of-{username}",
            "iat": self._now_s(),
            "exp": self._now_s() + TOKEN_LIFETIME_S,
        }
        # This pool identifies a session by its refresh token, so the access token contains it.
        return Tokens(
            f"access-for {refresh_token}", refresh_token, claims, {"email": f"{username}@s.example"}
        )

    def _confirm(self, session: TeacherSession) -> None:
        refresh_token = session.access_token().removeprefix("access-for ")
        if refresh_token not in self.accounts[session.username].live_refresh_tokens:
            raise SessionEnded

    @staticmethod
    def _check_code(code: str) -> None:
        if code.replace(" ", "") != CODE:
            raise CodeRejected("This code is not right. Type the newest one.")

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.trouble is not None:
            raise self.trouble


def teacher_settings(**changes: Any) -> TeacherSettings:
    """Settings of a backend that is never called."""
    backend = BackendSettings(
        region="local-1",
        api_url="http://127.0.0.1:9/graphql",
        realtime_url="ws://127.0.0.1:9/graphql/realtime",
        user_pool_id="local-1_Pool",
        user_pool_client_id="client",
        identity_pool_id="local-1:pool",
        cognito_endpoint_url="http://127.0.0.1:9",
    )
    return TeacherSettings(backend, **changes)
