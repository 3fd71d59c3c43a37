"""The history of an exam, written by the rules in the transaction of each change.

A record has all that was stored and all that is, so that whoever reads one need not read the others. A change
that changed nothing leaves none.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.wire_rows import WireObject
from deploy.local.backend.storage.changes import Change, Values, insert_change
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import Result

__all__ = [
    "change_object",
    "record_deletions",
    "record_exam_change",
    "record_result_change",
    "recorded_characters",
]

_NO_VALUES = frozenset({"exam_id", "id", "version", "created_at", "updated_at", "regraded_at"})


def record_result_change(
    connection: sqlite3.Connection, kind: str, before: Result, after: Result, mutation: TeacherMutation
) -> None:
    """A result was changed, or its grade was taken back."""
    was, is_now = _result_values(before), _result_values(after)
    if was != is_now:
        _record(connection, kind, before.exam_id, before.id, was, is_now, mutation)


def recorded_characters(results: Sequence[Result]) -> int:
    """How many characters the texts of these results have in the history."""
    return sum(len(str(value)) for result in results for value in _result_values(result).values())


def record_deletions(
    connection: sqlite3.Connection, results: Sequence[Result], mutation: TeacherMutation
) -> None:
    """These results of one exam were deleted together; the one with the first id is listed first."""
    for result in sorted(results, key=lambda one: one.id, reverse=True):
        _record(connection, "DELETED", result.exam_id, result.id, _result_values(result), None, mutation)


def record_exam_change(
    connection: sqlite3.Connection, kind: str, before: Exam, after: Exam, mutation: TeacherMutation
) -> None:
    """An exam was changed, published (or its hour moved), or withdrawn."""
    was, is_now = _exam_values(before), _exam_values(after)
    if was != is_now:
        _record(connection, kind, before.id, None, was, is_now, mutation)


def change_object(change: Change) -> WireObject:
    """All fields of `Change`."""
    return {
        "id": str(change.number),
        "examId": change.exam_id,
        "at": change.made_at,
        "by": change.made_by,
        "byName": change.made_by_name,
        "kind": change.kind,
        "resultId": change.result_id,
        "before": change.before,
        "after": change.after,
    }


def _record(
    connection: sqlite3.Connection,
    kind: str,
    exam_id: str,
    result_id: str | None,
    before: Values,
    after: Values | None,
    mutation: TeacherMutation,
) -> None:
    change = Change(
        exam_id=exam_id,
        made_at=mutation.now,
        made_by=mutation.owner,
        made_by_name=mutation.owner_name,
        kind=kind,
        result_id=result_id,
        before=before,
        after=after,
    )
    insert_change(connection, change)


def _result_values(result: Result) -> Values:
    """Everything that a teacher may change; what is missing is left out."""
    values = asdict(result)
    return {name: value for name, value in values.items() if name not in _NO_VALUES and value is not None}


def _exam_values(exam: Exam) -> Values:
    values: Values = {
        "subject": exam.subject,
        "date": exam.date,
        "teacher": exam.teacher,
        "scale": exam.scale,
        "audience": exam.audience,
        "listed": exam.is_listed,
        "status": "PUBLISHED" if exam.is_published else "DRAFT",
        "releaseAt": exam.release_at,
    }
    return {name: value for name, value in values.items() if value is not None}
