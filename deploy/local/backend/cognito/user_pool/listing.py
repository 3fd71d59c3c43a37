"""ListUsers: pages of accounts with AWS's filters. The caller has verified the operator's signature."""

import base64
import binascii
import re
import sqlite3
from collections.abc import Callable
from typing import Final

from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.cognito.user_pool.attributes import user_description
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from deploy.local.backend.storage import users
from deploy.local.backend.storage.users import User

__all__ = ["list_users"]

PAGE_MAX: Final = 60

_FILTER = re.compile(r'\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*')


def list_users(pool: UserPoolContext, fields: Fields) -> Answer:
    """A page of users in order of their names; Filter is `name = "text"` or `name ^= "text"` (prefix)."""
    pool.check_pool(fields)
    limit = fields.integer("Limit", default=PAGE_MAX, maximum=PAGE_MAX)
    after = _after(fields.optional_text("PaginationToken"))
    is_wanted = _filter(fields.optional_text("Filter") or "")

    def look(connection: sqlite3.Connection) -> list[User]:
        found: list[User] = []
        position = after
        while len(found) <= limit and (page := users.users_after(connection, position, 200)):
            found += [user for user in page if is_wanted(user)]
            position = users.name_key(page[-1].username)
        return found[: limit + 1]

    accounts = pool.database.read(look)
    answer: Answer = {"Users": [user_description(user) for user in accounts[:limit]]}
    if len(accounts) > limit:
        key = users.name_key(accounts[limit - 1].username)
        answer["PaginationToken"] = base64.urlsafe_b64encode(key.encode()).decode()
    return answer


def _after(token: str | None) -> str:
    if token is None:
        return ""
    try:
        return base64.b64decode(token.encode(), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise CognitoRefused("InvalidParameterException", "Invalid pagination token") from None


def _filter(text: str) -> Callable[[User], bool]:
    if not text.strip():
        return lambda _user: True
    match = _FILTER.fullmatch(text)
    if match is None:
        raise CognitoRefused("InvalidParameterException", "Error while parsing filter")
    name, operator, wanted = match.group(1), match.group(2), re.sub(r"\\(.)", r"\1", match.group(3))

    def value_of(user: User) -> str:
        if name == "username":
            return user.username
        if name == "sub":
            return user.sub
        if name == "status":
            return "Enabled" if user.is_enabled else "Disabled"
        if name == "cognito:user_status":
            return user.status.value
        return user.attributes.get(name, "")

    if operator == "=":
        return lambda user: value_of(user) == wanted
    return lambda user: value_of(user).startswith(wanted)
