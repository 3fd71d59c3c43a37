"""What a teacher may do to an exam. Each function runs inside one transaction and gives the object to answer.

The order of the questions is always: does it exist, is it the caller's, is the version current, is the
content in order. A stranger therefore learns nothing of a draft's version, and a stale form hears of the
newer row first.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from deploy.local.backend.appsync.errors import conflict, not_authorized, not_found, precondition_failed
from deploy.local.backend.appsync.validation import checked_date, checked_id, checked_scale, checked_text
from deploy.local.backend.appsync.wire_rows import WireObject, exam_object
from deploy.local.backend.storage.exams import Exam, delete_exam, find_exam, insert_exam, update_exam
from deploy.local.backend.storage.results import count_results

__all__ = ["change_exam", "create_exam", "owned_exam", "publish_exam", "remove_exam", "unpublish_exam"]

InputObject = Mapping[str, object]


def owned_exam(connection: sqlite3.Connection, exam_id: str, owner: str, field_name: str) -> Exam:
    """The exam, if it is the caller's. Raises ApiError NotFound or Unauthorized (of the mutation's field)."""
    exam = find_exam(connection, exam_id)
    if exam is None:
        raise not_found("The exam")
    if exam.owner != owner:
        raise not_authorized(field_name, "Mutation")
    return exam


def create_exam(connection: sqlite3.Connection, given: InputObject, owner: str, now: str) -> WireObject:
    """A draft at version 1; the same create again gives the same answer. `now` is an AWSDateTime."""
    exam = Exam(
        id=checked_id(_text(given, "id")),
        subject=checked_text(_text(given, "subject"), "subject"),
        date=checked_date(_text(given, "date")),
        teacher=checked_text(_text(given, "teacher"), "teacher"),
        scale=checked_scale(_text(given, "scale")),
        audience=_text(given, "audience"),
        is_published=False,
        version=1,
        created_at=now,
        updated_at=now,
        owner=owner,
    )
    stored = find_exam(connection, exam.id)
    if stored is None:
        insert_exam(connection, exam)
        return exam_object(exam)
    if stored == replace(exam, created_at=stored.created_at, updated_at=stored.updated_at):
        return exam_object(stored)
    is_visible = stored.owner == owner or stored.is_published
    raise conflict(
        "An exam with this id exists and is different", exam_object(stored) if is_visible else None
    )


def change_exam(connection: sqlite3.Connection, given: InputObject, owner: str, now: str) -> WireObject:
    """Fields left out stay. The audience changes only while nothing is, or would be, shown wrongly."""
    exam = _current_exam(connection, given, owner, "updateExam")
    changed = replace(exam, version=exam.version + 1, updated_at=now)
    if "subject" in given:
        changed = replace(changed, subject=checked_text(_text_or_none(given, "subject"), "subject"))
    if "date" in given:
        changed = replace(changed, date=checked_date(_text_or_none(given, "date")))
    if "teacher" in given:
        changed = replace(changed, teacher=checked_text(_text_or_none(given, "teacher"), "teacher"))
    if "scale" in given:
        changed = replace(changed, scale=checked_scale(_text_or_none(given, "scale")))
    if "audience" in given:
        # The enum's values are checked by the schema; null is caught as any empty text is.
        changed = replace(changed, audience=checked_text(_text_or_none(given, "audience"), "audience"))
    if changed.audience != exam.audience:
        if exam.is_published:
            raise precondition_failed("The audience cannot change while the exam is published")
        # Names that are stored as public texts would stand where codes are promised.
        if changed.are_students_codes and count_results(connection, exam.id, 1):
            raise precondition_failed("The audience cannot change to CODES while the exam has results")
    update_exam(connection, changed)
    return exam_object(changed)


def publish_exam(connection: sqlite3.Connection, given: InputObject, owner: str, now: str) -> WireObject:
    exam = _current_exam(connection, given, owner, "publishExam")
    published = replace(exam, is_published=True, version=exam.version + 1, updated_at=now)
    update_exam(connection, published)
    return exam_object(published)


def unpublish_exam(connection: sqlite3.Connection, given: InputObject, owner: str, now: str) -> WireObject:
    exam = _current_exam(connection, given, owner, "unpublishExam")
    if not exam.is_published:
        raise precondition_failed("The exam is not published")
    draft = replace(exam, is_published=False, version=exam.version + 1, updated_at=now)
    update_exam(connection, draft)
    return exam_object(draft)


def remove_exam(connection: sqlite3.Connection, given: InputObject, owner: str, now: str) -> WireObject:
    """Answers the exam as it was, one version on: the event of its end is newer than every other."""
    exam = _current_exam(connection, given, owner, "deleteExam")
    if count_results(connection, exam.id, 1):
        raise precondition_failed("The exam has results: delete them first")
    delete_exam(connection, exam.id)
    return exam_object(replace(exam, version=exam.version + 1, updated_at=now))


def _current_exam(connection: sqlite3.Connection, given: InputObject, owner: str, field_name: str) -> Exam:
    exam = owned_exam(connection, _text(given, "id"), owner, field_name)
    if given["expectedVersion"] != exam.version:
        raise conflict("The exam was changed meanwhile", exam_object(exam))
    return exam


def _text(given: InputObject, field: str) -> str:
    return str(given[field])


def _text_or_none(given: InputObject, field: str) -> str | None:
    value = given[field]
    return None if value is None else str(value)
