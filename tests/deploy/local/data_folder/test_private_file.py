"""Secrets in the data folder: generated once, kept, and never readable by others."""

import stat
from pathlib import Path

import pytest

from deploy.local.data_folder.private_file import (
    PrivateFileExposed,
    load_or_create_private_file,
    write_private_file,
)


def test_a_secret_is_generated_once_and_then_kept(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "secret"
    made = iter([b"first", b"second"])
    assert load_or_create_private_file(path, lambda: next(made)) == b"first"
    assert load_or_create_private_file(path, lambda: next(made)) == b"first"


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "secret"
    write_private_file(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_secret_that_others_can_read_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private_file(path, b"x")
    path.chmod(0o640)
    with pytest.raises(PrivateFileExposed, match=r"mode 0640.*chmod 600") as refused:
        load_or_create_private_file(path, lambda: b"y")
    assert (refused.value.path, refused.value.mode) == (path, 0o640)


def test_a_new_content_replaces_the_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
