"""Key rotation: what was signed or derived with the old keys is void; passwords and apps still work."""

import datetime as dt
import io
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import boto3
import pyotp
import pytest
from botocore.exceptions import ClientError

from deploy.local.backend.cognito.pool_secret import AUTHENTICATOR_USE
from deploy.local.backend.compose import Backend, BackendOptions, BackendRefused, open_backend
from deploy.local.backend.storage import users
from deploy.local.backend.tokens import TokenFault, TokenRefused
from deploy.local.data_folder.lock import FolderInUse, FolderLock, locked_folder
from deploy.local.maintenance.backup import back_up
from deploy.local.maintenance.backup_format import BackupRefused
from deploy.local.maintenance.key_rotation import rotate_keys
from deploy.local.maintenance.operator_access import OperatorRefused, teacher_accounts
from deploy.local.maintenance.restore import restore
from shared.api.calls import GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.identity.teacher_session import TeacherSession
from shared.identity.user_pool import AuthenticatorChallenge, UserPool
from shared.model.exam import NewExam
from shared.model.scales import OUT_OF_20
from tests.backend_process import PASSWORD, BackendProcess, running_backend
from tests.server_process import ROOT
from tests.wire.clients import backend_settings, port_of

KEYS = ("signing_key.pem", "identity_secret", "operator.json")


class Clock:
    """Moves only on request: an authenticator's code works once in 30 s."""

    def __init__(self) -> None:
        self.now_s = time.time()  # the operator's signatures use real time

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A stopped backend's data with Grace and Ada, who has an authenticator app, and the app's secret."""
    folder, clock = tmp_path_factory.mktemp("rotation") / "data", Clock()
    with running_backend(folder, now_s=clock) as backend:
        backend.create_teacher("Ada")
        backend.create_teacher("Grace")
        with closing(UserPool(backend_settings(backend), clock)) as pool:
            session = pool.sign_in("Ada", PASSWORD)
            assert isinstance(session, TeacherSession)
            app = pyotp.TOTP(pool.enrol_authenticator(session, "Exam Results").secret)
            pool.confirm_authenticator(session, app.at(int(clock.now_s)))
    return folder, app.secret


@pytest.fixture
def folder(prepared: tuple[Path, str], tmp_path: Path) -> Path:
    shutil.copytree(prepared[0], tmp_path / "data")
    return tmp_path / "data"


def signed_in(pool: UserPool, secret: str, clock: Clock) -> TeacherSession:
    """With name, password and the next code of the app."""
    clock.now_s += 60
    challenge = pool.sign_in("Ada", PASSWORD)
    assert isinstance(challenge, AuthenticatorChallenge)
    session = pool.answer_authenticator(challenge, pyotp.TOTP(secret).at(int(clock.now_s)))
    assert isinstance(session, TeacherSession)
    return session


def test_after_a_rotation_all_sign_ins_have_ended_and_passwords_and_apps_still_work(
    folder: Path, prepared: tuple[Path, str]
) -> None:
    clock = Clock()
    with running_backend(folder, now_s=clock) as backend:
        url = backend.url
        with closing(UserPool(backend_settings(backend), clock)) as pool:
            old = signed_in(pool, prepared[1], clock)
            old_token = old.access_token()
    before = {name: (folder / name).read_bytes() for name in KEYS}
    rotate_keys(folder, lambda count: bytes(range(count)))
    with running_backend(folder, now_s=clock, public_url=url) as backend:
        assert all((folder / name).read_bytes() != before[name] for name in KEYS)
        with pytest.raises(TokenRefused) as refused:
            backend.backend.cognito.user_pool.verifier.verify(old_token, clock.now_s)
        assert refused.value.reason is TokenFault.KEY
    with running_backend(folder, now_s=clock) as backend:
        settings = backend_settings(backend)
        with closing(UserPool(settings, clock)) as pool:
            fresh = signed_in(pool, prepared[1], clock)
            with closing(TeacherApi(settings, fresh.access_token)) as api:
                exam = api.create_exam(NewExam("Physics", dt.date(2026, 6, 1), "A. L.", OUT_OF_20))
                assert [row.id for row in api.list_my_exams()] == [exam.id]


def test_a_refresh_token_from_before_is_refused(folder: Path) -> None:
    with running_backend(folder) as backend:
        before = backend.sign_in("Grace")
    rotate_keys(folder, lambda count: bytes(range(count)))
    with running_backend(folder) as backend:
        cognito = boto3.client(
            "cognito-idp",
            region_name=backend.region,
            endpoint_url=backend.url,
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        with closing(cognito), pytest.raises(ClientError) as refused:
            cognito.initiate_auth(
                ClientId=backend.settings["EXAM_RESULTS_USER_POOL_CLIENT_ID"],
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": before.refresh_token},
            )
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_a_guest_with_void_credentials_gets_new_ones_automatically(folder: Path) -> None:
    """Like the student dashboard, which keeps its identity and its credentials for an hour."""
    with BackendProcess(folder) as backend:
        settings, port = backend_settings(backend), port_of(backend)
        guest = GuestCredentials(settings, time.time)
        api = GuestApi(settings, guest)
        assert list(api.list_exams()) == []
    kept = guest.current()
    rotate_keys(folder, lambda count: bytes(range(count)))
    with closing(guest), closing(api), BackendProcess(folder, port=port):
        assert list(api.list_exams()) == []
        assert guest.current().access_key != kept.access_key


def test_the_operators_previous_key_is_refused(folder: Path) -> None:
    former = (folder / "operator.json").read_bytes()
    rotate_keys(folder, lambda count: bytes(range(count)))
    with running_backend(folder):
        with teacher_accounts(folder) as accounts:
            assert [teacher.username for teacher in accounts.all()] == ["Ada", "Grace"]
        (folder / "operator.json").write_bytes(former)
        with pytest.raises(OperatorRefused), teacher_accounts(folder) as accounts:
            accounts.all()


def test_while_the_backend_is_running_nothing_is_changed(folder: Path) -> None:
    with running_backend(folder):
        before = {name: (folder / name).read_bytes() for name in KEYS}
        with pytest.raises(FolderInUse, match="stop it first"):
            rotate_keys(folder, lambda count: bytes(range(count)))
        assert {name: (folder / name).read_bytes() for name in KEYS} == before


@pytest.fixture(scope="module")
def cut_folders(prepared: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies whose rotation was killed after each step in turn; must not be changed."""
    target = tmp_path_factory.mktemp("cut")
    program = "tests.deploy.local.maintenance.cut_short"
    subprocess.run([sys.executable, "-m", program, str(prepared[0]), str(target)], cwd=ROOT, check=True)
    folders = sorted(target.iterdir())
    begun = [(folder / "identity_secret.next").exists() for folder in folders]
    assert len(set(begun[:-1])) == 2, "some were killed before, some within the rotation"
    assert not begun[-1]
    return folders


def app_secrets(backend: Backend) -> dict[str, str]:
    """The secrets of the teachers' authenticator apps, opened with the backend's own secret."""
    sealed = backend.database.read(users.sealed_authenticators)
    unseal = backend.cognito.user_pool.secret.unseal
    return {sub: unseal(AUTHENTICATOR_USE, octets) for sub, octets in sealed}


def test_a_rotation_killed_at_any_step_then_used_then_repeated_loses_no_app(
    cut_folders: list[Path], prepared: tuple[Path, str], tmp_path: Path
) -> None:
    for cut in cut_folders:
        folder = tmp_path / cut.name
        shutil.copytree(cut, folder)
        with open_backend(BackendOptions(folder), 1) as backend:
            before = app_secrets(backend)
            assert list(before.values()) == [prepared[1]], f"killed at step {cut.name}"
            (grace,) = set(backend.database.read(subs)) - before.keys()
            sealed = backend.cognito.user_pool.secret.seal(AUTHENTICATOR_USE, "of Grace", secrets.token_bytes)
            backend.database.write(
                lambda connection: users.save_sealed_authenticator(connection, grace, sealed)  # noqa: B023
            )
        assert not (folder / "identity_secret.next").exists()
        rotate_keys(folder, secrets.token_bytes)
        with open_backend(BackendOptions(folder), 1) as backend:
            assert app_secrets(backend) == {**before, grace: "of Grace"}, f"killed at step {cut.name}"


def test_a_backup_of_a_rotation_killed_at_any_step_is_complete(
    cut_folders: list[Path], prepared: tuple[Path, str], tmp_path: Path
) -> None:
    for cut in cut_folders:
        archive = io.BytesIO()
        back_up(cut, archive, time.time)
        archive.seek(0)
        restore(archive, tmp_path / cut.name, time.time)
        with open_backend(BackendOptions(tmp_path / cut.name), 1) as backend:
            assert list(app_secrets(backend).values()) == [prepared[1]], f"killed at step {cut.name}"


def test_the_next_start_finishes_a_rotation(
    cut_folders: list[Path], prepared: tuple[Path, str], tmp_path: Path
) -> None:
    """All keys are new, and a teacher signs in with password and app."""
    begun = [folder for folder in cut_folders if (folder / "identity_secret.next").exists()]
    folder, clock = tmp_path / "data", Clock()
    shutil.copytree(begun[0], folder)
    with (
        running_backend(folder, now_s=clock) as backend,
        closing(UserPool(backend_settings(backend), clock)) as pool,
    ):
        assert signed_in(pool, prepared[1], clock).username == "Ada"
    assert all((folder / name).read_bytes() != (prepared[0] / name).read_bytes() for name in KEYS)


def test_a_start_that_must_finish_a_rotation_does_not_disturb_a_backup(
    cut_folders: list[Path], tmp_path: Path
) -> None:
    begun = [folder for folder in cut_folders if (folder / "identity_secret.next").exists()]
    shutil.copytree(begun[0], tmp_path / "data")
    with (
        locked_folder(tmp_path / "data", FolderLock.MAINTENANCE),
        pytest.raises(BackendRefused, match="a backup, restore or key rotation"),
        open_backend(BackendOptions(tmp_path / "data"), 1),
    ):
        pass


def subs(connection: sqlite3.Connection) -> list[str]:
    return [row["sub"] for row in connection.execute("SELECT sub FROM users")]


def test_a_secret_that_cannot_decrypt_the_rows_changes_nothing(folder: Path) -> None:
    (folder / "identity_secret").write_bytes(bytes(32))
    with closing(sqlite3.connect(folder / "backend.sqlite3")) as database:
        before = database.execute("SELECT authenticator_sealed FROM users").fetchall()
    with pytest.raises(BackupRefused, match="cannot be changed"):
        rotate_keys(folder, lambda count: bytes(range(count)))
    with closing(sqlite3.connect(folder / "backend.sqlite3")) as database:
        assert database.execute("SELECT authenticator_sealed FROM users").fetchall() == before
    assert (folder / "identity_secret").read_bytes() == bytes(32)
    assert not (folder / "identity_secret.next").exists()


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no backend's data"):
        rotate_keys(tmp_path, lambda count: bytes(count))
