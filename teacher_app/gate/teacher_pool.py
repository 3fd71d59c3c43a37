"""The user pool as the gate uses it: a part of shared.identity.user_pool.UserPool."""

from __future__ import annotations

from typing import Protocol

from shared.identity.teacher_session import TeacherSession
from shared.identity.user_pool import (
    AuthenticatorChallenge,
    AuthenticatorSecret,
    NewPasswordChallenge,
    SignInStep,
)

__all__ = ["TeacherPool"]


class TeacherPool(Protocol):
    """Every method blocks and raises the errors of UserPool's."""

    def sign_in(self, username: str, password: str) -> SignInStep: ...

    def answer_new_password(self, challenge: NewPasswordChallenge, new_password: str) -> SignInStep: ...

    def answer_authenticator(self, challenge: AuthenticatorChallenge, code: str) -> SignInStep: ...

    def resume(self, refresh_token: str) -> TeacherSession: ...

    def sign_out(self, session: TeacherSession) -> None: ...

    def sign_out_everywhere(self, session: TeacherSession) -> None: ...

    def forgot_password(self, username: str) -> str | None: ...

    def confirm_forgot_password(self, username: str, code: str, new_password: str) -> None: ...

    def change_password(self, session: TeacherSession, password: str, new_password: str) -> None: ...

    def has_authenticator(self, session: TeacherSession) -> bool: ...

    def enrol_authenticator(self, session: TeacherSession, issuer: str) -> AuthenticatorSecret: ...

    def confirm_authenticator(self, session: TeacherSession, code: str) -> None: ...

    def turn_off_authenticator(self, session: TeacherSession) -> None: ...

    def close(self) -> None: ...
