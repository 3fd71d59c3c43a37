"""What a teacher may do to an exam. Each rule runs inside one transaction and returns the object to answer.

Every rule checks in this order: the exam exists, it is the caller's, the version is current, the content is
valid. So a stranger learns nothing about a draft's version, and a stale form receives the newer row first.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from deploy.local.backend.appsync.errors import (
    bad_request,
    conflict,
    not_authorized,
    not_found,
    precondition_failed,
)
from deploy.local.backend.appsync.rules.history import record_exam_change
from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.validation import (
    checked_date,
    checked_id,
    checked_release,
    checked_scale,
    checked_text,
)
from deploy.local.backend.appsync.wire_rows import WireObject, are_results_public, exam_object
from deploy.local.backend.storage.changes import delete_changes
from deploy.local.backend.storage.deleted_ids import EXAMS, forget_deleted, remember_deleted, was_deleted
from deploy.local.backend.storage.exams import Exam, delete_exam, find_exam, insert_exam, update_exam
from deploy.local.backend.storage.results import count_results

__all__ = [
    "change_exam",
    "create_exam",
    "owned_exam",
    "publish_exam",
    "remove_exam",
    "unpublish_exam",
]

_CHECKS: Mapping[str, Callable[[str | None], str]] = {
    "subject": partial(checked_text, field="subject"),
    "date": checked_date,
    "teacher": partial(checked_text, field="teacher"),
    "scale": checked_scale,
    "audience": partial(checked_text, field="audience"),  # the schema checks the enum; null is refused here
}


def owned_exam(connection: sqlite3.Connection, exam_id: str, mutation: TeacherMutation) -> Exam:
    """The exam, if it is the caller's. Raises ApiError NotFound or Unauthorized."""
    exam = find_exam(connection, exam_id)
    if exam is None:
        raise not_found("The exam")
    if exam.owner != mutation.owner:
        raise not_authorized(mutation.field, "Mutation")
    return exam


def create_exam(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """A draft at version 1. Idempotent: the same create again has the same answer."""
    exam = Exam(
        id=checked_id(mutation.input["id"]),
        **_checked_fields(mutation.input),
        is_published=False,
        release_at=None,
        version=1,
        created_at=mutation.now,
        updated_at=mutation.now,
        owner=mutation.owner,
    )
    stored = find_exam(connection, exam.id)
    if stored is None:
        if was_deleted(connection, EXAMS, exam.id):
            raise conflict("The exam with this id was deleted", None)
        insert_exam(connection, exam)
        return exam_object(exam, mutation.now_s)
    if stored == replace(exam, created_at=stored.created_at, updated_at=stored.updated_at):
        return exam_object(stored, mutation.now_s)
    is_visible = stored.owner == mutation.owner or stored.is_published
    shown = exam_object(stored, mutation.now_s) if is_visible else None
    raise conflict("An exam with this id exists and is different", shown)


def change_exam(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Fields left out stay. Who can see the exam changes only while it is a draft, and the audience to codes,
    to the own result or from it, only while it has no results."""
    exam = _current_exam(connection, mutation)
    changed = replace(exam, **_checked_fields(mutation.input))
    if changed.audience != exam.audience:
        if exam.is_published:
            raise precondition_failed("The audience cannot change while the exam is published")
        # The names stored as public texts would be shown where codes are promised, or the codes of an exam
        # where only the own result is shown, which may find results of other exams.
        needs_no_results = changed.audience == "CODES" or "OWN" in (changed.audience, exam.audience)
        if needs_no_results and count_results(connection, exam.id, 1):
            change = f"from {exam.audience} to {changed.audience}"
            raise precondition_failed(f"The audience cannot change {change} while the exam has results")
    if changed.is_listed != exam.is_listed and exam.is_published:
        # Whoever has the exam in a list would never hear that it is in none any more.
        raise precondition_failed("Whether the exam is listed cannot change while it is published")
    return _store(connection, "EXAM_UPDATED", exam, changed, mutation)


def publish_exam(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Opens the exam to everybody, and its results at once or from an hour to come; publishing a published
    exam is one more version."""
    exam = _current_exam(connection, mutation)
    sent = mutation.release_at
    release_at = None if sent is None else checked_release(sent, mutation.now_s)
    public_since = exam.public_since if are_results_public(exam, mutation.now_s) else mutation.now
    published = replace(
        exam, is_published=True, release_at=release_at, public_since=release_at or public_since
    )
    return _store(connection, "PUBLISHED", exam, published, mutation)


def unpublish_exam(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Makes a published exam a draft again. Raises ApiError PreconditionFailed for a draft."""
    exam = _current_exam(connection, mutation)
    if not exam.is_published:
        raise precondition_failed("The exam is not published")
    if not exam.is_listed and "listed" not in mutation.selected:
        raise bad_request("listed", "must be selected of an exam by link: subscribers are filtered on it")
    draft = replace(exam, is_published=False, release_at=None, public_since=None)
    return _store(connection, "WITHDRAWN", exam, draft, mutation)


def remove_exam(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Answers the exam as it was, one version on: the event of its end is newer than every other. Its history
    goes with it."""
    exam = _current_exam(connection, mutation)
    if count_results(connection, exam.id, 1):
        raise precondition_failed("The exam has results: delete them first")
    delete_changes(connection, exam.id)
    delete_exam(connection, exam.id)
    forget_deleted(connection, exam.id)
    remember_deleted(connection, EXAMS, exam.id)
    return exam_object(_next_version(exam, mutation), mutation.now_s)


def _current_exam(connection: sqlite3.Connection, mutation: TeacherMutation) -> Exam:
    exam = owned_exam(connection, mutation.input["id"], mutation)
    if mutation.input["expectedVersion"] != exam.version:
        raise conflict("The exam was changed meanwhile", exam_object(exam, mutation.now_s))
    return exam


def _checked_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {name: check(given[name]) for name, check in _CHECKS.items() if name in given}
    if "listed" in given:
        if given["listed"] is None:
            raise bad_request("listed", "must not be null")
        checked["is_listed"] = given["listed"]
    return checked


def _next_version(exam: Exam, mutation: TeacherMutation) -> Exam:
    return replace(exam, version=exam.version + 1, updated_at=mutation.now)


def _store(
    connection: sqlite3.Connection, kind: str, before: Exam, after: Exam, mutation: TeacherMutation
) -> WireObject:
    stored = _next_version(after, mutation)
    update_exam(connection, stored)
    record_exam_change(connection, kind, before, stored, mutation)
    return exam_object(stored, mutation.now_s)
