"""New keys: what was signed or derived with the old ones ends, what people know stays."""

import datetime as dt
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import boto3
import pyotp
import pytest
from botocore.exceptions import ClientError

from deploy.local.backend.tokens import TokenFault, TokenRefused
from deploy.local.data_folder.lock import FolderInUse
from deploy.local.launcher.operator_client import Operator, OperatorRefused
from deploy.local.maintenance import key_rotation
from deploy.local.maintenance.backup_format import BackupRefused
from deploy.local.maintenance.key_rotation import rotate_keys
from shared.api.calls import GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.identity.teacher_session import TeacherSession
from shared.identity.user_pool import AuthenticatorChallenge, UserPool
from shared.model.exam import NewExam
from shared.model.grades import OUT_OF_20
from tests.backend_process import PASSWORD, BackendProcess, running_backend
from tests.wire.clients import backend_settings, port_of

KEYS = ("signing_key.pem", "identity_secret", "operator.json")


class Clock:
    """Moves only when it is told to: an authenticator's code works once in 30 s."""

    def __init__(self) -> None:
        self.now_s = time.time()  # the operator signs by the true time

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A stopped backend's data with a teacher who has an authenticator app; and the app's secret."""
    folder, clock = tmp_path_factory.mktemp("rotation") / "data", Clock()
    with running_backend(folder, now_s=clock) as backend:
        backend.create_teacher("Ada")
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


def test_after_a_rotation_all_sign_ins_are_over_and_passwords_and_apps_stay(
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


def test_a_refresh_token_from_before_gives_no_tokens(folder: Path) -> None:
    with running_backend(folder) as backend:
        backend.create_teacher("Grace")
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


def test_a_guest_whose_credentials_are_void_comes_back_by_itself(folder: Path) -> None:
    """As the students' dashboard does, that keeps its identity and its credentials for an hour."""
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


def test_the_operators_former_key_is_refused(folder: Path) -> None:
    former = (folder / "operator.json").read_bytes()
    rotate_keys(folder, lambda count: bytes(range(count)))
    with running_backend(folder):
        with closing(Operator(folder)) as operator:
            assert [teacher.username for teacher in operator.teachers()] == ["Ada"]
        (folder / "operator.json").write_bytes(former)
        with closing(Operator(folder)) as operator, pytest.raises(OperatorRefused):
            operator.teachers()


def test_under_a_running_backend_nothing_is_changed(folder: Path) -> None:
    with running_backend(folder):
        before = {name: (folder / name).read_bytes() for name in KEYS}
        with pytest.raises(FolderInUse, match="stop it first"):
            rotate_keys(folder, lambda count: bytes(range(count)))
        assert {name: (folder / name).read_bytes() for name in KEYS} == before


def test_a_rotation_that_died_after_the_database_had_changed_is_finished_by_the_next(
    folder: Path, prepared: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(Exception):
        pass

    sealing = key_rotation._seal_again

    def sealed_and_cut(*arguments: object) -> None:
        sealing(*arguments)  # type: ignore[arg-type]  # handed through
        raise PowerCutError

    monkeypatch.setattr(key_rotation, "_seal_again", sealed_and_cut)
    with pytest.raises(PowerCutError):
        rotate_keys(folder, lambda count: bytes(count))
    monkeypatch.undo()
    assert (folder / "identity_secret.next").read_bytes() == bytes(32)
    rotate_keys(folder, lambda count: bytes(range(count)))
    assert not (folder / "identity_secret.next").exists()
    clock = Clock()
    with (
        running_backend(folder, now_s=clock) as backend,
        closing(UserPool(backend_settings(backend), clock)) as pool,
    ):
        assert signed_in(pool, prepared[1], clock).username == "Ada"


def test_a_secret_that_does_not_open_the_rows_changes_nothing(folder: Path) -> None:
    (folder / "identity_secret").write_bytes(bytes(32))
    with closing(sqlite3.connect(folder / "backend.sqlite3")) as database:
        before = database.execute("SELECT authenticator_sealed FROM users").fetchall()
    with pytest.raises(BackupRefused, match="cannot be changed"):
        rotate_keys(folder, lambda count: bytes(range(count)))
    with closing(sqlite3.connect(folder / "backend.sqlite3")) as database:
        assert database.execute("SELECT authenticator_sealed FROM users").fetchall() == before
    assert (folder / "identity_secret").read_bytes() == bytes(32)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no backend's data"):
        rotate_keys(tmp_path, lambda count: bytes(count))
