"""Backups, restores and key rotations of one folder wait for nobody: the second is refused."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from deploy.local.maintenance.backup_format import BackupRefused

__all__ = ["maintenance"]

LOCK_FILE = "maintenance.lock"


@contextlib.contextmanager
def maintenance(data_dir: Path) -> Iterator[None]:
    """Hold the folder's keys and files as they are. Raises BackupRefused."""
    with (data_dir / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(
                f"a backup, restore or key rotation of {data_dir} is at work: wait for its end"
            ) from None
        yield
