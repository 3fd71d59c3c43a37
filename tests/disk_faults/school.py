"""The school in the data folders whose disk fails: how it is made, of any data version, and read."""

import secrets
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.backend.appsync.rules.results import change_result, create_results
from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.wire_rows import WireObject
from deploy.local.backend.cognito.pool_secret import AUTHENTICATOR_USE, load_pool_secret
from deploy.local.backend.compose import BackendOptions, open_backend
from deploy.local.backend.storage import users
from deploy.local.backend.storage.database import MIGRATIONS_FOLDER, Database
from deploy.local.data_folder import paths

__all__ = [
    "FIRST",
    "School",
    "batch_ids",
    "change_first_result",
    "copied_while_open",
    "data_versions",
    "first_version",
    "make_school",
    "read_school",
    "store_batch",
]

OWNER = "sub-of-ada"
EXAM, FIRST = (str(uuid.uuid5(uuid.NAMESPACE_OID, name)) for name in ("exam", "first"))
WITHOUT_RESULTS, WITH_RESULTS = 1, 2  # data versions
NOW, NOW_S = "2026-06-15T08:00:00.000Z", 1_781_510_400.0
APP_SECRET = "secret of the authenticator app"
BATCH_ROWS = 3
CHECKPOINT_PAGES = 1000  # SQLite's default: with so many pages in its log, a commit writes them to the file
FRAME_BYTES = 4096 + 24  # a page in the log
WRITES_LEFT = 4  # until then


@dataclass(frozen=True, slots=True)
class School:
    """What a data folder contains: teachers, the secrets of their apps, results by id with grade and
    version."""

    teachers: tuple[str, ...]
    app_secrets: tuple[str, ...]
    results: dict[str, tuple[str, int]]


def data_versions() -> Sequence[int]:
    """Of every database that a program before this one may have left."""
    return range(1, len(list(MIGRATIONS_FOLDER.glob("[0-9]*.sql"))))


def make_school(folder: Path, teacher: str, data_version: int | None = None) -> Path:
    """A stopped backend's folder, as a program left it that knew `data_version` (None: this program)."""
    with open_backend(BackendOptions(folder), 1):
        pass
    known = folder.with_name(f"{folder.name}-migrations")
    known.mkdir()
    for script in sorted(MIGRATIONS_FOLDER.glob("[0-9]*.sql"))[: data_version or WITH_RESULTS]:
        shutil.copy(script, known)
    (folder / paths.DATABASE).unlink()
    secret = load_pool_secret(folder / paths.POOL_SECRET, secrets.token_bytes)
    sealed = secret.seal(AUTHENTICATOR_USE, APP_SECRET, secrets.token_bytes)
    with Database(folder / paths.DATABASE, migrations_folder=known) as database:
        database.write(lambda connection: _insert_teacher(connection, teacher, sealed))
        if data_version != WITHOUT_RESULTS:
            database.write(_insert_first_result)
    if data_version is None:
        with open_backend(BackendOptions(folder), 1):
            pass
    return folder


def _insert_teacher(connection: sqlite3.Connection, teacher: str, sealed: bytes) -> None:
    connection.execute(
        "INSERT INTO users (sub, username, username_key, attributes, status, is_enabled, salt, verifier,"
        " authenticator_sealed, created_at_s, updated_at_s)"
        " VALUES (?, ?, ?, '{}', 'CONFIRMED', 1, ?, ?, ?, 1, 1)",
        (OWNER, teacher, users.name_key(teacher), b"\1" * 16, b"\2" * 384, sealed),
    )


def _insert_first_result(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO exams (id, subject, date, teacher, scale, audience, is_published, version, created_at,"
        " updated_at, owner)"
        " VALUES (?, 'Physics', '2026-06-15', 'A. L.', 'OUT_OF_20', 'NAMES', 1, 1, ?, ?, ?)",
        (EXAM, NOW, NOW, OWNER),
    )
    connection.execute(
        "INSERT INTO results (exam_id, id, student, grade, version, created_at, updated_at)"
        " VALUES (?, ?, 'Grace', '0', 1, ?, ?)",
        (EXAM, FIRST, NOW, NOW),
    )


def copied_while_open(folder: Path, target: Path) -> Path:
    """A copy, as after a killed process, whose log in a few writes becomes long enough to be folded in."""
    with Database(folder / paths.DATABASE) as database:
        log, version = folder / paths.DATABASE_SIDE_FILES[0], 1
        while not log.exists() or log.stat().st_size < (CHECKPOINT_PAGES - WRITES_LEFT) * FRAME_BYTES:
            database.write(change_first_result(version))
            version += 1
        shutil.copytree(folder, target)
    return target


def read_school(folder: Path) -> School:
    """Through a start of the backend. Raises BackendRefused, or AssertionError for a damaged database."""
    with open_backend(BackendOptions(folder), 1) as backend:
        unseal = backend.cognito.user_pool.secret.unseal

        def read(connection: sqlite3.Connection) -> School:
            assert [tuple(row) for row in connection.execute("PRAGMA integrity_check")] == [("ok",)]
            assert not connection.execute("PRAGMA foreign_key_check").fetchall()
            rows = connection.execute("SELECT id, grade, version FROM results")
            return School(
                teachers=tuple(user.username for user in users.users_after(connection, "", 10)),
                app_secrets=tuple(
                    unseal(AUTHENTICATOR_USE, sealed) for _, sealed in users.sealed_authenticators(connection)
                ),
                results={row["id"]: (row["grade"], row["version"]) for row in rows},
            )

        return backend.database.read(read)


def first_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("SELECT version FROM results WHERE id = ?", (FIRST,)).fetchone()
    return int(version)


def change_first_result(version: int) -> Callable[[sqlite3.Connection], WireObject]:
    """Writes the number of the version that it changes as the grade."""
    given = {"examId": EXAM, "id": FIRST, "expectedVersion": version, "grade": str(version)}
    mutation = TeacherMutation("updateResults", given, OWNER, NOW_S)
    return lambda connection: change_result(connection, mutation)


def batch_ids(name: str) -> list[str]:
    return [str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {number}")) for number in range(BATCH_ROWS)]


def store_batch(name: str) -> Callable[[sqlite3.Connection], WireObject]:
    """Some new results, with `batch_ids`."""
    rows = [
        {"id": id_, "student": f"Student {name} {number}", "grade": "12"}
        for number, id_ in enumerate(batch_ids(name))
    ]
    given = {"examId": EXAM, "rows": rows}
    mutation = TeacherMutation("createResultsBatch", given, OWNER, NOW_S)
    return lambda connection: create_results(connection, mutation)
