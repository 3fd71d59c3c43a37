"""Codes by e-mail: making, sending and judging them; and the two operations of a forgotten password.

Known and unknown names get the same answers for the same work: a code is made, stored and "sent" for both.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from deploy.local.backend.cognito import lockout
from deploy.local.backend.cognito.attributes import masked_address
from deploy.local.backend.cognito.context import Account, UserPoolContext
from deploy.local.backend.cognito.errors import CognitoRefused, codes_exceeded, wrong_code
from deploy.local.backend.cognito.mail_outbox import Message
from deploy.local.backend.cognito.request_fields import Fields
from deploy.local.backend.storage import sign_ins, users
from deploy.local.backend.storage.users import User, UserStatus

__all__ = [
    "CodePurpose",
    "confirm_forgot_password",
    "forgot_password",
    "send_code",
    "take_right_code",
]

CODE_LIFETIME_S: Final = 3600.0
CODE_DIGITS: Final = 6

Answer = dict[str, object]


class CodePurpose(StrEnum):
    RESET_PASSWORD = "reset password"  # noqa: S105  # a purpose, no password
    VERIFY_EMAIL = "verify email"


_TEXTS: Final = {
    CodePurpose.RESET_PASSWORD: "Your code to set a new password is {code}. It is valid for one hour.",
    CodePurpose.VERIFY_EMAIL: "Your code to confirm this address is {code}. It is valid for one hour.",
}


def forgot_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """Send a code to the verified address. Who has none, or does not exist, is answered just the same."""
    pool.check_client(fields)
    typed_name = fields.text("Username", length_max=128)

    def count(connection: sqlite3.Connection) -> Account | None:
        target_hash = pool.target_hash("request", typed_name)
        if not lockout.begin_attempt(connection, target_hash, pool.now_s()):
            return None
        return pool.account_of(connection, typed_name)

    account = pool.database.write(count)
    if account is None:
        raise codes_exceeded()
    address = _address_of(pool, account, typed_name)
    code = _store_new_code(pool, account.user_id, CodePurpose.RESET_PASSWORD)
    message = Message(
        username=typed_name if account.user is None else account.user.username,
        to=address,
        purpose=CodePurpose.RESET_PASSWORD,
        text=_TEXTS[CodePurpose.RESET_PASSWORD].format(code=code),
    )
    send = pool.mail_outbox.send if _may_reset(account.user) else pool.mail_outbox.pretend_to_send
    send(message, pool.now_s())
    return {"CodeDeliveryDetails": _delivery(address)}


def confirm_forgot_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """A right code sets the new password, once."""
    pool.check_client(fields)
    typed_name = fields.text("Username", length_max=128)
    code, password = fields.text("ConfirmationCode"), fields.text("Password", length_max=1024)
    account = pool.database.read(lambda connection: pool.account_of(connection, typed_name))
    record = pool.record_for(account.user_id, password)
    target_hash = pool.target_hash("code", typed_name)
    take_right_code(pool, account.user_id, CodePurpose.RESET_PASSWORD, code, target_hash)

    def work(connection: sqlite3.Connection) -> None:
        user = users.find_user_by_sub(connection, account.user_id)
        if not _may_reset(user) or user is None:
            raise wrong_code()
        pool.forget_password_failures(connection, user)
        users.save_user(
            connection,
            replace(
                user,
                record=record,
                status=UserStatus.CONFIRMED,
                password_expires_at_s=None,
                updated_at_s=pool.now_s(),
            ),
        )

    pool.database.write(work)
    return {}


def send_code(pool: UserPoolContext, user: User, purpose: CodePurpose) -> Answer:
    """Make a code, send it to the user's address (verified or not), give AWS's CodeDeliveryDetails."""
    address = user.attributes["email"]
    code = _store_new_code(pool, user.sub, purpose)
    message = Message(user.username, address, purpose, _TEXTS[purpose].format(code=code))
    pool.mail_outbox.send(message, pool.now_s())
    return _delivery(address)


def take_right_code(
    pool: UserPoolContext, user_id: str, purpose: CodePurpose, code: str, target_hash: bytes
) -> None:
    """Use up the code; guesses are slowed down. Raises CognitoRefused for a wrong, an old or a used one."""
    code_hash = _code_hash(pool, user_id, purpose, code)

    def work(connection: sqlite3.Connection) -> Callable[[], CognitoRefused] | None:
        if not lockout.begin_attempt(connection, target_hash, pool.now_s(), rest_s=lockout.CODE_REST_S):
            return codes_exceeded
        ends_at_s = sign_ins.take_code(connection, sub=user_id, purpose=purpose, code_hash=code_hash)
        if ends_at_s is None:
            return wrong_code
        if pool.now_s() >= ends_at_s:
            return _code_expired
        lockout.forget_failures(connection, target_hash)
        return None

    refusal = pool.database.write(work)
    if refusal is not None:
        raise refusal()


def _store_new_code(pool: UserPoolContext, user_id: str, purpose: CodePurpose) -> str:
    number = int.from_bytes(pool.random_bytes(16), "big") % 10**CODE_DIGITS
    code, now_s = f"{number:0{CODE_DIGITS}d}", pool.now_s()
    code_hash = _code_hash(pool, user_id, purpose, code)
    pool.database.write(
        lambda connection: sign_ins.store_code(
            connection,
            sub=user_id,
            purpose=purpose,
            code_hash=code_hash,
            expires_at_s=now_s + CODE_LIFETIME_S,
            now_s=now_s,
        )
    )
    return code


def _code_hash(pool: UserPoolContext, user_id: str, purpose: CodePurpose, code: str) -> bytes:
    return pool.secret.keyed_hash("code", user_id, purpose, code)


def _may_reset(user: User | None) -> bool:
    return (
        user is not None
        and user.is_enabled
        and user.verified_email is not None
        and user.status is not UserStatus.FORCE_CHANGE_PASSWORD
    )


def _address_of(pool: UserPoolContext, account: Account, typed_name: str) -> str:
    """Where the code goes; for somebody who gets none, an address that looks like one and never changes."""
    if account.user is not None and account.user.verified_email is not None:
        return account.user.verified_email
    if "@" in typed_name:
        return typed_name
    letters = pool.secret.keyed_hash("address", users.name_key(typed_name))
    local, domain = (chr(ord("a") + octet % 26) for octet in letters[:2])
    return f"{local}@{domain}"


def _delivery(address: str) -> Answer:
    return {"Destination": masked_address(address), "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _code_expired() -> CognitoRefused:
    return CognitoRefused("ExpiredCodeException", "Invalid code provided, please request a code again.")
