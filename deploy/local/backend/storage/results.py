"""Rows of results: each function runs one statement in the caller's transaction. No rules, no wire names."""

import sqlite3
from dataclasses import dataclass, fields
from operator import attrgetter

__all__ = [
    "AWAITED",
    "Result",
    "count_results",
    "delete_result",
    "find_result",
    "find_results_of_student",
    "insert_result",
    "list_results",
    "update_result",
]


AWAITED = "AWAITED"  # in the place of a grade


@dataclass(frozen=True, slots=True)
class Result:
    """One stored result. `student` is what the public sees, `name` the person behind a code, or None;
    `number` is the school's of the student, `comment` what the teacher says to the student."""

    exam_id: str
    id: str
    student: str
    grade: str
    name: str | None
    version: int
    created_at: str
    updated_at: str
    number: str | None = None
    comment: str | None = None
    regraded_at: str | None = None  # when the grade was last changed or taken back

    @property
    def is_awaited(self) -> bool:
        """Whether the student has no grade yet."""
        return self.grade == AWAITED


_NAMES = [field.name for field in fields(Result)]
_values = attrgetter(*_NAMES)
_SELECT = (
    "SELECT exam_id, id, student, grade, name, version, created_at, updated_at, number, comment,"
    " regraded_at FROM results"
)


def find_result(connection: sqlite3.Connection, exam_id: str, result_id: str) -> Result | None:
    row = connection.execute(
        f"{_SELECT} WHERE exam_id = ? AND id = ?",
        (exam_id, result_id),
    ).fetchone()
    return Result(*row) if row else None


def find_results_of_student(
    connection: sqlite3.Connection, exam_id: str, student: str, row_count: int
) -> list[Result]:
    """Up to `row_count` results with this text. It looks at the whole exam, also after it found one."""
    rows = connection.execute(f"{_SELECT} WHERE exam_id = ? AND student = ?", (exam_id, student)).fetchall()
    return [Result(*row) for row in rows[:row_count]]


def list_results(
    connection: sqlite3.Connection,
    exam_id: str,
    row_count: int,
    after_id: str | None,
    *,
    with_awaited: bool,
) -> list[Result]:
    """Up to `row_count` results after `after_id`, in the order of their ids."""
    hidden_grade = "" if with_awaited else AWAITED
    rows = connection.execute(
        f"{_SELECT} WHERE exam_id = ? AND id > ? AND grade <> ? ORDER BY id LIMIT ?",
        (exam_id, after_id or "", hidden_grade, row_count),
    )
    return [Result(*row) for row in rows]


def count_results(connection: sqlite3.Connection, exam_id: str, count_max: int) -> int:
    """The number of results of the exam, but at most `count_max`."""
    (count,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM results WHERE exam_id = ? LIMIT ?)", (exam_id, count_max)
    ).fetchone()
    return int(count)


def insert_result(connection: sqlite3.Connection, result: Result) -> bool:
    """False, and nothing is stored, if the exam has a result with this id, or had one that was deleted."""
    inserted = connection.execute(
        "INSERT INTO results (exam_id, id, student, grade, name, version, created_at, updated_at, number,"
        " comment, regraded_at) SELECT :exam_id, :id, :student, :grade, :name, :version, :created_at,"
        " :updated_at, :number, :comment, :regraded_at"
        " WHERE NOT EXISTS (SELECT 1 FROM deleted_ids WHERE scope = :exam_id AND id = :id)"
        " ON CONFLICT (exam_id, id) DO NOTHING",
        _columns(result),
    )
    return inserted.rowcount == 1


def update_result(connection: sqlite3.Connection, result: Result) -> None:
    """Everything but ids and time of creation."""
    connection.execute(
        "UPDATE results SET student = :student, grade = :grade, name = :name, number = :number,"
        " comment = :comment, version = :version, updated_at = :updated_at, regraded_at = :regraded_at"
        " WHERE exam_id = :exam_id AND id = :id",
        _columns(result),
    )


def delete_result(connection: sqlite3.Connection, exam_id: str, result_id: str) -> None:
    connection.execute("DELETE FROM results WHERE exam_id = ? AND id = ?", (exam_id, result_id))


def _columns(result: Result) -> dict[str, object]:
    """By name. `asdict` would copy each value deeply, which took a fifth of a write's transaction."""
    return dict(zip(_NAMES, _values(result), strict=True))
