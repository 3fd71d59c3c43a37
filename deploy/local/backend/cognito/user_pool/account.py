"""Operations of signed-in users on their own account, by access token. One function per operation."""

import sqlite3
from dataclasses import replace

from deploy.local.backend.cognito import srp
from deploy.local.backend.cognito.errors import (
    CognitoRefused,
    address_taken,
    authenticator_unverified,
    codes_exceeded,
    incorrect_name_or_password,
)
from deploy.local.backend.cognito.pool_secret import AUTHENTICATOR_USE
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.cognito.user_pool import lockout, totp
from deploy.local.backend.cognito.user_pool.attributes import (
    authenticator_settings,
    check_attributes_writable,
    wire_attributes,
    with_attributes,
)
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from deploy.local.backend.cognito.user_pool.mailed_codes import CodePurpose, consume_code, send_code
from deploy.local.backend.storage import users
from deploy.local.backend.storage.sign_ins import (
    find_sign_in_by_refresh_token,
    revoke_sign_in,
    revoke_sign_ins_of,
)
from deploy.local.backend.storage.users import NameTaken, User

__all__ = [
    "associate_software_token",
    "change_password",
    "get_user",
    "get_user_attribute_verification_code",
    "global_sign_out",
    "revoke_token",
    "set_user_mfa_preference",
    "update_user_attributes",
    "verify_software_token",
    "verify_user_attribute",
]


def get_user(pool: UserPoolContext, fields: Fields) -> Answer:
    claims = pool.caller(fields)
    user = pool.database.read(lambda connection: pool.current_user(connection, claims))
    return {
        "Username": user.username,
        "UserAttributes": wire_attributes(user),
        **authenticator_settings(user),
    }


def update_user_attributes(pool: UserPoolContext, fields: Fields) -> Answer:
    """A code goes to a changed address, which cannot be used to sign in before VerifyUserAttribute."""
    claims, changes = pool.caller(fields), fields.attributes("UserAttributes")
    check_attributes_writable(changes)

    def work(connection: sqlite3.Connection) -> tuple[User, User]:
        before = pool.current_user(connection, claims)
        after = with_attributes(before, changes, pool.now_s())
        users.save_user(connection, after)
        return before, after

    before, after = pool.database.write(work)
    if before.attributes.get("email") == after.attributes.get("email"):
        return {"CodeDeliveryDetailsList": []}
    return {"CodeDeliveryDetailsList": [send_code(pool, after, CodePurpose.VERIFY_EMAIL)]}


def get_user_attribute_verification_code(pool: UserPoolContext, fields: Fields) -> Answer:
    claims = pool.caller(fields)
    _check_is_email(fields)

    def look(connection: sqlite3.Connection) -> User:
        return pool.current_user(connection, claims)

    user = pool.database.read(look)
    if "email" not in user.attributes:
        raise CognitoRefused("InvalidParameterException", "User does not have an email address")
    if not pool.database.write(
        lambda connection: lockout.begin_attempt(
            connection, pool.target_hash("request", user.sub), pool.now_s()
        )
    ):
        raise codes_exceeded()
    return {"CodeDeliveryDetails": send_code(pool, user, CodePurpose.VERIFY_EMAIL)}


def verify_user_attribute(pool: UserPoolContext, fields: Fields) -> Answer:
    claims, code = pool.caller(fields), fields.text("Code")
    _check_is_email(fields)
    consume_code(pool, claims.sub, CodePurpose.VERIFY_EMAIL, code, pool.target_hash("code", claims.sub))

    def work(connection: sqlite3.Connection) -> None:
        user = pool.current_user(connection, claims)
        attributes = {**user.attributes, "email_verified": "true"}
        try:
            users.save_user(connection, replace(user, attributes=attributes, updated_at_s=pool.now_s()))
        except NameTaken:
            raise address_taken() from None

    pool.database.write(work)
    return {}


def change_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """Every other sign-in of the user ends. Guesses at the previous password are slowed down like those at
    sign-in."""
    claims = pool.caller(fields)
    previous = fields.text("PreviousPassword", length_max=1024)
    proposed = fields.text("ProposedPassword", length_max=1024)
    record = pool.new_record(claims.sub, proposed)
    target_hash = pool.target_hash("change", claims.sub)

    def count(connection: sqlite3.Connection) -> User | None:
        user = pool.current_user(connection, claims)
        return user if lockout.begin_attempt(connection, target_hash, pool.now_s()) else None

    user = pool.database.write(count)
    if user is None:
        raise codes_exceeded()
    if not srp.is_password_right(user.record, pool.names.pool_name, user.sub, previous):
        raise incorrect_name_or_password()

    def work(connection: sqlite3.Connection) -> None:
        present = pool.current_user(connection, claims)
        if present.record != user.record:
            raise incorrect_name_or_password()
        lockout.clear_failures(connection, target_hash)
        pool.save_password(connection, present, record, kept_sign_in=claims.origin_jti)

    pool.database.write(work)
    return {}


def associate_software_token(pool: UserPoolContext, fields: Fields) -> Answer:
    """A new secret for an authenticator app, which takes effect with VerifySoftwareToken."""
    if fields.has("Session") and not fields.has("AccessToken"):
        raise CognitoRefused("NotAuthorizedException", "Invalid session for the user.")
    claims = pool.caller(fields)
    secret = totp.new_secret(pool.random_bytes)
    pool.enrolments.put(claims.sub, secret)
    return {"SecretCode": secret}


def verify_software_token(pool: UserPoolContext, fields: Fields) -> Answer:
    if fields.has("Session") and not fields.has("AccessToken"):
        raise CognitoRefused("NotAuthorizedException", "Invalid session for the user.")
    claims, code = pool.caller(fields), fields.text("UserCode", length_max=16)
    now_s = pool.now_s()
    secret = pool.enrolments.take(claims.sub)
    if secret is None:
        raise CognitoRefused("SoftwareTokenMFANotFoundException", "No authenticator app is being set up")
    step = totp.matching_step(secret, code, now_s, after_step=0)
    if step is None:
        pool.enrolments.put(claims.sub, secret)  # the person may have mistyped
        raise CognitoRefused("EnableSoftwareTokenMFAException", "Code mismatch")
    sealed = pool.secret.seal(AUTHENTICATOR_USE, secret, pool.random_bytes)

    def work(connection: sqlite3.Connection) -> None:
        user = replace(
            pool.current_user(connection, claims),
            authenticator_sealed=sealed,
            is_authenticator_verified=True,
            authenticator_last_step=step,
            updated_at_s=now_s,
        )
        users.save_user(connection, user)

    pool.database.write(work)
    return {"Status": "SUCCESS"}


def set_user_mfa_preference(pool: UserPoolContext, fields: Fields) -> Answer:
    claims = pool.caller(fields)
    if fields.section("SMSMfaSettings").flag("Enabled"):
        raise CognitoRefused(
            "InvalidParameterException", "User does not have delivery config set to turn on SMS_MFA"
        )
    if not fields.has("SoftwareTokenMfaSettings"):
        return {}
    is_wanted = fields.section("SoftwareTokenMfaSettings").flag("Enabled")

    def work(connection: sqlite3.Connection) -> None:
        user = pool.current_user(connection, claims)
        if is_wanted and not user.is_authenticator_verified:
            raise authenticator_unverified()
        users.save_user(
            connection, replace(user, is_authenticator_wanted=is_wanted, updated_at_s=pool.now_s())
        )

    pool.database.write(work)
    return {}


def global_sign_out(pool: UserPoolContext, fields: Fields) -> Answer:
    """From now on every token of this user is refused."""
    claims = pool.caller(fields)
    pool.database.write(lambda connection: revoke_sign_ins_of(connection, claims.sub))
    return {}


def revoke_token(pool: UserPoolContext, fields: Fields) -> Answer:
    """Ends the sign-in of this refresh token. An unknown token is no error (RFC 7009, section 2.2)."""
    pool.check_client(fields)
    token = fields.token("Token")
    if token.count(".") == 2:
        raise CognitoRefused("UnsupportedTokenTypeException", "Unsupported token type")

    def work(connection: sqlite3.Connection) -> None:
        sign_in = find_sign_in_by_refresh_token(connection, token)
        if sign_in is not None:
            revoke_sign_in(connection, sign_in.origin_jti)

    pool.database.write(work)
    return {}


def _check_is_email(fields: Fields) -> None:
    if fields.text("AttributeName", length_max=32) != "email":
        raise CognitoRefused("InvalidParameterException", "Only the email attribute can be verified")
