"""Everything of one owner, in the caller's transaction."""

import sqlite3

__all__ = ["change_owner", "count_owned", "delete_owned"]

_EXAMS = "(SELECT id FROM exams WHERE owner = :owner)"
_RESULTS = f"results WHERE exam_id IN {_EXAMS}"
_CHANGES = f"changes WHERE exam_id IN {_EXAMS}"
_DELETED_IDS = f"deleted_ids WHERE scope IN {_EXAMS}"


def count_owned(connection: sqlite3.Connection, owner: str) -> tuple[int, int, int]:
    """The numbers of exams, of their results and of class lists."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM exams WHERE owner = :owner),"  # noqa: S608
        f" (SELECT count(*) FROM {_RESULTS}),"
        " (SELECT count(*) FROM class_lists WHERE owner = :owner)",
        {"owner": owner},
    ).fetchone()
    return row[0], row[1], row[2]


def change_owner(connection: sqlite3.Connection, owner: str, new_owner: str) -> None:
    """Versions stay: nothing that anybody sees of an exam changes."""
    for table in ("exams", "class_lists"):
        connection.execute(f"UPDATE {table} SET owner = ? WHERE owner = ?", (new_owner, owner))  # noqa: S608


def delete_owned(connection: sqlite3.Connection, owner: str) -> None:
    for what in (
        _CHANGES,
        _RESULTS,
        _DELETED_IDS,
        "exams WHERE owner = :owner",
        "class_lists WHERE owner = :owner",
    ):
        connection.execute(f"DELETE FROM {what}", {"owner": owner})  # noqa: S608
