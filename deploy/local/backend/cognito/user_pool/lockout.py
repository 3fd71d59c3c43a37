"""Slows guessing down as Cognito does, across restarts.

After FREE_FAILURES failed attempts the target is locked for one second, then two, four and so on, up to
LOCK_MAX_S. Attempts while it is locked are refused without being examined and change nothing. Failures are
forgotten after a success, or after a quiet period that begins at the end of the lock: PASSWORD_QUIET_S, as in
Cognito, or CODE_QUIET_S for six-digit codes, which patience would otherwise find. Known and unknown targets
are treated alike; only hashes are stored.

An attempt is counted as failed *before* it is verified, so that simultaneous attempts gain nothing.
"""

import sqlite3
from typing import Final

__all__ = [
    "CODE_QUIET_S",
    "FREE_FAILURES",
    "LOCK_MAX_S",
    "PASSWORD_QUIET_S",
    "begin_attempt",
    "clear_failures",
    "is_locked",
]

FREE_FAILURES: Final = 5
LOCK_MAX_S: Final = 900.0
PASSWORD_QUIET_S: Final = 900.0
CODE_QUIET_S: Final = 86_400.0
TARGETS_MAX: Final = 20_000  # a flood of invented names pushes out the oldest instead of filling the disk


def begin_attempt(
    connection: sqlite3.Connection, target_hash: bytes, now_s: float, *, quiet_s: float = PASSWORD_QUIET_S
) -> bool:
    """Count an attempt on this target; False when it is locked and the attempt must be refused."""
    connection.execute("DELETE FROM failed_attempts WHERE forgotten_at_s <= ?", (now_s,))
    row = connection.execute(
        "SELECT failures, locked_until_s FROM failed_attempts WHERE target_hash = ?", (target_hash,)
    ).fetchone()
    failures, locked_until_s = (row["failures"], row["locked_until_s"]) if row else (0, 0.0)
    if now_s < locked_until_s:
        return False
    failures += 1
    locked_until_s = now_s + lock_duration_s(failures)
    connection.execute(
        "INSERT OR REPLACE INTO failed_attempts (target_hash, failures, locked_until_s, forgotten_at_s)"
        " VALUES (?, ?, ?, ?)",
        (target_hash, failures, locked_until_s, locked_until_s + quiet_s),
    )
    connection.execute(
        "DELETE FROM failed_attempts WHERE forgotten_at_s <"
        " (SELECT forgotten_at_s FROM failed_attempts ORDER BY forgotten_at_s DESC LIMIT 1 OFFSET ?)",
        (TARGETS_MAX - 1,),
    )
    return True


def is_locked(connection: sqlite3.Connection, target_hash: bytes, now_s: float) -> bool:
    row = connection.execute(
        "SELECT 1 FROM failed_attempts WHERE target_hash = ? AND locked_until_s > ?", (target_hash, now_s)
    ).fetchone()
    return row is not None


def clear_failures(connection: sqlite3.Connection, target_hash: bytes) -> None:
    """After a success."""
    connection.execute("DELETE FROM failed_attempts WHERE target_hash = ?", (target_hash,))


def lock_duration_s(failures: int) -> float:
    """How long the target stays locked after so many failures."""
    if failures < FREE_FAILURES:
        return 0.0
    return min(LOCK_MAX_S, 2.0 ** min(failures - FREE_FAILURES, 30))
