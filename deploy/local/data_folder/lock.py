"""Locks on a data folder, one per duty; the kernel releases a lock when its process ends, however it ends."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

__all__ = ["FolderInUse", "FolderLock", "locked_folder"]


OWNER_ONLY: Final = 0o700


class FolderLock(StrEnum):
    """What only one process may do with a folder at a time; the value is the lock file's name."""

    PAIR = "pair.lock"  # run the backend and the dashboards together
    BACKEND = "backend.lock"  # write the database: two backends would not hear each other's events
    MAINTENANCE = "maintenance.lock"  # read or change database and keys as a whole


_TEXTS = {
    FolderLock.PAIR: (
        "the data folder {folder} is in use by {holder}: stop it, or choose another with --data-dir"
    ),
    FolderLock.BACKEND: "the data folder {folder} is in use by another backend ({holder}): stop it first",
    FolderLock.MAINTENANCE: (
        "a backup, restore or key rotation of {folder} is running ({holder}): wait until it has finished"
    ),
}


class FolderInUse(Exception):
    """Another process has acquired `lock` on `data_dir`. The text is one clear line."""

    def __init__(self, data_dir: Path, lock: FolderLock, holder_pid: str) -> None:
        holder = f"process {holder_pid}" if holder_pid else "another process"
        super().__init__(_TEXTS[lock].format(folder=data_dir, holder=holder))
        self.data_dir, self.lock = data_dir, lock


@contextlib.contextmanager
def locked_folder(data_dir: Path, lock: FolderLock) -> Iterator[None]:
    """Hold the lock; the folder is made if it does not exist, and closed to everybody but its owner.

    Raises FolderInUse at once if another process has acquired it, or OSError if the folder is not writable.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
    status = data_dir.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != OWNER_ONLY:
        data_dir.chmod(OWNER_ONLY)  # logs and messages in it may contain codes
    with (data_dir / lock).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise FolderInUse(data_dir, lock, file.read().strip()) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
