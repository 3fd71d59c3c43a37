"""All that a school moves with, out of a backup and into one: teachers, exams with their history, results and
class lists.

Passwords, authenticator apps and sign-ins stay behind: they are bound to the place where they were made.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.request_fields import Fields
from deploy.local.backend.cognito.user_pool.admin import admin_create_user, admin_disable_user
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from deploy.local.backend.compose import BackendOptions, BackendRefused, open_backend
from deploy.local.backend.storage import changes, class_lists, exams, results, users
from deploy.local.backend.storage.changes import Change
from deploy.local.backend.storage.class_lists import ClassList
from deploy.local.backend.storage.database import Database, DatabaseError
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import Result
from deploy.local.data_folder import paths
from deploy.local.maintenance.backup import back_up_to_file
from deploy.local.maintenance.backup_format import BackupRefused, Manifest
from deploy.local.maintenance.restore import unpacked_backup

__all__ = ["MovedTeacher", "School", "read_school", "write_school"]

ROWS_MAX = 1_000_000  # of one listing: all of them
PORT = 8500  # of a backend that is opened and never served


@dataclass(frozen=True, slots=True)
class MovedTeacher:
    """One account. `sub` is how its exams name their owner where they come from."""

    sub: str
    username: str
    email: str | None
    name: str | None
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class School:
    """Everything of one backend."""

    teachers: tuple[MovedTeacher, ...]
    exams: tuple[Exam, ...]
    results: tuple[Result, ...]
    class_lists: tuple[ClassList, ...] = ()
    changes: tuple[Change, ...] = ()

    def with_owners(self, subs: Mapping[str, str]) -> School:
        """The same, with the accounts' new subs as owners and in the history. `subs`: by username."""
        moved = {teacher.sub: subs[teacher.username] for teacher in self.teachers}
        owned = tuple(replace(exam, owner=moved.get(exam.owner, exam.owner)) for exam in self.exams)
        lists = tuple(replace(one, owner=moved.get(one.owner, one.owner)) for one in self.class_lists)
        made = tuple(replace(one, made_by=moved.get(one.made_by, one.made_by)) for one in self.changes)
        return replace(self, exams=owned, class_lists=lists, changes=made)


def read_school(backup: IO[bytes]) -> School:
    """What a backup of this version or an earlier one contains. Raises BackupRefused or OSError."""
    with _workplace() as folder:
        unpacked_backup(backup, folder)
        with Database(folder / paths.DATABASE) as database:
            return database.read(_read)


def write_school(
    school: School, passwords: Mapping[str, str], target: Path, now_s: Callable[[], float]
) -> Manifest:
    """Writes a backup for the embedded backend, with new keys. `passwords`: temporary ones, by username.

    Raises BackupRefused when `target` exists, an account cannot be made or the disk for the work fails, or
    OSError.
    """
    with _workplace() as data_dir:
        with open_backend(BackendOptions(data_dir), PORT, now_s=now_s) as backend:
            pool = backend.cognito.user_pool
            subs = {
                teacher.username: _new_account(pool, teacher, passwords[teacher.username])
                for teacher in school.teachers
            }
            moved = school.with_owners(subs)

            def store(connection: sqlite3.Connection) -> None:
                for exam in moved.exams:
                    exams.insert_exam(connection, exam)
                for result in moved.results:
                    results.insert_result(connection, result)
                for one in moved.class_lists:
                    class_lists.put_class_list(connection, one)
                for change in moved.changes:
                    changes.insert_change(connection, change)

            backend.database.write(store)
        return back_up_to_file(data_dir, target, now_s)


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """A folder for the work. Raises BackupRefused where a database in it cannot be used."""
    with tempfile.TemporaryDirectory(prefix="school-") as folder:
        try:
            yield Path(folder)
        except (BackendRefused, DatabaseError, sqlite3.Error) as error:
            raise BackupRefused(f"the working copy in {folder} cannot be used: {error}") from error


def _read(connection: sqlite3.Connection) -> School:
    teachers = tuple(
        MovedTeacher(
            user.sub, user.username, user.verified_email, user.attributes.get("name"), user.is_enabled
        )
        for user in users.users_after(connection, "", ROWS_MAX)
    )
    found = tuple(exams.all_exams(connection))
    rows = (results.list_results(connection, exam.id, ROWS_MAX, None, with_awaited=True) for exam in found)
    lists = tuple(class_lists.all_class_lists(connection))
    history = tuple(changes.all_changes(connection))
    return School(teachers, found, tuple(itertools.chain.from_iterable(rows)), lists, history)


def _new_account(pool: UserPoolContext, teacher: MovedTeacher, password: str) -> str:
    """Makes the account with a temporary password; returns its sub. Raises BackupRefused."""
    given = {"name": teacher.name, "email": teacher.email, "email_verified": teacher.email and "true"}
    named = {"UserPoolId": pool.names.user_pool_id, "Username": teacher.username}
    attributes = [{"Name": name, "Value": value} for name, value in given.items() if value]
    password_given = {"TemporaryPassword": password, "MessageAction": "SUPPRESS"}
    try:
        admin_create_user(pool, Fields({**named, **password_given, "UserAttributes": attributes}))
    except CognitoRefused as refused:
        raise BackupRefused(
            f"{teacher.username} cannot have an account in the embedded backend: {refused.message}"
        ) from refused
    if not teacher.is_enabled:
        admin_disable_user(pool, Fields(named))
    made = pool.database.read(
        lambda connection: users.find_user_by_sign_in_name(connection, teacher.username)
    )
    assert made is not None  # noqa: S101  # it was made just now
    return made.sub
