"""Signing in: InitiateAuth, RespondToAuthChallenge, GetTokensFromRefreshToken. One function per operation.

A sign-in in order: a name gets a challenge (PASSWORD_VERIFIER); its answer is counted as an attempt, then
verified; further challenges follow if the account needs them, a new password before an authenticator code;
then tokens. Until the password is proven, nothing visible depends on the account's state (disabled, to be
reset, unknown).
"""

import base64
import binascii
import hmac
import json
import sqlite3
from dataclasses import replace
from typing import Final

from deploy.local.backend.cognito import srp
from deploy.local.backend.cognito.errors import (
    CognitoRefused,
    attempts_exceeded,
    incorrect_name_or_password,
    invalid_session,
)
from deploy.local.backend.cognito.pool_secret import AUTHENTICATOR_USE
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.cognito.user_pool import lockout, totp
from deploy.local.backend.cognito.user_pool.attributes import check_attributes_writable, with_attributes
from deploy.local.backend.cognito.user_pool.context import (
    ChallengeName,
    ChallengeSession,
    PasswordProof,
    SignedIn,
    UserPoolContext,
)
from deploy.local.backend.storage import users
from deploy.local.backend.storage.sign_ins import find_sign_in_by_refresh_token
from deploy.local.backend.storage.users import PasswordRecord, User, UserStatus

__all__ = ["get_tokens_from_refresh_token", "initiate_auth", "respond_to_auth_challenge"]

FLOWS_REFUSED: Final = frozenset(
    {"USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}
)


def initiate_auth(pool: UserPoolContext, fields: Fields) -> Answer:
    """USER_SRP_AUTH starts a password proof, REFRESH_TOKEN_AUTH returns new tokens; other flows are off."""
    pool.check_client(fields)
    flow, parameters = fields.text("AuthFlow", length_max=64), fields.section("AuthParameters")
    if flow == "USER_SRP_AUTH":
        return _start_password_proof(pool, parameters)
    if flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        return {**_refreshed_tokens(pool, parameters.token("REFRESH_TOKEN")), "ChallengeParameters": {}}
    if flow in FLOWS_REFUSED:
        raise CognitoRefused("InvalidParameterException", f"{flow} flow not enabled for this client")
    raise CognitoRefused(
        "InvalidParameterException",
        "1 validation error detected: Value at 'authFlow' failed to satisfy constraint: Member must satisfy "
        "enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN]",
    )


def respond_to_auth_challenge(pool: UserPoolContext, fields: Fields) -> Answer:
    """The next step of a sign-in: another challenge, or tokens."""
    pool.check_client(fields)
    name, responses = fields.text("ChallengeName", length_max=64), fields.section("ChallengeResponses")
    if name == "PASSWORD_VERIFIER":
        return _verify_password_proof(pool, responses)
    if name == ChallengeName.NEW_PASSWORD_REQUIRED:
        return _set_new_password(pool, fields.text("Session"), responses)
    if name == ChallengeName.SOFTWARE_TOKEN_MFA:
        return _verify_authenticator_code(pool, fields.text("Session"), responses)
    raise CognitoRefused("InvalidParameterException", f"{name} is not a challenge of this user pool")


def get_tokens_from_refresh_token(pool: UserPoolContext, fields: Fields) -> Answer:
    pool.check_client(fields)
    return _refreshed_tokens(pool, fields.token("RefreshToken"))


def _start_password_proof(pool: UserPoolContext, parameters: Fields) -> Answer:
    typed_name = parameters.text("USERNAME", length_max=128)
    try:
        client_public = srp.parse_client_public(parameters.text("SRP_A"))
    except srp.SrpInputRefused:
        raise CognitoRefused("InvalidParameterException", "SRP_A is not a valid number") from None
    now_s = pool.now_s()

    def start(connection: sqlite3.Connection) -> PasswordProof | None:
        account = pool.account_of(connection, typed_name)
        if lockout.is_locked(connection, account.target_hash, now_s):
            return None
        challenge = srp.new_challenge(account.record, client_public, pool.random_bytes)
        return PasswordProof(challenge, account, typed_name)

    proof = pool.database.read(start)
    if proof is None:
        raise attempts_exceeded()
    handle = base64.b64encode(pool.random_bytes(48)).decode()
    pool.proofs.put(handle, proof)
    return {
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "USERNAME": proof.account.user_id,
            "USER_ID_FOR_SRP": proof.account.user_id,
            "SALT": proof.challenge.record.salt.hex(),
            "SRP_B": f"{proof.challenge.server_public:x}",
            "SECRET_BLOCK": handle,
        },
    }


def _verify_password_proof(pool: UserPoolContext, responses: Fields) -> Answer:
    handle = responses.text("PASSWORD_CLAIM_SECRET_BLOCK")
    given_name = responses.text("USERNAME", length_max=128)
    timestamp = responses.text("TIMESTAMP", length_max=64)
    signature = responses.text("PASSWORD_CLAIM_SIGNATURE", length_max=128)
    proof = pool.proofs.take(handle)
    if proof is None or given_name not in (proof.typed_name, proof.account.user_id):
        raise incorrect_name_or_password()
    account = proof.account

    def count(connection: sqlite3.Connection) -> bool:
        return lockout.begin_attempt(connection, account.target_hash, pool.now_s())

    if not pool.database.write(count):
        raise attempts_exceeded()
    is_proven = srp.is_proof_valid(
        proof.challenge,
        pool_name=pool.names.pool_name,
        user_id=account.user_id,
        secret_block=_decoded_handle(handle),
        timestamp=timestamp,
        signature=signature,
    )
    if not is_proven or account.user is None:
        raise incorrect_name_or_password()

    def advance(connection: sqlite3.Connection) -> ChallengeSession | SignedIn:
        user = _current_user(connection, account.user_id, account.record)
        if user is None:
            raise incorrect_name_or_password()
        lockout.clear_failures(connection, account.target_hash)
        return _next_challenge_or_sign_in(pool, connection, user)

    return _tokens_or_challenge(pool, pool.database.write(advance))


def _set_new_password(pool: UserPoolContext, handle: str, responses: Fields) -> Answer:
    new_password = responses.text("NEW_PASSWORD", length_max=1024)
    session = _take_session(pool, handle, ChallengeName.NEW_PASSWORD_REQUIRED)
    changes = {
        name.removeprefix("userAttributes."): value
        for name, value in responses.texts().items()
        if name.startswith("userAttributes.")
    }
    try:
        if srp.is_password_right(session.user.record, pool.names.pool_name, session.user.sub, new_password):
            raise CognitoRefused(
                "InvalidPasswordException",
                "Password did not conform with policy: Password must differ from the temporary password",
            )
        record = pool.new_record(session.user.sub, new_password)
        check_attributes_writable(changes)
    except CognitoRefused:
        pool.sessions.put(handle, session)  # a better password may follow
        raise

    def advance(connection: sqlite3.Connection) -> ChallengeSession | SignedIn:
        user = _session_user(connection, session, responses)
        described = with_attributes(user, changes, pool.now_s())
        confirmed = pool.save_password(connection, described, record)
        return _next_challenge_or_sign_in(pool, connection, confirmed)

    return _tokens_or_challenge(pool, pool.database.write(advance))


def _verify_authenticator_code(pool: UserPoolContext, handle: str, responses: Fields) -> Answer:
    code = responses.text("SOFTWARE_TOKEN_MFA_CODE", length_max=16)
    session = _take_session(pool, handle, ChallengeName.SOFTWARE_TOKEN_MFA)
    target_hash = pool.target_hash("authenticator", session.user.sub)

    def count(connection: sqlite3.Connection) -> bool:
        return lockout.begin_attempt(connection, target_hash, pool.now_s(), quiet_s=lockout.CODE_QUIET_S)

    if not pool.database.write(count):
        pool.sessions.put(handle, session)
        raise attempts_exceeded()

    def verify(connection: sqlite3.Connection) -> SignedIn | None:
        user = _session_user(connection, session, responses)
        if user.authenticator_sealed is None or not user.is_enabled:
            raise invalid_session()
        secret = pool.secret.unseal(AUTHENTICATOR_USE, user.authenticator_sealed)
        step = totp.matching_step(secret, code, pool.now_s(), after_step=user.authenticator_last_step)
        if step is None:
            return None
        lockout.clear_failures(connection, target_hash)
        users.save_user(connection, replace(user, authenticator_last_step=step))
        return pool.store_sign_in(connection, user)

    signed_in = pool.database.write(verify)
    if signed_in is None:
        pool.sessions.put(handle, session)
        raise CognitoRefused("CodeMismatchException", "Invalid code received for user")
    return _tokens_or_challenge(pool, signed_in)


def _refreshed_tokens(pool: UserPoolContext, refresh_token: str) -> Answer:
    """New ID and access tokens; the refresh token stays the same and is not repeated."""

    def look(connection: sqlite3.Connection) -> Answer:
        sign_in = find_sign_in_by_refresh_token(connection, refresh_token)
        user = None if sign_in is None else users.find_user_by_sub(connection, sign_in.sub)
        if sign_in is None or user is None:
            raise CognitoRefused("NotAuthorizedException", "Invalid Refresh Token")
        if sign_in.is_revoked:
            raise CognitoRefused("NotAuthorizedException", "Refresh Token has been revoked")
        if pool.now_s() >= sign_in.expires_at_s:
            raise CognitoRefused("NotAuthorizedException", "Refresh Token has expired")
        if not user.is_enabled:
            raise CognitoRefused("NotAuthorizedException", "User is disabled.")
        return {"AuthenticationResult": pool.mint_tokens(user, sign_in)}

    return pool.database.read(look)


def _next_challenge_or_sign_in(
    pool: UserPoolContext, connection: sqlite3.Connection, user: User
) -> ChallengeSession | SignedIn:
    """What follows a proven password. Raises CognitoRefused when the account may not sign in."""
    if not user.is_enabled:
        raise CognitoRefused("NotAuthorizedException", "User is disabled.")
    if user.status is UserStatus.RESET_REQUIRED:
        raise CognitoRefused("PasswordResetRequiredException", "Password reset required for the user")
    if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
        if user.password_expires_at_s is not None and pool.now_s() >= user.password_expires_at_s:
            raise CognitoRefused(
                "NotAuthorizedException",
                "Temporary password has expired and must be reset by an administrator.",
            )
        return ChallengeSession(user, ChallengeName.NEW_PASSWORD_REQUIRED)
    if user.has_authenticator:
        return ChallengeSession(user, ChallengeName.SOFTWARE_TOKEN_MFA)
    return pool.store_sign_in(connection, user)


def _tokens_or_challenge(pool: UserPoolContext, outcome: ChallengeSession | SignedIn) -> Answer:
    if isinstance(outcome, SignedIn):
        tokens = pool.mint_tokens(outcome.user, outcome.sign_in)
        return {
            "AuthenticationResult": {**tokens, "RefreshToken": outcome.refresh_token},
            "ChallengeParameters": {},
        }
    handle = pool.random_bytes(48).hex()
    pool.sessions.put(handle, outcome)
    parameters = {"USER_ID_FOR_SRP": outcome.user.sub}
    if outcome.awaits is ChallengeName.NEW_PASSWORD_REQUIRED:
        attributes = json.dumps(dict(outcome.user.attributes))
        parameters |= {"requiredAttributes": "[]", "userAttributes": attributes}
    return {"ChallengeName": outcome.awaits.value, "Session": handle, "ChallengeParameters": parameters}


def _take_session(pool: UserPoolContext, handle: str, awaited: ChallengeName) -> ChallengeSession:
    session = pool.sessions.take(handle)
    if session is None:
        raise invalid_session()
    if session.awaits is not awaited:
        pool.sessions.put(handle, session)
        raise CognitoRefused("NotAuthorizedException", "Invalid session for the user.")
    return session


def _session_user(connection: sqlite3.Connection, session: ChallengeSession, responses: Fields) -> User:
    """The session's user, read again. Refuses one whose password has changed meanwhile, or another name."""
    user = _current_user(connection, session.user.sub, session.user.record)
    names = () if user is None else (user.sub, *user.sign_in_names())
    given_key = users.name_key(responses.text("USERNAME", length_max=128))
    if user is None or given_key not in [users.name_key(name) for name in names]:
        raise invalid_session()
    return user


def _current_user(connection: sqlite3.Connection, sub: str, record: PasswordRecord) -> User | None:
    """The user, provided that the password is still the one that was proven."""
    user = users.find_user_by_sub(connection, sub)
    if user is None or not hmac.compare_digest(user.record.verifier, record.verifier):
        return None
    return user


def _decoded_handle(handle: str) -> bytes:
    try:
        return base64.b64decode(handle, validate=True)
    except (binascii.Error, ValueError):
        return b""
