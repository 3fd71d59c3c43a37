"""New keys for a data folder, while the backend does not run.

What follows: every sign-in ends, temporary credentials and mailed codes are void, the operator's key is
another. Passwords and authenticator apps stay. An interrupted rotation is finished by running it again.

The signing key and the operator's key are made anew at the next start; the secret seals rows of the database,
so it is changed together with them.
"""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from deploy.local.backend.cognito.pool_secret import SECRET_BYTES, PoolSecret, SecretInvalid, load_pool_secret
from deploy.local.backend.cognito.sign_in import AUTHENTICATOR_USE
from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderLock, locked_folder
from deploy.local.data_folder.private_file import PrivateFileExposed, write_private_file
from deploy.local.maintenance.backup_format import BackupRefused, known_data_version

__all__ = ["rotate_keys"]

MADE_AT_START = (paths.SIGNING_KEY, paths.OPERATOR_KEY)
ENDED_TABLES = ("sign_ins", "codes", "failed_attempts")


def rotate_keys(data_dir: Path, random_bytes: Callable[[int], bytes]) -> None:
    """Raises BackupRefused, FolderInUse or OSError."""
    if not (data_dir / paths.DATABASE).is_file():
        raise BackupRefused(f"there is no backend's data in {data_dir}")
    try:
        with locked_folder(data_dir, FolderLock.BACKEND), locked_folder(data_dir, FolderLock.MAINTENANCE):
            _rotate_alone(data_dir, random_bytes)
    except (SecretInvalid, PrivateFileExposed, sqlite3.Error) as error:
        raise BackupRefused(f"the keys in {data_dir} cannot be changed: {error}") from error


def _rotate_alone(data_dir: Path, random_bytes: Callable[[int], bytes]) -> None:
    current, following = data_dir / paths.POOL_SECRET, data_dir / paths.NEXT_POOL_SECRET
    with contextlib.closing(sqlite3.connect(data_dir / paths.DATABASE, isolation_level=None)) as database:
        (data_version,) = database.execute("PRAGMA user_version").fetchone()
        if data_version != known_data_version():
            raise BackupRefused(f"the data in {data_dir} is of another version: start this program once")
        if following.exists() and _opens_all(database, load_pool_secret(following, random_bytes)):
            following.replace(current)  # a rotation was interrupted after the database had changed
        old = load_pool_secret(current, random_bytes)
        octets = random_bytes(SECRET_BYTES)
        write_private_file(following, octets)
        _seal_again(database, old, PoolSecret(octets), random_bytes)
    following.replace(current)
    for name in MADE_AT_START:
        (data_dir / name).unlink(missing_ok=True)


def _sealed(database: sqlite3.Connection) -> list[tuple[str, bytes]]:
    return database.execute(
        "SELECT sub, authenticator_sealed FROM users WHERE authenticator_sealed IS NOT NULL"
    ).fetchall()


def _opens_all(database: sqlite3.Connection, secret: PoolSecret) -> bool:
    try:
        for _, sealed in _sealed(database):
            secret.unseal(AUTHENTICATOR_USE, sealed)
    except SecretInvalid:
        return False
    return True


def _seal_again(
    database: sqlite3.Connection, old: PoolSecret, new: PoolSecret, random_bytes: Callable[[int], bytes]
) -> None:
    """In one transaction: all of it or nothing."""
    database.execute("PRAGMA synchronous = FULL")
    database.execute("BEGIN IMMEDIATE")
    try:
        for sub, sealed in _sealed(database):
            text = old.unseal(AUTHENTICATOR_USE, sealed)
            again = new.seal(AUTHENTICATOR_USE, text, random_bytes)
            database.execute("UPDATE users SET authenticator_sealed = ? WHERE sub = ?", (again, sub))
        for table in ENDED_TABLES:
            database.execute(f"DELETE FROM {table}")  # noqa: S608  # names of our own
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
