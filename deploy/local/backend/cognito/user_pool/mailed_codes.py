"""Codes by e-mail: generated, sent and verified; and the two operations for a forgotten password.

Known and unknown names get the same answers and cost the same work: a code is generated, stored and "sent"
for both.
"""

import sqlite3
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from deploy.local.backend.cognito.errors import CognitoRefused, codes_exceeded, wrong_code
from deploy.local.backend.cognito.mail_outbox import Message
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.cognito.user_pool import lockout
from deploy.local.backend.cognito.user_pool.attributes import masked_address
from deploy.local.backend.cognito.user_pool.context import Account, UserPoolContext
from deploy.local.backend.storage import sign_ins, users
from deploy.local.backend.storage.users import User, UserStatus

__all__ = [
    "CodePurpose",
    "confirm_forgot_password",
    "consume_code",
    "forgot_password",
    "send_code",
]

CODE_LIFETIME_S: Final = 3600.0
CODE_DIGITS: Final = 6


class CodePurpose(StrEnum):
    RESET_PASSWORD = "reset password"  # noqa: S105  # a purpose, no password
    VERIFY_EMAIL = "verify email"


_TEXTS: Final = {
    CodePurpose.RESET_PASSWORD: "Your code to set a new password is {code}. It is valid for one hour.",
    CodePurpose.VERIFY_EMAIL: "Your code to confirm this address is {code}. It is valid for one hour.",
}


def forgot_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """Send a code to the verified address. The answer is the same if there is no such address or user.

    So it names no Destination, which AWS's answer may leave out: the initials of a real address are those of
    a person and a school, and whoever compares them with invented ones learns who has an account.
    """
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
    code = _store_new_code(pool, account.user_id, CodePurpose.RESET_PASSWORD)
    message = Message(
        username=typed_name if account.user is None else account.user.username,
        to=(account.user and account.user.verified_email) or typed_name,
        purpose=CodePurpose.RESET_PASSWORD,
        text=_TEXTS[CodePurpose.RESET_PASSWORD].format(code=code),
    )
    send = pool.mail_outbox.send if _can_reset_password(account.user) else pool.mail_outbox.pretend_to_send
    send(message, pool.now_s())
    return {"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL", "AttributeName": "email"}}


def confirm_forgot_password(pool: UserPoolContext, fields: Fields) -> Answer:
    """Set a new password with a mailed code, which is used up. Every sign-in of the user ends."""
    pool.check_client(fields)
    typed_name = fields.text("Username", length_max=128)
    code, password = fields.text("ConfirmationCode"), fields.text("Password", length_max=1024)
    account = pool.database.read(lambda connection: pool.account_of(connection, typed_name))
    record = pool.new_record(account.user_id, password)
    target_hash = pool.target_hash("code", typed_name)
    consume_code(pool, account.user_id, CodePurpose.RESET_PASSWORD, code, target_hash)

    def work(connection: sqlite3.Connection) -> None:
        user = users.find_user_by_sub(connection, account.user_id)
        if not _can_reset_password(user) or user is None:
            raise wrong_code()
        pool.save_password(connection, user, record)

    pool.database.write(work)
    return {}


def send_code(pool: UserPoolContext, user: User, purpose: CodePurpose) -> Answer:
    """Send a new code to the user's address, verified or not. Returns AWS's CodeDeliveryDetails."""
    address = user.attributes["email"]
    code = _store_new_code(pool, user.sub, purpose)
    message = Message(user.username, address, purpose, _TEXTS[purpose].format(code=code))
    pool.mail_outbox.send(message, pool.now_s())
    return {"Destination": masked_address(address), "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def consume_code(
    pool: UserPoolContext, user_id: str, purpose: CodePurpose, code: str, target_hash: bytes
) -> None:
    """Use up a code; guesses are slowed down. Raises CognitoRefused if it is wrong, expired or used."""
    code_hash = _code_hash(pool, user_id, purpose, code)

    def work(connection: sqlite3.Connection) -> Callable[[], CognitoRefused] | None:
        if not lockout.begin_attempt(connection, target_hash, pool.now_s(), quiet_s=lockout.CODE_QUIET_S):
            return codes_exceeded
        ends_at_s = sign_ins.take_code(connection, sub=user_id, purpose=purpose, code_hash=code_hash)
        if ends_at_s is None:
            return wrong_code
        if pool.now_s() >= ends_at_s:
            return _code_expired
        lockout.clear_failures(connection, target_hash)
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


def _can_reset_password(user: User | None) -> bool:
    return (
        user is not None
        and user.is_enabled
        and user.verified_email is not None
        and user.status is not UserStatus.FORCE_CHANGE_PASSWORD
    )


def _code_expired() -> CognitoRefused:
    return CognitoRefused("ExpiredCodeException", "Invalid code provided, please request a code again.")
