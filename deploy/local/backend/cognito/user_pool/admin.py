"""The operator's operations on accounts, one function each. The caller has verified the signature."""

import re
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import replace

from deploy.local.backend.cognito.errors import (
    CognitoRefused,
    address_taken,
    authenticator_unverified,
    user_not_found,
)
from deploy.local.backend.cognito.mail_outbox import Message
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.cognito.user_pool.attributes import (
    authenticator_settings,
    check_attributes_known,
    user_description,
    with_attributes,
)
from deploy.local.backend.cognito.user_pool.context import TEMPORARY_PASSWORD_LIFETIME_S, UserPoolContext
from deploy.local.backend.cognito.user_pool.mailed_codes import CodePurpose, send_code
from deploy.local.backend.cognito.user_pool.password_policy import new_temporary_password
from deploy.local.backend.storage import users
from deploy.local.backend.storage.sign_ins import revoke_sign_ins_of
from deploy.local.backend.storage.users import NameTaken, User, UserStatus

__all__ = [
    "admin_create_user",
    "admin_delete_user",
    "admin_disable_user",
    "admin_enable_user",
    "admin_get_user",
    "admin_reset_user_password",
    "admin_set_user_mfa_preference",
    "admin_set_user_password",
    "admin_user_global_sign_out",
]


_USERNAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}")


def admin_create_user(pool: UserPoolContext, fields: Fields) -> Answer:
    """A new account with a temporary password (given or generated), or with RESEND a new invitation.

    Unless MessageAction is SUPPRESS, the invitation with the temporary password goes to the mail outbox.
    """
    pool.check_pool(fields)
    action = fields.optional_text("MessageAction")
    username = fields.text("Username", length_max=128)
    given_password = fields.optional_text("TemporaryPassword", length_max=256)
    password = given_password or new_temporary_password(pool.random_bytes)
    if action == "RESEND":
        user = _renew_invitation(pool, username, password)
    else:
        user = _create_user(pool, username, password, fields.attributes("UserAttributes"))
    if action != "SUPPRESS":
        _send_invitation(pool, user, password)
    return {"User": user_description(user)}


def admin_get_user(pool: UserPoolContext, fields: Fields) -> Answer:
    user = pool.database.read(lambda connection: _named_user(pool, connection, fields))
    described = user_description(user)
    described["UserAttributes"] = described.pop("Attributes")
    return {**described, **authenticator_settings(user)}


def admin_set_user_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """Set a permanent password, or a temporary one that the user must change at the next sign-in.

    Every sign-in of the user ends; on AWS they continue until AdminUserGlobalSignOut.
    """
    password, is_permanent = fields.text("Password", length_max=256), fields.flag("Permanent")
    sub = pool.database.read(lambda connection: _named_user(pool, connection, fields)).sub
    record = pool.new_record(sub, password)

    def work(connection: sqlite3.Connection) -> None:
        user = _named_user(pool, connection, fields)
        pool.save_password(connection, user, record, is_temporary=not is_permanent)

    pool.database.write(work)
    return {}


def admin_reset_user_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """The password no longer signs in; a code to set a new one goes to the verified address.

    Every sign-in of the user ends; on AWS they continue until AdminUserGlobalSignOut.
    """

    def change(user: User) -> User:
        if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
            raise CognitoRefused(
                "NotAuthorizedException", "User password cannot be reset in the current state."
            )
        if user.verified_email is None:
            raise CognitoRefused(
                "InvalidParameterException",
                "Cannot reset password for the user as there is no registered/verified email or phone_number",
            )
        return replace(user, status=UserStatus.RESET_REQUIRED)

    reset = _update_user(pool, fields, change, is_signing_out=True)
    send_code(pool, reset, CodePurpose.RESET_PASSWORD)
    return {}


def admin_disable_user(pool: UserPoolContext, fields: Fields) -> Answer:
    """The user can no longer sign in, and all tokens are revoked."""
    _update_user(pool, fields, lambda user: replace(user, is_enabled=False), is_signing_out=True)
    return {}


def admin_enable_user(pool: UserPoolContext, fields: Fields) -> Answer:
    _update_user(pool, fields, lambda user: replace(user, is_enabled=True))
    return {}


def admin_set_user_mfa_preference(pool: UserPoolContext, fields: Fields) -> Answer:
    """Turns the authenticator off, for a user who lost the phone, or on if it has been set up before."""
    is_wanted = fields.section("SoftwareTokenMfaSettings").flag("Enabled")

    def change(user: User) -> User:
        if is_wanted and not user.is_authenticator_verified:
            raise authenticator_unverified()
        return replace(user, is_authenticator_wanted=is_wanted)

    _update_user(pool, fields, change)
    return {}


def admin_user_global_sign_out(pool: UserPoolContext, fields: Fields) -> Answer:
    _update_user(pool, fields, lambda user: user, is_signing_out=True)
    return {}


def admin_delete_user(pool: UserPoolContext, fields: Fields) -> Answer:
    def work(connection: sqlite3.Connection) -> None:
        users.delete_user(connection, _named_user(pool, connection, fields).sub)

    pool.database.write(work)
    return {}


def _create_user(pool: UserPoolContext, username: str, password: str, attributes: dict[str, str]) -> User:
    if not _USERNAME.fullmatch(username):
        raise CognitoRefused("InvalidParameterException", "Username has characters that are not allowed")
    if "@" in username:
        raise CognitoRefused(
            "InvalidParameterException",
            "Username cannot be of email format, since user pool is configured for email alias.",
        )
    check_attributes_known(attributes)
    sub, now_s = str(uuid.UUID(bytes=pool.random_bytes(16), version=4)), pool.now_s()
    user = User(
        sub=sub,
        username=username,
        attributes={},
        status=UserStatus.FORCE_CHANGE_PASSWORD,
        is_enabled=True,
        record=pool.new_record(sub, password),
        password_expires_at_s=now_s + TEMPORARY_PASSWORD_LIFETIME_S,
        authenticator_sealed=None,
        is_authenticator_verified=False,
        is_authenticator_wanted=False,
        authenticator_last_step=0,
        created_at_s=now_s,
        updated_at_s=now_s,
    )
    user = with_attributes(user, attributes, now_s)
    try:
        pool.database.write(lambda connection: users.insert_user(connection, user))
    except NameTaken as taken:
        if taken.is_address:
            raise address_taken() from None
        raise CognitoRefused("UsernameExistsException", "User account already exists") from None
    return user


def _renew_invitation(pool: UserPoolContext, username: str, password: str) -> User:
    now_s = pool.now_s()
    found = pool.database.read(lambda connection: users.find_user(connection, username))
    if found is None:
        raise user_not_found()
    record = pool.new_record(found.sub, password)

    def work(connection: sqlite3.Connection) -> User:
        user = users.find_user_by_sub(connection, found.sub)
        if user is None:
            raise user_not_found()
        if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
            raise CognitoRefused(
                "UnsupportedUserStateException",
                "Resend not possible. User status is not FORCE_CHANGE_PASSWORD",
            )
        ends_at_s = now_s + TEMPORARY_PASSWORD_LIFETIME_S
        invited = replace(user, record=record, password_expires_at_s=ends_at_s, updated_at_s=now_s)
        users.save_user(connection, invited)
        return invited

    return pool.database.write(work)


def _update_user(
    pool: UserPoolContext, fields: Fields, change: Callable[[User], User], *, is_signing_out: bool = False
) -> User:
    """Apply `change` to the named user, store the result and return it."""

    def work(connection: sqlite3.Connection) -> User:
        before = _named_user(pool, connection, fields)
        after = change(before)
        if after != before:
            after = replace(after, updated_at_s=pool.now_s())
            users.save_user(connection, after)
        if is_signing_out:
            revoke_sign_ins_of(connection, after.sub)
        return after

    return pool.database.write(work)


def _named_user(pool: UserPoolContext, connection: sqlite3.Connection, fields: Fields) -> User:
    pool.check_pool(fields)
    user = users.find_user(connection, fields.text("Username", length_max=128))
    if user is None:
        raise user_not_found()
    return user


def _send_invitation(pool: UserPoolContext, user: User, password: str) -> None:
    address = user.attributes.get("email", "")
    text = f"Your user name is {user.username} and your temporary password is {password}"
    log_text = f"an invitation with a temporary password is in {pool.mail_outbox.path}"
    pool.mail_outbox.send(Message(user.username, address, "invitation", text, log_text), pool.now_s())
