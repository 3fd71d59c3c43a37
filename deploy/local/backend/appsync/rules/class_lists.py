"""What a teacher may do to class lists. Each rule runs inside one transaction and returns the answer.

A list is looked up among the caller's own: somebody else's list does not exist for them.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from deploy.local.backend.appsync.errors import bad_request, conflict, not_found
from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.validation import (
    checked_class_code,
    checked_class_size,
    checked_gradebook,
    checked_id,
    checked_text,
)
from deploy.local.backend.appsync.wire_rows import WireObject, class_list_object
from deploy.local.backend.storage.class_lists import (
    ClassList,
    ClassStudent,
    delete_class_list,
    find_class_list,
    put_class_list,
)
from deploy.local.backend.storage.deleted_ids import CLASS_LISTS, remember_deleted, was_deleted

__all__ = ["change_class_list", "create_class_list", "remove_class_list"]


def create_class_list(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """A list at version 1. Idempotent: the same create again has the same answer."""
    given = mutation.input
    new = ClassList(
        owner=mutation.owner,
        id=checked_id(given["id"]),
        title=checked_text(given["title"], "title"),
        students=_checked_students(given["students"]),
        version=1,
        created_at=mutation.now,
        updated_at=mutation.now,
    )
    stored = find_class_list(connection, new.owner, new.id)
    if stored is None:
        if was_deleted(connection, CLASS_LISTS, new.id):
            raise conflict("The class list with this id was deleted", None)
        put_class_list(connection, new)
        return class_list_object(new)
    if stored == replace(new, created_at=stored.created_at, updated_at=stored.updated_at):
        return class_list_object(stored)
    raise conflict("A class list with this id exists and is different", class_list_object(stored))


def change_class_list(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Fields left out stay; the students are replaced all together."""
    given = mutation.input
    stored = _current(connection, mutation)
    changed = replace(stored, version=stored.version + 1, updated_at=mutation.now)
    if "title" in given:
        changed = replace(changed, title=checked_text(given["title"], "title"))
    if "students" in given:
        changed = replace(changed, students=_checked_students(given["students"]))
    if "gradebook" in given:
        changed = replace(changed, gradebook=checked_gradebook(given["gradebook"]))
    put_class_list(connection, changed)
    return class_list_object(changed)


def remove_class_list(connection: sqlite3.Connection, mutation: TeacherMutation) -> WireObject:
    """Answers the list as it was."""
    stored = _current(connection, mutation)
    delete_class_list(connection, stored.owner, stored.id)
    remember_deleted(connection, CLASS_LISTS, stored.id)
    return class_list_object(stored)


def _current(connection: sqlite3.Connection, mutation: TeacherMutation) -> ClassList:
    stored = find_class_list(connection, mutation.owner, mutation.input["id"])
    if stored is None:
        raise not_found("The class list")
    if mutation.input["expectedVersion"] != stored.version:
        raise conflict("The class list was changed meanwhile", class_list_object(stored))
    return stored


def _checked_students(given: Sequence[Mapping[str, Any]] | None) -> tuple[ClassStudent, ...]:
    if given is None:
        raise bad_request("students", "must not be null")
    students = tuple(
        ClassStudent(
            name=checked_text(student["name"], "name"),
            number=_checked(student, "number"),
            code=None if student.get("code") is None else checked_class_code(student["code"]),
        )
        for student in given
    )
    codes = [student.code for student in students if student.code is not None]
    if len(set(codes)) != len(codes):
        raise bad_request("students", "must not have a code twice")
    checked_class_size(len(students), sum(len(one.name) + len(one.number or "") for one in students))
    return students


def _checked(student: Mapping[str, Any], field: str) -> str | None:
    value = student.get(field)
    return None if value is None else checked_text(value, field)
