"""What the user pool's operations share: its parts, and the steps that several operations take. No HTTP.

Neither an answer nor the work behind it reveals whether a name exists: `account_of` returns a
decoy for an unknown name, and the operation continues as with a real account.
"""

import logging
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.mail_outbox import MailOutbox
from deploy.local.backend.cognito.pool_secret import PoolSecret
from deploy.local.backend.cognito.request_fields import Fields
from deploy.local.backend.cognito.srp import Challenge, new_password_record, new_salt
from deploy.local.backend.cognito.user_pool import lockout
from deploy.local.backend.cognito.user_pool.account_store import AccountStore
from deploy.local.backend.cognito.user_pool.expiring_store import ExpiringStore
from deploy.local.backend.cognito.user_pool.password_policy import DEFAULT_POLICY, PasswordPolicy
from deploy.local.backend.storage import users
from deploy.local.backend.storage.pools import PoolNames
from deploy.local.backend.storage.sign_ins import SignIn, insert_sign_in, revoke_sign_ins_of
from deploy.local.backend.storage.users import PasswordRecord, User, UserStatus
from deploy.local.backend.tokens import (
    TokenClaims,
    TokenFault,
    TokenMinter,
    TokenRefused,
    TokenSubject,
    TokenUse,
    TokenVerifier,
)

__all__ = [
    "TEMPORARY_PASSWORD_LIFETIME_S",
    "Account",
    "ChallengeName",
    "ChallengeSession",
    "PasswordProof",
    "SignedIn",
    "UserPoolContext",
]

REFRESH_TOKEN_LIFETIME_S: Final = 30 * 86_400.0
TEMPORARY_PASSWORD_LIFETIME_S: Final = 7 * 86_400.0
CHALLENGE_LIFETIME_S: Final = 180.0  # from one step to the next, while a person may be typing
ENROLMENT_LIFETIME_S: Final = 900.0
PROOFS_MAX: Final = 10_000
SESSIONS_MAX: Final = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """What a typed name leads to: a user, or a decoy that looks the same from outside.

    `target_hash` is what the lock-out counts. It depends on the typed name alone, so that a lock does not
    reveal which names belong to one person.
    """

    user_id: str
    record: PasswordRecord
    target_hash: bytes
    user: User | None


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """Between InitiateAuth and its PASSWORD_VERIFIER answer."""

    challenge: Challenge = field(repr=False)
    account: Account
    typed_name: str


class ChallengeName(StrEnum):
    NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"  # noqa: S105  # a challenge's name, no password
    SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"  # noqa: S105


@dataclass(frozen=True, slots=True)
class ChallengeSession:
    """A sign-in with a proven password and one more challenge; `user` is the row at that moment."""

    user: User
    awaits: ChallengeName


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A stored sign-in; its tokens are minted after the commit, off the writer's thread."""

    user: User
    sign_in: SignIn
    refresh_token: str = field(repr=False)


class UserPoolContext:
    """Everything that the operations work with. Time and randomness are injected."""

    def __init__(
        self,
        *,
        names: PoolNames,
        database: AccountStore,
        secret: PoolSecret,
        minter: TokenMinter,
        verifier: TokenVerifier,
        mail_outbox: MailOutbox,
        now_s: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        policy: PasswordPolicy = DEFAULT_POLICY,
    ) -> None:
        self.names, self.database, self.secret, self.policy = names, database, secret, policy
        self.minter, self.verifier, self.mail_outbox = minter, verifier, mail_outbox
        self.now_s, self.random_bytes = now_s, random_bytes
        self.proofs = ExpiringStore[PasswordProof](
            lifetime_s=CHALLENGE_LIFETIME_S, size_max=PROOFS_MAX, now_s=now_s
        )
        self.sessions = ExpiringStore[ChallengeSession](
            lifetime_s=CHALLENGE_LIFETIME_S, size_max=SESSIONS_MAX, now_s=now_s
        )
        self.enrolments = ExpiringStore[str](
            lifetime_s=ENROLMENT_LIFETIME_S, size_max=SESSIONS_MAX, now_s=now_s
        )

    def check_client(self, fields: Fields) -> None:
        client_id = fields.text("ClientId", length_max=128)
        if client_id != self.names.client_id:
            raise CognitoRefused("ResourceNotFoundException", f"User pool client {client_id} does not exist.")

    def check_pool(self, fields: Fields) -> None:
        user_pool_id = fields.text("UserPoolId", length_max=55)
        if user_pool_id != self.names.user_pool_id:
            raise CognitoRefused("ResourceNotFoundException", f"User pool {user_pool_id} does not exist.")

    def target_hash(self, kind: str, name: str) -> bytes:
        """What the lock-out counts for this name: "password", "code", "request" or "authenticator"."""
        return self.secret.keyed_hash("lock-out", kind, users.name_key(name))

    def account_of(self, connection: sqlite3.Connection, typed_name: str) -> Account:
        """The account with this name, or a decoy that is always the same for the same name."""
        key = users.name_key(typed_name)
        decoy_id, decoy_record = self.secret.decoy_user_id(key), self.secret.decoy_record(key)
        user = users.find_user_by_sign_in_name(connection, typed_name)
        return Account(
            user_id=decoy_id if user is None else user.sub,
            record=decoy_record if user is None else user.record,
            target_hash=self.target_hash("password", typed_name),
            user=user,
        )

    def new_record(self, user_id: str, password: str) -> PasswordRecord:
        """Salt and verifier for a new password; the password itself is not kept.

        Raises CognitoRefused (InvalidPasswordException) when the policy refuses it.
        """
        fault = self.policy.violation_of(password)
        if fault is not None:
            raise CognitoRefused("InvalidPasswordException", fault)
        return new_password_record(self.names.pool_name, user_id, password, new_salt(self.random_bytes))

    def save_password(
        self,
        connection: sqlite3.Connection,
        user: User,
        record: PasswordRecord,
        *,
        is_temporary: bool = False,
        kept_sign_in: str | None = None,
    ) -> User:
        """Give the user a new password. Whoever signed in with the former one is signed out, except by the
        sign-in with the origin_jti `kept_sign_in`; failures under the user's names no longer count."""
        for name in user.sign_in_names():
            for kind in ("password", "code", "request"):
                lockout.clear_failures(connection, self.target_hash(kind, name))
        revoke_sign_ins_of(connection, user.sub, but=kept_sign_in)
        now_s = self.now_s()
        changed = replace(
            user,
            record=record,
            status=UserStatus.FORCE_CHANGE_PASSWORD if is_temporary else UserStatus.CONFIRMED,
            password_expires_at_s=now_s + TEMPORARY_PASSWORD_LIFETIME_S if is_temporary else None,
            updated_at_s=now_s,
        )
        users.save_user(connection, changed)
        return changed

    def store_sign_in(self, connection: sqlite3.Connection, user: User) -> SignedIn:
        """A new sign-in of this user, with its refresh token, which is stored only as a hash."""
        now_s = self.now_s()
        sign_in = SignIn(
            origin_jti=str(uuid.UUID(bytes=self.random_bytes(16), version=4)),
            sub=user.sub,
            signed_in_at_s=now_s,
            expires_at_s=now_s + REFRESH_TOKEN_LIFETIME_S,
        )
        signed_in = SignedIn(user, sign_in, refresh_token=self.random_bytes(48).hex())
        insert_sign_in(connection, sign_in, signed_in.refresh_token, now_s)
        return signed_in

    def mint_tokens(self, user: User, sign_in: SignIn) -> dict[str, object]:
        """New ID and access tokens of a sign-in, as an AuthenticationResult without a refresh token."""
        subject = TokenSubject(
            sub=user.sub,
            username=user.username,
            origin_jti=sign_in.origin_jti,
            auth_time_s=int(sign_in.signed_in_at_s),
            attributes=user.attributes,
        )
        pair = self.minter.mint(subject, self.now_s())
        return {
            "AccessToken": pair.access_token,
            "IdToken": pair.id_token,
            "ExpiresIn": pair.lifetime_s,
            "TokenType": "Bearer",
        }

    def caller(self, fields: Fields) -> TokenClaims:
        """The claims of the caller's access token. Raises CognitoRefused with AWS's texts."""
        try:
            return self.verifier.verify(fields.token("AccessToken"), self.now_s(), token_use=TokenUse.ACCESS)
        except TokenRefused as refusal:
            _log.info("access token refused: %s", refusal.reason)
            text = _TOKEN_TEXTS.get(refusal.reason, "Invalid Access Token")
            raise CognitoRefused("NotAuthorizedException", text) from None

    def current_user(self, connection: sqlite3.Connection, claims: TokenClaims) -> User:
        """The caller's row, read again. Raises CognitoRefused for a user deleted or disabled meanwhile."""
        user = users.find_user_by_sub(connection, claims.sub)
        if user is None or not user.is_enabled:
            raise CognitoRefused("NotAuthorizedException", "Access Token has been revoked")
        return user


_TOKEN_TEXTS: Final = {
    TokenFault.EXPIRED: "Access Token has expired",
    TokenFault.REVOKED: "Access Token has been revoked",
    TokenFault.SIGNATURE: "Could not verify signature for Access Token",
    TokenFault.KEY: "Could not verify signature for Access Token",
}
