"""Files that only their owner may read: keys and backups.

Written whole (a crash leaves the old file or the new one), flushed to the disk, and at no moment readable by
others. A key that others can read is refused: whoever read it has the secret already.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

__all__ = [
    "PrivateFileExposed",
    "flush_folder",
    "load_or_create_private_file",
    "make_private",
    "new_private_file",
    "write_private_file",
]

OWNER_ONLY = 0o600
OTHERS = 0o077


class PrivateFileExposed(Exception):
    """Group or others may read this secret."""

    def __init__(self, path: Path, mode: int) -> None:
        super().__init__(
            f"{path} can be read by others (mode {mode:04o}): run 'chmod 600 {path}', "
            "or delete it to have a new secret made"
        )
        self.path, self.mode = path, mode


def load_or_create_private_file(path: Path, create: Callable[[], bytes]) -> bytes:
    """The file's content, on first use what `create` returns. Raises PrivateFileExposed or OSError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & OTHERS:
                raise PrivateFileExposed(path, mode)
            return file.read()
    except FileNotFoundError:
        content = create()
        write_private_file(path, content)
        return content


def make_private(path: Path) -> None:
    """Let only its owner read the file, if it exists: one that an earlier program made. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_mode & OTHERS:
            path.chmod(OWNER_ONLY)


def write_private_file(path: Path, content: bytes) -> None:
    """Replace the file's content, durably. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with new_private_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def new_private_file(path: Path) -> Iterator[IO[bytes]]:
    """What the block writes takes the place of `path` at its end, durably; after an exception of the block
    nothing does.

    Raises OSError: nothing has changed, unless only making the name durable failed.
    """
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a process that was killed
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in this folder durable: a renaming, too, must survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
