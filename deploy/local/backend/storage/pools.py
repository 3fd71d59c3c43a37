"""The one row that names this installation's pools, as they appear in tokens and in the clients' settings."""

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["PoolNames", "load_or_create_pool_names"]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class PoolNames:
    """The ids that clients need to reach the pools."""

    region: str
    user_pool_id: str
    client_id: str
    identity_pool_id: str

    @property
    def pool_name(self) -> str:
        """The part of the user pool's id that goes into the password proof."""
        return self.user_pool_id.split("_", 1)[1]


def load_or_create_pool_names(
    connection: sqlite3.Connection, region: str, random_bytes: Callable[[int], bytes]
) -> PoolNames:
    """Created on first use and never changed, not even when another region is given later."""
    connection.execute(
        "INSERT OR IGNORE INTO pools (only, region, user_pool_id, client_id, identity_pool_id)"
        " VALUES (1, ?, ?, ?, ?)",
        (
            region,
            f"{region}_{_letters(9, random_bytes)}",
            _letters(26, random_bytes).lower(),
            f"{region}:{uuid.UUID(bytes=random_bytes(16), version=4)}",
        ),
    )
    row = connection.execute("SELECT * FROM pools").fetchone()
    return PoolNames(row["region"], row["user_pool_id"], row["client_id"], row["identity_pool_id"])


def _letters(count: int, random_bytes: Callable[[int], bytes]) -> str:
    return "".join(_ALPHABET[octet % len(_ALPHABET)] for octet in random_bytes(count))
