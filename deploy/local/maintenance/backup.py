"""Backs up the data folder while the backend runs.

SQLite's online backup copies the database in one read transaction: every write answered before it began is in
the copy, and writers do not wait for it.
"""

import contextlib
import datetime as dt
import io
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderLock, locked_folder
from deploy.local.data_folder.private_file import new_private_file
from deploy.local.maintenance.backup_format import (
    KEY_FILES,
    MANIFEST_FILE,
    OPTIONAL_FILES,
    BackupRefused,
    FileFacts,
    Manifest,
    file_facts,
)

__all__ = ["back_up", "back_up_to_file"]

BUSY_TIMEOUT_S = 10.0
OWNER_ONLY = 0o600
WORK_FOLDER = ".backup-"


def back_up_to_file(data_dir: Path, target: Path, now_s: Callable[[], float]) -> Manifest:
    """Write the backup to `target`, whole or not at all, and readable by its owner only.

    Raises BackupRefused, FolderInUse or OSError.
    """
    if target.exists():
        raise BackupRefused(f"{target} already exists: give another name")
    try:
        with new_private_file(target) as file:
            return back_up(data_dir, file, now_s)
    except BaseException:
        target.unlink(missing_ok=True)  # its name could not be flushed: a power cut might take it away
        raise


def back_up(data_dir: Path, output: IO[bytes], now_s: Callable[[], float]) -> Manifest:
    """Write the backup to a stream. Raises BackupRefused, FolderInUse or OSError."""
    if not (data_dir / paths.DATABASE).is_file():
        raise BackupRefused(f"{data_dir} contains no backend's data")
    with locked_folder(data_dir, FolderLock.MAINTENANCE), _database_copy(data_dir) as (copy, data_version):
        files = {paths.DATABASE: copy}
        files |= {name: data_dir / name for name in KEY_FILES}
        files |= {name: data_dir / name for name in OPTIONAL_FILES if (data_dir / name).is_file()}
        try:
            facts = {name: file_facts(path) for name, path in files.items()}
        except FileNotFoundError as missing:
            raise BackupRefused(f"{missing.filename} is missing: without it a backup is useless") from None
        moment = dt.datetime.fromtimestamp(now_s(), dt.UTC)
        manifest = Manifest(moment.isoformat(timespec="seconds"), data_version, facts)
        with tarfile.open(fileobj=output, mode="w|") as tar:
            text = manifest.to_json()
            _add(tar, MANIFEST_FILE, io.BytesIO(text), FileFacts(len(text), ""), moment)
            for name, path in files.items():
                with path.open("rb") as file:
                    _add(tar, name, file, facts[name], moment)
    return manifest


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], facts: FileFacts, moment: dt.datetime) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = facts.length, OWNER_ONLY, int(moment.timestamp())
    tar.addfile(member, content)


@contextlib.contextmanager
def _database_copy(data_dir: Path) -> Iterator[tuple[Path, int]]:
    """A verified copy in one file, and its data version."""
    for left_by_a_killed_backup in data_dir.glob(f"{WORK_FOLDER}*"):
        shutil.rmtree(left_by_a_killed_backup)
    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER, dir=data_dir) as folder:
        copy = Path(folder) / paths.DATABASE
        try:
            with (
                contextlib.closing(_connected(data_dir / paths.DATABASE)) as source,
                contextlib.closing(_connected(copy)) as target,
            ):
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, no log beside it
                (verdict,) = target.execute("PRAGMA integrity_check(1)").fetchone()
                (data_version,) = target.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise BackupRefused(f"the database in {data_dir} cannot be copied: {error}") from error
        if verdict != "ok":
            raise BackupRefused(f"the database in {data_dir} is damaged ({verdict}): keep your last backup")
        yield copy, data_version


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
