"""The operator's key rotation, while the backend does not run.

Afterwards every sign-in has ended, temporary credentials and mailed codes are void, and the operator's key is
another. Passwords and authenticator apps stay.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from deploy.local.backend.cognito.key_rotation import change_keys
from deploy.local.backend.cognito.pool_secret import SecretInvalid
from deploy.local.backend.storage.database import Database, DatabaseError
from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderLock, locked_folder
from deploy.local.data_folder.private_file import PrivateFileExposed
from deploy.local.maintenance.backup_format import BackupRefused

__all__ = ["rotate_keys"]


def rotate_keys(data_dir: Path, random_bytes: Callable[[int], bytes]) -> None:
    """Replace every key and the secret; an interrupted rotation is finished by the next one or by a start.

    Raises BackupRefused, FolderInUse or OSError.
    """
    if not (data_dir / paths.DATABASE).is_file():
        raise BackupRefused(f"{data_dir} contains no backend's data")
    with locked_folder(data_dir, FolderLock.BACKEND), locked_folder(data_dir, FolderLock.MAINTENANCE):
        try:
            with Database(data_dir / paths.DATABASE) as database:
                change_keys(data_dir, database, random_bytes)
        except (DatabaseError, SecretInvalid, PrivateFileExposed, sqlite3.Error) as error:
            raise BackupRefused(f"the keys in {data_dir} cannot be changed: {error}") from error
