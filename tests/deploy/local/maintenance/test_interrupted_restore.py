"""A restore that is killed at any step: the next start has the old school or the new one, never none."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.backend.compose import Backend, BackendOptions, BackendRefused, open_backend
from deploy.local.backend.storage import users
from deploy.local.data_folder import paths
from deploy.local.maintenance.backup import back_up_to_file
from deploy.local.maintenance.restore import restore
from tests.backend_process import running_backend
from tests.server_process import ROOT

USERS_MAX = 10


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the school of Ada."""
    folder = tmp_path_factory.mktemp("new")
    with running_backend(folder / "data") as backend:
        backend.create_teacher("Ada")
    back_up_to_file(folder / "data", folder / "school.tar", time.time)
    return folder / "school.tar"


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The school of Grace, killed while it ran: SQLite's log is beside the database."""
    folder = tmp_path_factory.mktemp("present")
    with running_backend(folder / "live") as backend:
        backend.create_teacher("Grace")
        shutil.copytree(folder / "live", folder / "data")
    assert (folder / "data" / paths.DATABASE_SIDE_FILES[0]).stat().st_size
    return folder / "data"


def cut_short(source: Path, target: Path, archive: Path) -> list[Path]:
    program = "tests.deploy.local.maintenance.cut_short"
    subprocess.run([sys.executable, "-m", program, source, target, archive], cwd=ROOT, check=True)
    return sorted(target.iterdir())


def usernames(backend: Backend) -> list[str]:
    return [
        user.username
        for user in backend.database.read(lambda connection: users.users_after(connection, "", USERS_MAX))
    ]


def test_the_next_start_has_the_old_school_or_the_new_one(
    present: Path, archive: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = []
    for folder in cut_short(present, tmp_path, archive):
        caplog.clear()
        is_marked = (folder / paths.RESTORE_MARKER).exists()
        with open_backend(BackendOptions(folder), 1) as backend:
            (name,) = usernames(backend)
        found.append(name)
        assert not (folder / paths.RESTORE_MARKER).exists()
        assert is_marked == any("an interrupted restore was" in record.message for record in caplog.records)
    assert found == sorted(found, reverse=True), "once it is the new one, it stays the new one"
    assert set(found) == {"Grace", "Ada"}


def test_the_same_restore_again_finishes_it(present: Path, archive: Path, tmp_path: Path) -> None:
    for folder in cut_short(present, tmp_path, archive):
        if not (folder / paths.RESTORE_MARKER).exists():
            continue
        with archive.open("rb") as file:
            restore(file, folder, time.time, is_replacing=True)
        with open_backend(BackendOptions(folder), 1) as backend:
            assert usernames(backend) == ["Ada"], folder.name


def test_a_start_after_an_interrupted_restore_into_an_empty_folder_is_refused(
    archive: Path, tmp_path: Path
) -> None:
    """Until the restore is run again: an empty school would look like a restored one."""
    (tmp_path / "empty").mkdir()
    marked = [
        folder
        for folder in cut_short(tmp_path / "empty", tmp_path / "cut", archive)
        if (folder / paths.RESTORE_MARKER).exists()
    ]
    unfinished = [folder for folder in marked if not (folder / paths.DATABASE).exists()]
    assert 0 < len(unfinished) < len(marked)
    for folder in unfinished:
        with pytest.raises(BackendRefused, match="was interrupted: run it again"):
            open_backend(BackendOptions(folder), 1).__enter__()
        with archive.open("rb") as file:
            restore(file, folder, time.time)
    for folder in marked:
        with open_backend(BackendOptions(folder), 1) as backend:
            assert usernames(backend) == ["Ada"]
        assert not (folder / paths.RESTORE_MARKER).exists()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_start_without_the_database_of_its_keys_is_refused(
    present: Path, tmp_path: Path, *, is_there: bool
) -> None:
    """Also when there is an empty file, as a copy onto a full disk leaves it."""
    folder = tmp_path / "data"
    shutil.copytree(present, folder)
    for name in (paths.DATABASE, *paths.DATABASE_SIDE_FILES):
        (folder / name).unlink(missing_ok=True)
    if is_there:
        (folder / paths.DATABASE).touch()
    with pytest.raises(BackendRefused, match="is missing or empty beside its keys"):
        open_backend(BackendOptions(folder), 1).__enter__()
    assert not is_there or (folder / paths.DATABASE).stat().st_size == 0
    assert is_there or not (folder / paths.DATABASE).exists()
