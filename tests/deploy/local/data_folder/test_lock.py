"""The data folder's locks: one holder each, independent of one another, released with their process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.data_folder.lock import FolderInUse, FolderLock, locked_folder
from tests.server_process import ROOT

HOLDS_UNTIL_KILLED = """
import sys
from pathlib import Path
from deploy.local.data_folder.lock import FolderLock, locked_folder
with locked_folder(Path(sys.argv[1]), FolderLock.BACKEND):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("lock", FolderLock)
def test_a_second_holder_is_refused_and_learns_who_is_the_first(tmp_path: Path, lock: FolderLock) -> None:
    with (
        locked_folder(tmp_path, lock),
        pytest.raises(FolderInUse, match=f"process {os.getpid()}") as refused,
        locked_folder(tmp_path, lock),
    ):
        pass
    assert (refused.value.data_dir, refused.value.lock) == (tmp_path, lock)
    assert str(tmp_path) in str(refused.value)
    with locked_folder(tmp_path, lock):
        pass


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    """Made by hand, or by an earlier version: its logs may contain codes."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with locked_folder(folder, FolderLock.PAIR):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_locks_for_different_duties_and_folders_do_not_exclude_each_other(tmp_path: Path) -> None:
    with (
        locked_folder(tmp_path / "a", FolderLock.PAIR),
        locked_folder(tmp_path / "a", FolderLock.BACKEND),
        locked_folder(tmp_path / "a", FolderLock.MAINTENANCE),
        locked_folder(tmp_path / "b", FolderLock.BACKEND),
    ):
        assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_UNTIL_KILLED, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(FolderInUse, match=f"process {holder.pid}"),
            locked_folder(tmp_path, FolderLock.BACKEND),
        ):
            pass
        holder.kill()
        holder.wait()
        with locked_folder(tmp_path, FolderLock.BACKEND):
            pass
