"""Rows of class lists: each function runs one statement in the caller's transaction."""

import json
import sqlite3
from dataclasses import asdict, dataclass

__all__ = [
    "ClassList",
    "ClassStudent",
    "all_class_lists",
    "delete_class_list",
    "find_class_list",
    "list_class_lists",
    "put_class_list",
]


@dataclass(frozen=True, slots=True)
class ClassStudent:
    """One student of a class list. `code` is kept in all exams."""

    name: str
    number: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class ClassList:
    """One stored class list. `owner` is a sub, the times are AWSDateTime texts in UTC, `gradebook` is the
    client's own text."""

    owner: str
    id: str
    title: str
    students: tuple[ClassStudent, ...]
    version: int
    created_at: str
    updated_at: str
    gradebook: str | None = None


_SELECT = "SELECT owner, id, title, students, version, created_at, updated_at, gradebook FROM class_lists"


def find_class_list(connection: sqlite3.Connection, owner: str, list_id: str) -> ClassList | None:
    row = connection.execute(f"{_SELECT} WHERE owner = ? AND id = ?", (owner, list_id)).fetchone()
    return _class_list(row) if row else None


def list_class_lists(
    connection: sqlite3.Connection, owner: str, row_count: int, after_id: str | None
) -> list[ClassList]:
    """Up to `row_count` lists of one owner after `after_id`, in the order of their ids."""
    rows = connection.execute(
        f"{_SELECT} WHERE owner = ? AND id > ? ORDER BY id LIMIT ?", (owner, after_id or "", row_count)
    )
    return [_class_list(row) for row in rows]


def all_class_lists(connection: sqlite3.Connection) -> list[ClassList]:
    """Everybody's, by owner and id."""
    return [_class_list(row) for row in connection.execute(f"{_SELECT} ORDER BY owner, id")]


def put_class_list(connection: sqlite3.Connection, stored: ClassList) -> None:
    """Inserts the list, or replaces the owner's list with this id."""
    students = json.dumps([asdict(student) for student in stored.students], ensure_ascii=False)
    connection.execute(
        "INSERT OR REPLACE INTO class_lists"
        " (owner, id, title, students, version, created_at, updated_at, gradebook)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stored.owner,
            stored.id,
            stored.title,
            students,
            stored.version,
            stored.created_at,
            stored.updated_at,
            stored.gradebook,
        ),
    )


def delete_class_list(connection: sqlite3.Connection, owner: str, list_id: str) -> None:
    connection.execute("DELETE FROM class_lists WHERE owner = ? AND id = ?", (owner, list_id))


def _class_list(row: sqlite3.Row) -> ClassList:
    values = dict(row)
    students = tuple(ClassStudent(**student) for student in json.loads(values.pop("students")))
    return ClassList(**values, students=students)
