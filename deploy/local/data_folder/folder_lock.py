"""Holds a data folder for one process; the kernel lets go when that process ends, however it ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FolderInUse", "held_folder"]

LOCK_FILE = "pair.lock"  # the backend has its own, backend.lock: it can run alone


class FolderInUse(Exception):
    """Another start of the command works on this folder."""

    def __init__(self, data_dir: Path, holder: str) -> None:
        who = f"process {holder}" if holder else "another process"
        super().__init__(
            f"the data folder {data_dir} is in use by {who}: stop it, or choose another with --data-dir"
        )
        self.data_dir = data_dir


@contextlib.contextmanager
def held_folder(data_dir: Path) -> Iterator[None]:
    """Make the folder if need be, and hold it. Raises FolderInUse, or OSError when it cannot be written."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / LOCK_FILE).open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise FolderInUse(data_dir, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
