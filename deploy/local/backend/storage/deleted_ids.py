"""Ids of what was deleted: each function runs one statement in the caller's transaction.

A client that got no answer sends the same creation again. The first one may be held up on the way and arrive
last, when what the second one created is deleted already. It is told apart by its id, which is used once.
"""

import sqlite3
from typing import Final

__all__ = ["CLASS_LISTS", "EXAMS", "forget_deleted", "remember_deleted", "was_deleted"]

EXAMS: Final = "exams"
CLASS_LISTS: Final = "class lists"


def remember_deleted(connection: sqlite3.Connection, scope: str, deleted_id: str) -> None:
    """`scope`: the exam's id for a result, or one of the names above."""
    connection.execute("INSERT OR IGNORE INTO deleted_ids (scope, id) VALUES (?, ?)", (scope, deleted_id))


def was_deleted(connection: sqlite3.Connection, scope: str, new_id: str) -> bool:
    found = connection.execute("SELECT 1 FROM deleted_ids WHERE scope = ? AND id = ?", (scope, new_id))
    return found.fetchone() is not None


def forget_deleted(connection: sqlite3.Connection, scope: str) -> None:
    """Of an exam that is deleted itself: nothing is created in it any more."""
    connection.execute("DELETE FROM deleted_ids WHERE scope = ?", (scope,))
