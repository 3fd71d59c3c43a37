"""Teachers' sign-in with Amazon Cognito: pycognito's SRP and public keys within our own flow.

pycognito's flow discards the challenge's session, so that a forced new password would need the old one again,
and it supports no challenge after that. Its token verification trusts the computer's clock to the second. So
only its arithmetic and its way to the pool's keys are used; no object keeps a password longer than the call
that it was passed to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import jwt
import requests
from botocore.exceptions import BotoCoreError, ClientError
from pycognito import Cognito
from pycognito.aws_srp import AWSSRP

from shared.identity.cognito import endpoint_name, error_code, error_from_boto, user_pool_client
from shared.identity.steady_clock import steady_s
from shared.identity.teacher_session import TeacherSession, Tokens
from shared.model.errors import (
    AccountNotUsable,
    BackendUnreachable,
    CodeRejected,
    ExamResultsError,
    PasswordSetSignInAgain,
    SessionEnded,
    SignInRejected,
    SignInThrottled,
)
from shared.settings import BackendSettings

__all__ = [
    "AuthenticatorChallenge",
    "AuthenticatorSecret",
    "NewPasswordChallenge",
    "SignInStep",
    "TeacherSession",
    "UserPool",
]

# How far the pool's clock may be behind ours. Its tokens come straight from it, in answer to our own request.
CLOCK_STEP_MAX_S = 2 * 3600.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class NewPasswordChallenge:
    """The temporary password was right; the pool requires a new one. Valid for a few minutes.

    `username` is what was typed; `pool_username` is the pool's name for that account.
    """

    username: str
    pool_username: str
    session: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticatorChallenge:
    """The password was right; the pool requires the authenticator app's code. Valid for a few minutes.

    `is_after_new_password`: a new password was set earlier in this sign-in.
    """

    username: str
    pool_username: str
    session: str = field(repr=False)
    is_after_new_password: bool = False


@dataclass(frozen=True, slots=True)
class AuthenticatorSecret:
    """For an authenticator app: `secret` (base32) to type, or `uri` (otpauth://) as a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


SignInStep = TeacherSession | NewPasswordChallenge | AuthenticatorChallenge


class UserPool:
    """The user pool as seen by its app client. Thread-safe; close() it at the end.

    Every method raises BackendUnreachable, and SignInThrottled after too many attempts; each names the other
    errors that it raises. `steady_s` is a clock that nobody sets.
    """

    def __init__(self, settings: BackendSettings, steady_s: Callable[[], float] = steady_s) -> None:
        self._settings = settings
        self._steady_s = steady_s
        self._client = user_pool_client(settings)
        self._keys_lock = threading.Lock()  # guards _keys
        self._keys: dict[str, Any] | None = None  # the pool's JWKS; fetched again for an unknown key id

    def close(self) -> None:
        """Closes idle connections."""
        self._client.close()

    # Sign-in

    def sign_in(self, username: str, password: str) -> SignInStep:
        """Raises SignInRejected, PasswordResetRequired or AccountNotUsable."""
        if not username or not password:
            raise SignInRejected
        srp = AWSSRP(
            username=username,
            password=password,
            pool_id=self._settings.user_pool_id,
            client_id=self._settings.user_pool_client_id,
            client=self._client,
        )
        auth_parameters = srp.get_auth_params()
        with self._typed_errors():
            challenge = self._client.initiate_auth(
                ClientId=self._settings.user_pool_client_id,
                AuthFlow="USER_SRP_AUTH",
                AuthParameters=auth_parameters,
            )
            if challenge.get("ChallengeName") != "PASSWORD_VERIFIER":
                raise AccountNotUsable("The user pool does not offer sign-in with a password proof (SRP).")
            try:
                proof = srp.process_challenge(challenge["ChallengeParameters"], auth_parameters)
            except (KeyError, ValueError) as error:
                raise BackendUnreachable(
                    endpoint_name(self._settings), f"no SRP answer: {error!r}"
                ) from error
            answer = self._client.respond_to_auth_challenge(
                ClientId=self._settings.user_pool_client_id,
                ChallengeName="PASSWORD_VERIFIER",
                ChallengeResponses=proof,
            )
        return self._next_step(username, answer)

    def answer_new_password(self, challenge: NewPasswordChallenge, new_password: str) -> SignInStep:
        """Raises PasswordRefused (the challenge stays valid), SessionEnded (begin again), AccountNotUsable,
        and PasswordSetSignInAgain if the password is set but sign-in could not be completed."""
        with self._typed_errors():
            answer = self._client.respond_to_auth_challenge(
                ClientId=self._settings.user_pool_client_id,
                ChallengeName="NEW_PASSWORD_REQUIRED",
                Session=challenge.session,
                ChallengeResponses={"USERNAME": challenge.pool_username, "NEW_PASSWORD": new_password},
            )
        try:
            return self._next_step(challenge.username, answer, is_after_new_password=True)
        except (BackendUnreachable, AccountNotUsable) as error:
            raise PasswordSetSignInAgain from error

    def answer_authenticator(self, challenge: AuthenticatorChallenge, code: str) -> SignInStep:
        """Raises CodeRejected (the challenge is still valid unless the pool ended it) or SessionEnded."""
        with self._typed_errors():
            answer = self._client.respond_to_auth_challenge(
                ClientId=self._settings.user_pool_client_id,
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=challenge.session,
                ChallengeResponses={
                    "USERNAME": challenge.pool_username,
                    "SOFTWARE_TOKEN_MFA_CODE": _digits(code),
                },
            )
        return self._next_step(challenge.username, answer)

    def resume(self, refresh_token: str) -> TeacherSession:
        """The session that another process began. Raises SessionEnded if the pool refuses the token."""
        return TeacherSession(self._renew(refresh_token), self._renew, self._steady_s)

    def sign_out(self, session: TeacherSession) -> None:
        """End this session here, whatever the pool answers, then revoke its refresh token (RFC 7009)."""
        tokens = session.end()
        if tokens is None:
            return
        try:
            self._client.revoke_token(ClientId=self._settings.user_pool_client_id, Token=tokens.refresh_token)
        except ClientError as error:
            if error_code(error) != "UnauthorizedException":  # already revoked, or too old
                raise error_from_boto(error, self._settings) from error
        except BotoCoreError as error:
            raise error_from_boto(error, self._settings) from error

    def sign_out_everywhere(self, session: TeacherSession) -> None:
        """End every session of this teacher at the pool. Raises SessionEnded if this one has ended."""
        self._as_teacher(session, lambda token: self._client.global_sign_out(AccessToken=token))
        session.end()

    # Passwords

    def forgot_password(self, username: str) -> str | None:
        """Has a code sent. Returns the masked address that it was sent to, None if the pool names none.

        An unknown name is no error, so that nothing reveals who has an account. Raises AccountNotUsable.
        """
        try:
            with self._typed_errors():
                answer = self._client.forgot_password(
                    ClientId=self._settings.user_pool_client_id, Username=username
                )
        except SignInRejected:
            return None
        return answer.get("CodeDeliveryDetails", {}).get("Destination")

    def confirm_forgot_password(self, username: str, code: str, new_password: str) -> None:
        """Raises CodeRejected, PasswordRefused or AccountNotUsable."""
        try:
            with self._typed_errors():
                self._client.confirm_forgot_password(
                    ClientId=self._settings.user_pool_client_id,
                    Username=username,
                    ConfirmationCode=_digits(code),
                    Password=new_password,
                )
        except SignInRejected as error:
            raise CodeRejected("This code is not right. Type the newest one.") from error

    def change_password(self, session: TeacherSession, password: str, new_password: str) -> None:
        """Raises SignInRejected (the present password is wrong), PasswordRefused or SessionEnded."""
        self._as_teacher(
            session,
            lambda token: self._client.change_password(
                AccessToken=token, PreviousPassword=password, ProposedPassword=new_password
            ),
        )

    # The authenticator app

    def has_authenticator(self, session: TeacherSession) -> bool:
        """Whether sign-in asks for a code. Raises SessionEnded."""
        user = self._as_teacher(session, lambda token: self._client.get_user(AccessToken=token))
        return "SOFTWARE_TOKEN_MFA" in user.get("UserMFASettingList", [])

    def enrol_authenticator(self, session: TeacherSession, issuer: str) -> AuthenticatorSecret:
        """A new secret for the teacher's app, in use once it is confirmed. Raises SessionEnded."""
        answer = self._as_teacher(
            session, lambda token: self._client.associate_software_token(AccessToken=token)
        )
        secret = answer["SecretCode"]
        label = f"{quote(issuer)}:{quote(session.username)}"
        uri = f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}"
        return AuthenticatorSecret(secret, uri)

    def confirm_authenticator(self, session: TeacherSession, code: str) -> None:
        """Have sign-in ask for a code from now on. Raises CodeRejected or SessionEnded."""
        answer = self._as_teacher(
            session,
            lambda token: self._client.verify_software_token(AccessToken=token, UserCode=_digits(code)),
        )
        if answer.get("Status") != "SUCCESS":
            raise CodeRejected("This code is not right. Type the one that the app shows now.")
        self._ask_for_codes(session, is_wanted=True)

    def turn_off_authenticator(self, session: TeacherSession) -> None:
        """Have sign-in no longer ask for a code. Raises SessionEnded."""
        self._ask_for_codes(session, is_wanted=False)

    def _ask_for_codes(self, session: TeacherSession, *, is_wanted: bool) -> None:
        self._as_teacher(
            session,
            lambda token: self._client.set_user_mfa_preference(
                AccessToken=token,
                SoftwareTokenMfaSettings={"Enabled": is_wanted, "PreferredMfa": is_wanted},
            ),
        )

    # Challenges and tokens

    def _as_teacher(self, session: TeacherSession, call: Callable[[str], _T]) -> _T:
        """The call's answer with the session's access token, or with another one if that is refused: by a
        clock that was set meanwhile it may be too old, or from the future, in a session that is not over."""
        access_token = session.access_token()
        try:
            with self._typed_errors():
                return call(access_token)
        except SessionEnded:
            renewed = session.replace_refused(access_token)
        try:
            with self._typed_errors():
                return call(renewed)
        except SessionEnded as error:
            raise BackendUnreachable(
                endpoint_name(self._settings), "it refuses the token that it has just issued"
            ) from error

    def _next_step(
        self, username: str, answer: Mapping[str, Any], *, is_after_new_password: bool = False
    ) -> SignInStep:
        if answer.get("AuthenticationResult"):
            result = answer["AuthenticationResult"]
            tokens = self._verify_tokens(result, result.get("RefreshToken", ""))
            return TeacherSession(tokens, self._renew, self._steady_s)
        challenge = answer.get("ChallengeName")
        parameters = answer.get("ChallengeParameters", {})
        pool_username = parameters.get("USERNAME") or parameters.get("USER_ID_FOR_SRP") or username
        if challenge == "NEW_PASSWORD_REQUIRED":
            return NewPasswordChallenge(username, pool_username, answer["Session"])
        if challenge == "SOFTWARE_TOKEN_MFA":
            return AuthenticatorChallenge(username, pool_username, answer["Session"], is_after_new_password)
        raise AccountNotUsable(f"Sign-in asks for a step that is not offered here ({challenge}).")

    def _renew(self, refresh_token: str) -> Tokens:
        """New tokens. Raises SessionEnded if the pool refuses, BackendUnreachable if it cannot be reached."""
        try:
            with self._typed_errors():
                answer = self._client.initiate_auth(
                    ClientId=self._settings.user_pool_client_id,
                    AuthFlow="REFRESH_TOKEN_AUTH",
                    AuthParameters={"REFRESH_TOKEN": refresh_token},
                )
        except SignInThrottled as error:
            raise BackendUnreachable(endpoint_name(self._settings), str(error)) from error
        except BackendUnreachable:
            raise
        except ExamResultsError as error:
            raise SessionEnded from error
        result = answer["AuthenticationResult"]
        try:
            # Only a pool that rotates refresh tokens sends a new one.
            return self._verify_tokens(result, result.get("RefreshToken") or refresh_token)
        except AccountNotUsable as error:
            raise SessionEnded from error

    def _verify_tokens(self, result: Mapping[str, Any], refresh_token: str) -> Tokens:
        """Verifies both tokens, and that the access token was issued to our client."""
        access_claims = self._claims(result["AccessToken"], is_access=True)
        id_claims = self._claims(result["IdToken"], is_access=False)
        if access_claims.get("client_id") != self._settings.user_pool_client_id:
            raise _token_invalid("the access token is for another client")
        if access_claims["sub"] != id_claims.get("sub"):
            raise _token_invalid("the two tokens are for different users")
        return Tokens(result["AccessToken"], refresh_token, access_claims, id_claims)

    def _claims(self, token: str, *, is_access: bool) -> dict[str, Any]:
        """What a token of the pool says, checked as OpenID Connect Core 1.0, section 3.1.3.7, asks, but for
        `iat` and `exp` by a clock that may have been set."""
        required = ["iss", "iat", "exp", "sub", "username" if is_access else "aud"]
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key_of(token),
                algorithms=["RS256"],
                audience=None if is_access else self._settings.user_pool_client_id,
                issuer=self._cognito().user_pool_url,
                leeway=CLOCK_STEP_MAX_S,
                options={"require": required, "verify_iat": False},
            )
            if claims.get("token_use") != ("access" if is_access else "id"):
                raise _token_invalid("it is for another use")
            if int(claims["exp"]) <= int(claims["iat"]):
                raise _token_invalid("it was never good")
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise _token_invalid(repr(error)) from error
        return claims

    def _key_of(self, token: str) -> jwt.PyJWK:
        """The public key with which the token claims to be signed."""
        key_id = jwt.get_unverified_header(token).get("kid")
        for is_last_try in (False, True):
            keys, are_new = self._public_keys(must_fetch=is_last_try)
            for key in keys["keys"]:
                if key.get("kid") == key_id:
                    return jwt.PyJWK(key)
            if are_new:
                break
        raise _token_invalid("no public key of the pool has its key id")

    def _public_keys(self, *, must_fetch: bool) -> tuple[dict[str, Any], bool]:
        """The pool's JWKS (RFC 7517), and whether it was fetched just now."""
        with self._keys_lock:
            if self._keys is not None and not must_fetch:
                return self._keys, False
            cognito = self._cognito()
            try:
                keys = cognito.get_keys()
                if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
                    raise BackendUnreachable(cognito.user_pool_url, "its public keys cannot be read")
            except (requests.RequestException, ValueError) as error:
                raise BackendUnreachable(cognito.user_pool_url, str(error)) from error
            self._keys = keys
            return keys, True

    def _cognito(self) -> Cognito:
        """A pycognito object to verify one token; cheap, as it shares the client."""
        endpoint_url = self._settings.cognito_endpoint_url
        return Cognito(
            self._settings.user_pool_id,
            self._settings.user_pool_client_id,
            user_pool_region=self._settings.region,
            session=_ClientSource(self._client),
            boto3_client_kwargs={"endpoint_url": endpoint_url} if endpoint_url else None,
        )

    @contextmanager
    def _typed_errors(self) -> Iterator[None]:
        """Exceptions of boto3 raised inside become typed errors; no message contains a password."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise error_from_boto(error, self._settings) from error


class _ClientSource:
    """Takes the place of a boto3 session for pycognito and returns the existing client."""

    def __init__(self, client: object) -> None:
        self._client = client

    def client(self, *_args: object, **_kwargs: object) -> object:
        return self._client


def _digits(code: str) -> str:
    """The code without spaces, which people type as the apps show them."""
    return "".join(code.split())


def _token_invalid(reason: str) -> AccountNotUsable:
    return AccountNotUsable(f"The user pool's answer cannot be trusted ({reason}). Tell the operator.")
