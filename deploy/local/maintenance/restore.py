"""Restores a backup into a data folder, while no backend runs on it.

Everything is unpacked and verified in a temporary folder first. Former files are moved aside, never deleted.
The database comes last. A restore that is killed is finished or taken back by the next start or restore.
"""

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderLock, locked_folder
from deploy.local.data_folder.private_file import flush_folder
from deploy.local.data_folder.unfinished_restore import (
    RestoreUnfinished,
    begin_restore,
    end_restore,
    settle_restore,
)
from deploy.local.maintenance.backup_format import (
    CHUNK_BYTES,
    MANIFEST_FILE,
    BackupRefused,
    FileFacts,
    Manifest,
    known_data_version,
)

__all__ = ["restore", "unpacked_backup"]

MANIFEST_BYTES_MAX = 64 * 1024
WORK_FOLDER = ".restore-"
OWNER_ONLY = 0o600


def restore(
    source: IO[bytes], data_dir: Path, now_s: Callable[[], float], *, is_replacing: bool = False
) -> tuple[Manifest, Path | None]:
    """Restore the backup; returns its manifest, and the folder of the former files if there were any.

    Without `is_replacing`, a folder with data is refused. Raises BackupRefused, FolderInUse or OSError.
    """
    with locked_folder(data_dir, FolderLock.BACKEND), locked_folder(data_dir, FolderLock.MAINTENANCE):
        return _restore_locked(source, data_dir, now_s, is_replacing=is_replacing)


def _restore_locked(
    source: IO[bytes], data_dir: Path, now_s: Callable[[], float], *, is_replacing: bool
) -> tuple[Manifest, Path | None]:
    with contextlib.suppress(RestoreUnfinished):  # this restore is the one that finishes it
        settle_restore(data_dir)
    former = [name for name in paths.BACKED_UP if (data_dir / name).exists()]
    if paths.DATABASE in former and not is_replacing:
        raise BackupRefused(f"{data_dir} contains data: choose an empty folder, or add --replace")
    for left_by_a_killed_restore in data_dir.glob(f"{WORK_FOLDER}*"):
        shutil.rmtree(left_by_a_killed_restore)
    with tempfile.TemporaryDirectory(prefix=WORK_FOLDER, dir=data_dir) as folder:
        unpacked = Path(folder)
        manifest = unpacked_backup(source, unpacked)
        aside = None
        if former:
            moment = dt.datetime.fromtimestamp(now_s(), dt.UTC)
            aside = data_dir / f"before-restore-{moment:%Y%m%dT%H%M%S%fZ}"
            aside.mkdir(mode=0o700)
        begin_restore(data_dir, aside, former)
        if aside is not None:
            for name in former:
                (data_dir / name).replace(aside / name)
            flush_folder(aside)
        for name in reversed(paths.BACKED_UP):
            if name in manifest.files:
                (unpacked / name).replace(data_dir / name)
        end_restore(data_dir)
    return manifest, aside


def unpacked_backup(source: IO[bytes], folder: Path) -> Manifest:
    """Unpack a backup into an empty folder and verify it. Raises BackupRefused or OSError."""
    manifest = _unpack(source, folder)
    _check_database(folder / paths.DATABASE, manifest)
    return manifest


def _unpack(source: IO[bytes], folder: Path) -> Manifest:
    """Unpack and verify every file of the manifest; no other file is accepted."""
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST_FILE or first.size > MANIFEST_BYTES_MAX:
                raise BackupRefused("this is no backup: it does not begin with a manifest")
            manifest = Manifest.from_json(_content(tar, first).read())
            missing = dict(manifest.files)
            while (member := tar.next()) is not None:
                facts = missing.pop(member.name, None)
                if facts is None or member.size != facts.length:
                    raise BackupRefused(f"this backup contains something unexpected: {member.name!r}")
                _write_checked(_content(tar, member), folder / member.name, facts)
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(f"this backup cannot be read to its end: {error}") from error
    if missing:
        raise BackupRefused(f"this backup is cut off: {', '.join(sorted(missing))} is missing")
    return manifest


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise BackupRefused(f"this backup contains something unexpected: {member.name!r}")
    return content


def _write_checked(content: IO[bytes], path: Path, facts: FileFacts) -> None:
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != facts.sha256:
        raise BackupRefused(f"{path.name} in this backup is damaged: its checksum differs")


def _check_database(path: Path, manifest: Manifest) -> None:
    known = known_data_version()
    if manifest.data_version > known:
        raise BackupRefused(
            f"this backup has data version {manifest.data_version}, this program knows {known}: "
            "restore it with the newer program"
        )
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupRefused(f"the database in this backup is damaged: {verdict}")
