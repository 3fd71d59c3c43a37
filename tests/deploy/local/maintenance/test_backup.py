"""Backup during writes, restore elsewhere: nothing acknowledged before is missing."""

import datetime as dt
import errno
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from deploy.local.__main__ import main
from deploy.local.data_folder import private_file
from deploy.local.data_folder.lock import FolderInUse
from deploy.local.maintenance.backup import back_up, back_up_to_file
from deploy.local.maintenance.backup_format import BackupRefused
from deploy.local.maintenance.restore import restore
from shared.api.calls import TeacherApi
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import load_teacher_settings
from tests.backend_process import BackendProcess, running_backend
from tests.server_process import ROOT
from tests.waiting import wait_until

NOW_S = 1_800_000_000.0
WRITERS = 4
ROWS_BEFORE_EACH = 10
SECRETS = ("signing_key.pem", "identity_secret", "operator.json")


def now_s() -> float:
    return NOW_S


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped backend's data with one teacher; must not be changed."""
    data_dir = tmp_path_factory.mktemp("prepared") / "data"
    with running_backend(data_dir) as backend:
        backend.create_teacher("Ada")
    return data_dir


@pytest.fixture(scope="module")
def archive(prepared: Path) -> bytes:
    output = io.BytesIO()
    back_up(prepared, output, now_s)
    return output.getvalue()


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy for this test."""
    shutil.copytree(prepared, tmp_path / "data")
    return tmp_path / "data"


def teacher_api(backend: BackendProcess) -> TeacherApi:
    token = backend.sign_in("Ada").access_token
    return TeacherApi(load_teacher_settings(dict(backend.settings)).backend, lambda: token)


def with_members(archive: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The same tar with each member's content changed, or omitted if it becomes None."""
    output = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as source,
        tarfile.open(fileobj=output, mode="w") as target,
    ):
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            changed = change(member.name, content.read())
            if changed is not None:
                member.size = len(changed)
                target.addfile(member, io.BytesIO(changed))
    return output.getvalue()


def test_a_backup_during_writes_has_every_row_acknowledged_before_it_began(tmp_path: Path) -> None:
    """Several tabs save continuously; the copy is started elsewhere."""
    answered: list[list[str]] = [[] for _ in range(WRITERS)]
    ending = threading.Event()
    with BackendProcess(tmp_path / "data") as backend:
        backend.create_teacher("Ada")
        with closing(teacher_api(backend)) as api:
            exam = api.create_exam(NewExam("Physics", dt.date(2026, 6, 1), "A. Lovelace", OUT_OF_20))

            def save_without_a_pause(number: int) -> None:
                while not ending.is_set():
                    row = NewResult(f"Student {number}-{len(answered[number])}", "12.5")
                    answered[number].append(api.create_result(exam.id, row).id)

            writers = [
                threading.Thread(target=save_without_a_pause, args=(number,)) for number in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            try:
                wait_until(
                    lambda: all(len(rows) >= ROWS_BEFORE_EACH for rows in answered),
                    deadline_s=60,
                    what="rows by every writer",
                )
                before = [row for rows in answered for row in list(rows)]
                archive = tmp_path / "backup.tar"
                back_up_to_file(tmp_path / "data", archive, now_s)
                count_then = sum(map(len, answered))
                wait_until(
                    lambda: sum(map(len, answered)) > count_then,
                    deadline_s=30,
                    what="writes after the backup",
                )
            finally:
                ending.set()
                for writer in writers:
                    writer.join(30)
    with archive.open("rb") as file:
        restore(file, tmp_path / "elsewhere", now_s)
    with BackendProcess(tmp_path / "elsewhere") as second, closing(teacher_api(second)) as api:
        restored = {row.id for row in api.list_results(exam.id)}
        api.create_result(exam.id, NewResult("Somebody new", "20"))
    assert len(before) >= WRITERS * ROWS_BEFORE_EACH
    assert set(before) <= restored
    assert restored <= {row for rows in answered for row in rows}


def test_tokens_and_passwords_are_valid_after_a_restore(tmp_path: Path) -> None:
    with running_backend(tmp_path / "data") as backend:
        backend.create_teacher("Ada")
        before = backend.sign_in("Ada")
        names = dict(backend.settings)
        output = io.BytesIO()
        back_up(tmp_path / "data", output, now_s)
    output.seek(0)
    restore(output, tmp_path / "elsewhere", now_s)
    with running_backend(tmp_path / "elsewhere", public_url=backend.url) as second:
        second.backend.cognito.user_pool.verifier.verify(before.access_token, second.backend.api.now_s())
        assert second.backend.cognito.names.user_pool_id == names["EXAM_RESULTS_USER_POOL_ID"]


def test_restored_files_are_readable_only_by_their_owner(
    archive: bytes, folder: Path, tmp_path: Path
) -> None:
    restore(io.BytesIO(archive), tmp_path / "new", now_s)
    for name in (*SECRETS, "backend.sqlite3"):
        assert (tmp_path / "new" / name).stat().st_mode & 0o777 == 0o600
    for name in SECRETS:
        assert (tmp_path / "new" / name).read_bytes() == (folder / name).read_bytes()


def test_a_backup_file_is_private_complete_and_never_overwrites(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    back_up_to_file(folder, target, now_s)
    assert target.stat().st_mode & 0o777 == 0o600
    content = target.read_bytes()
    with pytest.raises(BackupRefused, match="already exists"):
        back_up_to_file(folder, target, now_s)
    assert target.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []
    assert list(folder.glob(".backup-*")) == []


def test_a_backup_without_a_key_is_refused_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "identity_secret").unlink()
    with pytest.raises(BackupRefused, match="identity_secret is missing"):
        back_up_to_file(folder, tmp_path / "backup.tar", now_s)
    assert not (tmp_path / "backup.tar").exists()
    assert list(folder.glob(".backup-*")) == []


def test_a_backup_whose_disk_fails_at_the_end_leaves_nothing_and_says_where_to_look(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even if it fails after the file has got its name."""

    def fails(_folder: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(private_file, "flush_folder", fails)
    target = tmp_path / "backup.tar"
    assert main(["backup", str(target), "--data-dir", str(folder)]) == 2
    assert not target.exists()
    (line,) = capsys.readouterr().err.splitlines()
    assert str(folder) in line
    assert str(target) in line


def test_a_damaged_database_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    database = folder / "backend.sqlite3"
    octets = bytearray(database.read_bytes())
    octets[4096 : 4096 * 3] = os.urandom(4096 * 2)
    database.write_bytes(octets)
    with pytest.raises(BackupRefused, match=r"damaged|cannot be copied"):
        back_up_to_file(folder, tmp_path / "backup.tar", now_s)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no backend's data"):
        back_up(tmp_path, io.BytesIO(), now_s)


def test_a_restore_over_data_is_refused_and_changes_nothing(archive: bytes, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(BackupRefused, match="add --replace"):
        restore(io.BytesIO(archive), folder, now_s)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_a_replacing_restore_moves_the_previous_data_aside(archive: bytes, folder: Path) -> None:
    with running_backend(folder) as backend:
        backend.create_teacher("Grace")
    _, aside = restore(io.BytesIO(archive), folder, now_s, is_replacing=True)
    assert aside is not None

    def teachers(data_dir: Path) -> list[str]:
        connection = sqlite3.connect(data_dir / "backend.sqlite3")
        try:
            return [name for (name,) in connection.execute("SELECT username FROM users ORDER BY username")]
        finally:
            connection.close()

    assert teachers(folder) == ["Ada"]
    assert teachers(aside) == ["Ada", "Grace"]


def test_a_restore_while_the_backend_is_running_is_refused(archive: bytes, tmp_path: Path) -> None:
    with running_backend(tmp_path / "live"), pytest.raises(FolderInUse, match="stop it first"):
        restore(io.BytesIO(archive), tmp_path / "live", now_s, is_replacing=True)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_a_truncated_backup_is_refused_and_nothing_is_restored(
    archive: bytes, tmp_path: Path, share: float
) -> None:
    with pytest.raises(BackupRefused):
        restore(io.BytesIO(archive[: int(len(archive) * share)]), tmp_path / "new", now_s)
    assert not (tmp_path / "new" / "backend.sqlite3").exists()
    assert not (tmp_path / "new" / "identity_secret").exists()


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("identity_secret", lambda content: bytes(len(content)), "checksum"),
        ("identity_secret", lambda content: content + b"x", "unexpected"),
        ("operator.json", lambda _content: None, "operator.json is missing"),
        ("manifest.json", lambda _content: None, "does not begin with a manifest"),
        ("manifest.json", lambda _content: b"[]", "cannot be read"),
        ("manifest.json", lambda content: content.replace(b'"format": 1', b'"format": 9'), "format 9"),
        (
            "manifest.json",
            lambda content: content.replace(b'"data_version": ', b'"data_version": 9'),
            "newer program",
        ),
        (
            "manifest.json",
            lambda content: content.replace(b"demo-loaded", b"x").replace(b"operator.json", b"../operator"),
            "other files",
        ),
    ],
)
def test_a_changed_backup_is_refused_with_its_reason(
    archive: bytes, tmp_path: Path, name: str, change: Callable[[bytes], bytes | None], reason: str
) -> None:
    changed = with_members(archive, lambda member, content: change(content) if member == name else content)
    with pytest.raises(BackupRefused, match=reason):
        restore(io.BytesIO(changed), tmp_path / "new", now_s)
    assert not (tmp_path / "new" / "backend.sqlite3").exists()


def test_the_commands_can_stream_a_backup_from_one_folder_to_another(folder: Path, tmp_path: Path) -> None:
    """As in `backup - | ssh other-host restore -`; messages go to standard error."""
    command = [sys.executable, "-m", "deploy.local"]
    made = subprocess.run(
        [*command, "backup", "-", "--data-dir", str(folder)], cwd=ROOT, capture_output=True, check=True
    )
    assert b"keep it safe" in made.stderr
    put = subprocess.run(
        [*command, "restore", "-", "--data-dir", str(tmp_path / "new")],
        cwd=ROOT,
        input=made.stdout,
        capture_output=True,
        check=True,
    )
    assert b"restored the backup of" in put.stdout
    again = subprocess.run(
        [*command, "restore", "-", "--data-dir", str(tmp_path / "new")],
        cwd=ROOT,
        input=made.stdout,
        capture_output=True,
        check=False,
    )
    assert again.returncode == 2
    assert b"--replace" in again.stderr
    assert json.loads((tmp_path / "new" / "operator.json").read_text())["access_key_id"]
