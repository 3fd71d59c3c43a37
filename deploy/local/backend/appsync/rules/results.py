"""What a teacher may do to results. Each rule runs inside one transaction and returns the object to answer.

The checks come in the same order as in `exams`: exam, owner, version, content. A batch is stored whole or not
at all: the first row refused refuses the batch, and the transaction takes the others back.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from deploy.local.backend.appsync.errors import bad_request, conflict, not_found, precondition_failed
from deploy.local.backend.appsync.rules.exams import owned_exam
from deploy.local.backend.appsync.rules.history import (
    record_deletions,
    record_result_change,
    recorded_characters,
)
from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.validation import (
    checked_batch_ids,
    checked_comment,
    checked_deletion_size,
    checked_grade,
    checked_id,
    checked_student,
    checked_text,
)
from deploy.local.backend.appsync.wire_rows import WireObject, batch_object, result_object
from deploy.local.backend.storage.changes import delete_changes_of_result
from deploy.local.backend.storage.deleted_ids import remember_deleted
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import (
    AWAITED,
    Result,
    delete_result,
    find_result,
    insert_result,
    update_result,
)

__all__ = [
    "change_result",
    "create_result",
    "create_results",
    "erase_changes",
    "remove_result",
    "remove_results",
    "retract_result",
]

RowInput = Mapping[str, Any]


def create_result(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """A row at version 1. Idempotent: the same create again has the same answer."""
    exam = owned_exam(connection, mutation.input["examId"], mutation)
    return result_object(_stored_row(connection, mutation.input, exam, mutation), exam, mutation.now_s)


def create_results(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """As `create_result`, for 1 to 99 rows, of which all are awaited or none is."""
    exam = owned_exam(connection, mutation.input["examId"], mutation)
    results = [_stored_row(connection, row, exam, mutation) for row in _batch_rows(mutation)]
    if len({result.is_awaited for result in results}) > 1:
        raise bad_request("rows", "must all be awaited or all have a grade")
    return batch_object(results, exam, mutation.now_s)


def change_result(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Fields left out stay; a null name, number or comment is removed. A graded result does not become
    awaited in this way."""
    given = mutation.input
    exam = owned_exam(connection, given["examId"], mutation)
    result = _current_result(connection, given, exam, mutation)
    changed = replace(result, version=result.version + 1, updated_at=mutation.now)
    if "student" in given:
        student = checked_student(given["student"], exam.audience)
        changed = replace(changed, student=student)
    if "grade" in given:
        changed = replace(changed, grade=checked_grade(given["grade"]))
        if changed.is_awaited and not result.is_awaited:
            raise precondition_failed("A grade is taken back with retractResults")
    if "name" in given:
        changed = replace(changed, name=_checked(given, "name"))
    if "number" in given:
        changed = replace(changed, number=_checked(given, "number"))
    if "comment" in given:
        changed = replace(changed, comment=checked_comment(given["comment"]))
    if changed.grade != result.grade and not result.is_awaited:
        changed = replace(changed, regraded_at=mutation.now)
    update_result(connection, changed)
    record_result_change(connection, "UPDATED", result, changed, mutation)
    return result_object(changed, exam, mutation.now_s)


def remove_result(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Answers the row as it was, one version on: the event of its end is newer than every other."""
    exam = owned_exam(connection, mutation.input["examId"], mutation)
    removed = _removed_row(connection, mutation.input, exam, mutation)
    record_deletions(connection, [removed], mutation)
    return result_object(removed, exam, mutation.now_s)


def retract_result(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """The result is awaited again. Answers it as it was, one version on, as its deletion does: that is what
    the event means to everybody but the owner."""
    exam = owned_exam(connection, mutation.input["examId"], mutation)
    result = _current_result(connection, mutation.input, exam, mutation)
    if result.is_awaited:
        raise precondition_failed("The result has no grade")
    retracted = replace(result, version=result.version + 1, updated_at=mutation.now, regraded_at=mutation.now)
    awaited = replace(retracted, grade=AWAITED)
    update_result(connection, awaited)
    record_result_change(connection, "RETRACTED", result, awaited, mutation)
    return result_object(retracted, exam, mutation.now_s)


def remove_results(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """As `remove_result`, for 1 to 99 rows, whose texts fit into one record of the history."""
    exam = owned_exam(connection, mutation.input["examId"], mutation)
    removed = [_removed_row(connection, row, exam, mutation) for row in _batch_rows(mutation)]
    checked_deletion_size(recorded_characters(removed))
    record_deletions(connection, removed, mutation)
    return batch_object(removed, exam, mutation.now_s)


def erase_changes(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Erases everything of one result from the history, in one step."""
    exam = owned_exam(connection, mutation.input["examId"], mutation)
    delete_changes_of_result(connection, exam.id, mutation.input["id"])
    return {"examId": exam.id, "nextToken": None}


def _stored_row(
    connection: sqlite3.Connection, given: RowInput, exam: Exam, mutation: TeacherMutation
) -> Result:
    now = mutation.now
    result = Result(
        exam_id=exam.id,
        id=checked_id(given["id"]),
        student=checked_student(given["student"], exam.audience),
        grade=checked_grade(given["grade"]),
        name=_checked(given, "name"),
        number=_checked(given, "number"),
        comment=checked_comment(given.get("comment")),
        version=1,
        created_at=now,
        updated_at=now,
    )
    if insert_result(connection, result):
        return result
    stored = find_result(connection, exam.id, result.id)
    if stored is None:
        raise conflict("The result with this id was deleted", None)
    if stored == replace(result, created_at=stored.created_at, updated_at=stored.updated_at):
        return stored
    current = result_object(stored, exam, mutation.now_s, with_student=True)
    raise conflict("A result with this id exists and is different", current)


def _removed_row(
    connection: sqlite3.Connection, given: RowInput, exam: Exam, mutation: TeacherMutation
) -> Result:
    result = _current_result(connection, given, exam, mutation)
    delete_result(connection, exam.id, result.id)
    remember_deleted(connection, exam.id, result.id)
    return replace(result, version=result.version + 1, updated_at=mutation.now)


def _current_result(
    connection: sqlite3.Connection, given: RowInput, exam: Exam, mutation: TeacherMutation
) -> Result:
    result = find_result(connection, exam.id, given["id"])
    if result is None:
        raise not_found("The result")
    if given["expectedVersion"] != result.version:
        current = result_object(result, exam, mutation.now_s, with_student=True)
        raise conflict("The result was changed meanwhile", current)
    return result


def _batch_rows(mutation: TeacherMutation) -> Sequence[RowInput]:
    rows: Sequence[RowInput] = mutation.input["rows"]
    checked_batch_ids([row["id"] for row in rows])
    return rows


def _checked(given: RowInput, field: str) -> str | None:
    value = given.get(field)
    return None if value is None else checked_text(value, field)
