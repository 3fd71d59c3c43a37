"""The database as the user pool uses it: which sign-ins are alive is remembered until the pool writes.

Every request with a token asks that. Reading it each time took a quarter of the processor of eight busy
writers: at each statement SQLite lets another thread run, which must then be waited for.

Accounts and sign-ins are written by this process alone, and only in this way.
"""

from collections.abc import Callable
from sqlite3 import Connection
from typing import TypeVar

from deploy.local.backend.storage.database import Database
from deploy.local.backend.storage.sign_ins import is_sign_in_alive

__all__ = ["AccountStore"]

T = TypeVar("T")


class AccountStore:
    """Reads and writes like the database. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # (origin_jti, sub), since the last write ended. Few: every new sign-in is a write.
        self._alive: set[tuple[str, str]] = set()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a snapshot of the committed rows."""
        return self._database.read(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; returns its result once it is durable. Raises CommitFailed."""
        try:
            return self._database.write(work)
        finally:  # after a failure, too: it does not tell what is stored
            self._alive = set()

    def has_sign_in_ended(self, origin_jti: str, sub: str) -> bool:
        """Whether tokens of this sign-in are invalid: it is not this user's, or revoked, or the user is
        disabled."""
        sign_in = (origin_jti, sub)
        alive = self._alive  # a write that ends during the read may have ended the sign-in: this set has gone
        if sign_in in alive:
            return False
        if not self._database.read(lambda connection: is_sign_in_alive(connection, origin_jti, sub)):
            return True
        alive.add(sign_in)
        return False
