"""Rows of the user pool's users; no rules. Every function runs inside the caller's transaction."""

import json
import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

__all__ = [
    "NameTaken",
    "PasswordRecord",
    "User",
    "UserStatus",
    "delete_user",
    "find_user",
    "find_user_by_sign_in_name",
    "find_user_by_sub",
    "insert_user",
    "name_key",
    "save_sealed_authenticator",
    "save_user",
    "sealed_authenticators",
    "users_after",
]


class UserStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"  # noqa: S105  # a status, no password
    RESET_REQUIRED = "RESET_REQUIRED"


class NameTaken(Exception):
    """Another user has this name, or signs in with this address (`is_address`)."""

    def __init__(self, *, is_address: bool) -> None:
        super().__init__("address taken" if is_address else "name taken")
        self.is_address = is_address


@dataclass(frozen=True, slots=True)
class PasswordRecord:
    """What is stored of a password. `salt` never begins with 00, since clients read it as a number."""

    salt: bytes
    verifier: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """One account. `attributes` has the user pool's names (email, email_verified "true"), without sub."""

    sub: str
    username: str
    attributes: Mapping[str, str]
    status: UserStatus
    is_enabled: bool
    record: PasswordRecord
    password_expires_at_s: float | None
    authenticator_sealed: bytes | None
    is_authenticator_verified: bool
    is_authenticator_wanted: bool
    authenticator_last_step: int
    created_at_s: float
    updated_at_s: float

    @property
    def verified_email(self) -> str | None:
        return self.attributes.get("email") if self.attributes.get("email_verified") == "true" else None

    @property
    def has_authenticator(self) -> bool:
        """Whether signing in requires a code."""
        return self.is_authenticator_verified and self.is_authenticator_wanted

    def sign_in_names(self) -> tuple[str, ...]:
        return (self.username,) if self.verified_email is None else (self.username, self.verified_email)


def name_key(name: str) -> str:
    """A name as it is compared: Unicode's canonical caseless match (The Unicode Standard, D145)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def find_user_by_sign_in_name(connection: sqlite3.Connection, name: str) -> User | None:
    """By user name or by verified e-mail address."""
    key = name_key(name)
    return _one(connection, "username_key = ? OR email_key = ?", (key, key))


def find_user(connection: sqlite3.Connection, name: str) -> User | None:
    """By user name, verified e-mail address or sub, as in the Admin operations."""
    return find_user_by_sign_in_name(connection, name) or find_user_by_sub(connection, name)


def find_user_by_sub(connection: sqlite3.Connection, sub: str) -> User | None:
    return _one(connection, "sub = ?", (sub,))


def users_after(connection: sqlite3.Connection, username_key: str, limit: int) -> list[User]:
    """Up to `limit` users whose names' keys follow `username_key`, in that order; "" precedes all."""
    rows = connection.execute(
        "SELECT * FROM users WHERE username_key > ? ORDER BY username_key LIMIT ?", (username_key, limit)
    )
    return [_user(row) for row in rows]


def insert_user(connection: sqlite3.Connection, user: User) -> None:
    """Raises NameTaken."""
    columns = _columns(user)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    _check_names_free(connection, user)
    connection.execute(f"INSERT INTO users ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608


def save_user(connection: sqlite3.Connection, user: User) -> None:
    """Update all of the user's columns. Raises NameTaken."""
    columns = _columns(user)
    assignments = ", ".join(f"{name} = ?" for name in columns)
    _check_names_free(connection, user)
    connection.execute(
        f"UPDATE users SET {assignments} WHERE sub = ?",  # noqa: S608  # column names are ours
        (*columns.values(), user.sub),
    )


def sealed_authenticators(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
    """Sub and sealed secret of every user who has ever set up an authenticator app."""
    rows = connection.execute(
        "SELECT sub, authenticator_sealed FROM users WHERE authenticator_sealed IS NOT NULL"
    )
    return [(row["sub"], row["authenticator_sealed"]) for row in rows]


def save_sealed_authenticator(connection: sqlite3.Connection, sub: str, sealed: bytes) -> None:
    connection.execute("UPDATE users SET authenticator_sealed = ? WHERE sub = ?", (sealed, sub))


def delete_user(connection: sqlite3.Connection, sub: str) -> None:
    """Also deletes their sign-ins, so that every token of theirs is refused from now on."""
    connection.execute("DELETE FROM users WHERE sub = ?", (sub,))


def _check_names_free(connection: sqlite3.Connection, user: User) -> None:
    """Raises NameTaken when another user has this name or address, as either."""
    for name in user.sign_in_names():
        holder = find_user_by_sign_in_name(connection, name)
        if holder is not None and holder.sub != user.sub:
            raise NameTaken(is_address=name != user.username)


def _one(connection: sqlite3.Connection, condition: str, values: tuple[str, ...]) -> User | None:
    row = connection.execute(f"SELECT * FROM users WHERE {condition}", values).fetchone()  # noqa: S608
    return None if row is None else _user(row)


def _columns(user: User) -> dict[str, str | bytes | float | int | None]:
    columns = asdict(user)
    return {
        **columns.pop("record"),
        **columns,
        "username_key": name_key(user.username),
        "email_key": None if user.verified_email is None else name_key(user.verified_email),
        "attributes": json.dumps(dict(user.attributes), ensure_ascii=False),
    }


def _user(row: sqlite3.Row) -> User:
    columns = dict(row)
    del columns["username_key"], columns["email_key"]
    flags = {name: bool(value) for name, value in columns.items() if name.startswith("is_")}
    return User(
        record=PasswordRecord(salt=columns.pop("salt"), verifier=columns.pop("verifier")),
        attributes=json.loads(columns.pop("attributes")),
        status=UserStatus(columns.pop("status")),
        **{**columns, **flags},
    )
