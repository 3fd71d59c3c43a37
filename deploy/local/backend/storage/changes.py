"""Rows of the history: each function runs one statement in the caller's transaction. No rules."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "Change",
    "Values",
    "all_changes",
    "delete_changes",
    "delete_changes_of_result",
    "insert_change",
    "list_changes",
]

Values = Mapping[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a result, or of the exam itself where `result_id` is None.

    `made_at` is an AWSDateTime text in UTC, `made_by` a sub, `made_by_name` the name with which that teacher
    had signed in. `after` is None when the result was deleted. `number` counts the exam's changes from 1.
    """

    exam_id: str
    made_at: str
    made_by: str
    made_by_name: str
    kind: str
    result_id: str | None
    before: Values
    after: Values | None
    number: int = 0


_SELECT = (
    "SELECT exam_id, made_at, made_by, made_by_name, kind, result_id, before, after, number FROM changes"
)


def insert_change(connection: sqlite3.Connection, change: Change) -> None:
    """As the exam's newest change; its `number` is not looked at."""
    connection.execute(
        "INSERT INTO changes (exam_id, made_at, made_by, made_by_name, kind, result_id, before, after,"
        " number) VALUES (:exam_id, :made_at, :made_by, :made_by_name, :kind, :result_id, :before, :after,"
        " 1 + coalesce((SELECT max(number) FROM changes WHERE exam_id = :exam_id), 0))",
        {
            "exam_id": change.exam_id,
            "made_at": change.made_at,
            "made_by": change.made_by,
            "made_by_name": change.made_by_name,
            "kind": change.kind,
            "result_id": change.result_id,
            "before": _text(change.before),
            "after": None if change.after is None else _text(change.after),
        },
    )


def list_changes(
    connection: sqlite3.Connection,
    exam_id: str,
    result_id: str | None,
    row_count: int,
    before_number: int | None,
) -> list[Change]:
    """Up to `row_count` changes before this number, newest first; of one result, or of everything."""
    rows = connection.execute(
        f"{_SELECT} WHERE exam_id = :exam_id AND number < :before_number"
        " AND (:result_id IS NULL OR result_id = :result_id) ORDER BY number DESC LIMIT :row_count",
        {
            "exam_id": exam_id,
            "result_id": result_id,
            "before_number": _NUMBER_MAX if before_number is None else before_number,
            "row_count": row_count,
        },
    )
    return [_change(row) for row in rows]


def all_changes(connection: sqlite3.Connection) -> list[Change]:
    """Of every exam, by exam; the oldest first."""
    rows = connection.execute(f"{_SELECT} ORDER BY exam_id, number")
    return [_change(row) for row in rows]


def delete_changes(connection: sqlite3.Connection, exam_id: str) -> None:
    connection.execute("DELETE FROM changes WHERE exam_id = ?", (exam_id,))


def delete_changes_of_result(connection: sqlite3.Connection, exam_id: str, result_id: str) -> None:
    connection.execute("DELETE FROM changes WHERE exam_id = ? AND result_id = ?", (exam_id, result_id))


_NUMBER_MAX = 2**63 - 1


def _text(values: Values) -> str:
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))


def _change(row: sqlite3.Row) -> Change:
    values = dict(row)
    after = values["after"]
    return Change(
        **{
            **values,
            "before": json.loads(values["before"]),
            "after": None if after is None else json.loads(after),
        }
    )
