"""Rows of sign-ins, each with its refresh token, and of mailed codes. No rules, no clock.

A refresh token is stored as a hash only: a plain one, since 384 random bits cannot be guessed.
"""

import hashlib
import sqlite3
from dataclasses import asdict, dataclass
from typing import Final

__all__ = [
    "SignIn",
    "find_sign_in_by_refresh_token",
    "insert_sign_in",
    "is_sign_in_alive",
    "revoke_sign_in",
    "revoke_sign_ins_of",
    "store_code",
    "take_code",
]

EXPIRED_CODE_KEPT_S: Final = 86_400.0  # so that a code typed late is refused as expired
CODES_MAX: Final = 20_000  # a flood of invented names pushes out the oldest instead of filling the disk
KEPT_AFTER_END_S: Final = 3600.0  # the last access token of a sign-in may outlive its refresh token


@dataclass(frozen=True, slots=True)
class SignIn:
    origin_jti: str
    sub: str
    signed_in_at_s: float
    expires_at_s: float
    is_revoked: bool = False


def insert_sign_in(connection: sqlite3.Connection, sign_in: SignIn, refresh_token: str, now_s: float) -> None:
    """Store it, and delete those that ended long ago."""
    connection.execute("DELETE FROM sign_ins WHERE expires_at_s < ?", (now_s - KEPT_AFTER_END_S,))
    connection.execute(
        "INSERT INTO sign_ins (origin_jti, sub, refresh_token_hash, signed_in_at_s, expires_at_s, is_revoked)"
        " VALUES (:origin_jti, :sub, :hash, :signed_in_at_s, :expires_at_s, :is_revoked)",
        {**asdict(sign_in), "hash": _hash(refresh_token)},
    )


def find_sign_in_by_refresh_token(connection: sqlite3.Connection, refresh_token: str) -> SignIn | None:
    row = connection.execute(
        "SELECT * FROM sign_ins WHERE refresh_token_hash = ?", (_hash(refresh_token),)
    ).fetchone()
    if row is None:
        return None
    return SignIn(
        origin_jti=row["origin_jti"],
        sub=row["sub"],
        signed_in_at_s=row["signed_in_at_s"],
        expires_at_s=row["expires_at_s"],
        is_revoked=bool(row["is_revoked"]),
    )


def is_sign_in_alive(connection: sqlite3.Connection, origin_jti: str, sub: str) -> bool:
    """Whether tokens of this sign-in are valid: it is this user's, not revoked, and the user is enabled."""
    row = connection.execute(
        "SELECT 1 FROM sign_ins JOIN users USING (sub)"
        " WHERE origin_jti = ? AND sub = ? AND NOT is_revoked AND is_enabled",
        (origin_jti, sub),
    ).fetchone()
    return row is not None


def revoke_sign_in(connection: sqlite3.Connection, origin_jti: str) -> None:
    connection.execute("UPDATE sign_ins SET is_revoked = 1 WHERE origin_jti = ?", (origin_jti,))


def revoke_sign_ins_of(connection: sqlite3.Connection, sub: str, *, but: str | None = None) -> None:
    """All of this user's, except the one with the origin_jti `but`."""
    connection.execute("UPDATE sign_ins SET is_revoked = 1 WHERE sub = ? AND origin_jti IS NOT ?", (sub, but))


def store_code(
    connection: sqlite3.Connection,
    *,
    sub: str,
    purpose: str,
    code_hash: bytes,
    expires_at_s: float,
    now_s: float,
) -> None:
    """Replace the user's code for this purpose, and delete codes that expired a day ago."""
    connection.execute("DELETE FROM codes WHERE expires_at_s < ?", (now_s - EXPIRED_CODE_KEPT_S,))
    connection.execute(
        "INSERT OR REPLACE INTO codes (sub, purpose, code_hash, expires_at_s) VALUES (?, ?, ?, ?)",
        (sub, purpose, code_hash, expires_at_s),
    )
    connection.execute(
        "DELETE FROM codes WHERE expires_at_s <"
        " (SELECT expires_at_s FROM codes ORDER BY expires_at_s DESC LIMIT 1 OFFSET ?)",
        (CODES_MAX - 1,),
    )


def take_code(connection: sqlite3.Connection, *, sub: str, purpose: str, code_hash: bytes) -> float | None:
    """Use the code up and return when it expires or expired; None when it is not this code."""
    row = connection.execute(
        "SELECT expires_at_s FROM codes WHERE sub = ? AND purpose = ? AND code_hash = ?",
        (sub, purpose, code_hash),
    ).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM codes WHERE sub = ? AND purpose = ?", (sub, purpose))
    expires_at_s: float = row["expires_at_s"]
    return expires_at_s


def _hash(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode("utf-8", "replace")).digest()
