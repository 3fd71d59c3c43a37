"""Replaces the keys and the secret of a data folder, so that an interruption at any point loses nothing.

A rotation begins when a new secret is in the folder beside the present one, and ends when it takes its place.
`finish_key_rotation` can be run again from any point in between: a row that the present secret does not open
was sealed with the new one already. It runs at every start, before anything is sealed.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.local.backend.cognito.operator_key import new_operator_key
from deploy.local.backend.cognito.pool_secret import (
    AUTHENTICATOR_USE,
    SECRET_BYTES,
    SecretInvalid,
    load_pool_secret,
)
from deploy.local.backend.storage import users
from deploy.local.backend.storage.database import Database
from deploy.local.backend.tokens import new_signing_key
from deploy.local.data_folder import paths
from deploy.local.data_folder.private_file import flush_folder, write_private_file

__all__ = ["change_keys", "finish_key_rotation"]

ENDED_TABLES: Final = ("sign_ins", "codes", "failed_attempts")


def change_keys(data_dir: Path, database: Database, random_bytes: Callable[[int], bytes]) -> None:
    """A whole rotation, after one that was interrupted has been finished.

    Raises SecretInvalid, before anything is changed, when a row does not belong to the present secret;
    otherwise as `finish_key_rotation`.
    """
    finish_key_rotation(data_dir, database, random_bytes)
    present = load_pool_secret(data_dir / paths.POOL_SECRET, random_bytes)
    for _, sealed in database.read(users.sealed_authenticators):
        present.unseal(AUTHENTICATOR_USE, sealed)
    write_private_file(data_dir / paths.NEXT_POOL_SECRET, random_bytes(SECRET_BYTES))
    finish_key_rotation(data_dir, database, random_bytes)


def finish_key_rotation(data_dir: Path, database: Database, random_bytes: Callable[[int], bytes]) -> None:
    """Finish the rotation that has begun in this folder, if any; until it has ended, the new secret is kept.

    Raises SecretInvalid (a file is not a secret), PrivateFileExposed, DatabaseError or OSError.
    """
    following = data_dir / paths.NEXT_POOL_SECRET
    if not following.exists():
        return
    old = load_pool_secret(data_dir / paths.POOL_SECRET, random_bytes)
    new = load_pool_secret(following, random_bytes)

    def seal_again(connection: sqlite3.Connection) -> None:
        for sub, sealed in users.sealed_authenticators(connection):
            try:
                text = old.unseal(AUTHENTICATOR_USE, sealed)
            except SecretInvalid:
                continue  # sealed again before the interruption
            users.save_sealed_authenticator(connection, sub, new.seal(AUTHENTICATOR_USE, text, random_bytes))
        for table in ENDED_TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  # names of our own

    database.write(seal_again)
    write_private_file(data_dir / paths.SIGNING_KEY, new_signing_key())
    write_private_file(data_dir / paths.OPERATOR_KEY, new_operator_key(random_bytes))
    (data_dir / paths.SESSION_KEY).unlink(missing_ok=True)  # the next start makes a new one
    following.replace(data_dir / paths.POOL_SECRET)
    flush_folder(data_dir)
