"""The operator's handling of accounts in the embedded backend; tests/deploy/aws does the same on a stack."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from deploy.local.maintenance.operator_access import teacher_accounts
from deploy.teacher_accounts import AccountRefused, TeacherAccounts, new_password
from deploy.teacher_commands import TeacherCommands
from shared.identity.teacher_session import TeacherSession
from shared.identity.user_pool import NewPasswordChallenge, UserPool
from shared.model.errors import SessionEnded
from shared.settings import load_teacher_settings
from tests.backend_process import RunningBackend


@pytest.fixture
def accounts(backend: RunningBackend) -> Iterator[TeacherAccounts]:
    with teacher_accounts(backend.data_dir) as opened:
        yield opened


@pytest.fixture
def pool(backend: RunningBackend) -> Iterator[UserPool]:
    hour_s = 3600.0
    # An hour ahead: every session has to renew its tokens at once, and hears whether it has ended.
    settings = load_teacher_settings(dict(backend.settings)).backend
    with contextlib.closing(UserPool(settings, lambda: time.time() + hour_s)) as opened:
        yield opened


def test_a_reset_ends_every_session(accounts: TeacherAccounts, pool: UserPool) -> None:
    username, password = f"reset-{secrets.token_hex(4)}", new_password(secrets.choice)
    accounts.add(username, new_password(secrets.choice))
    accounts.set_permanent_password(username, password)
    session = pool.sign_in(username, password)
    assert isinstance(session, TeacherSession)
    assert session.access_token()
    said: list[str] = []
    TeacherCommands(accounts, said.append).reset(username, is_mailed=False)
    with pytest.raises(SessionEnded):
        session.access_token()
    temporary = said[0].rpartition(": ")[2]
    assert said == [f"{username} is signed out everywhere. Temporary password: {temporary}"]
    assert isinstance(pool.sign_in(username, temporary), NewPasswordChallenge)


def test_taken_and_unknown_names_are_one_line(accounts: TeacherAccounts) -> None:
    username = f"once-{secrets.token_hex(4)}"
    accounts.add(username, new_password(secrets.choice), email="one@school.example", name="One")
    with pytest.raises(AccountRefused, match=f"username: there is an account {username} already."):
        accounts.add(username, new_password(secrets.choice))
    nobody = f"nobody-{secrets.token_hex(4)}"
    for call in (accounts.remove, accounts.mail_reset_code):
        with pytest.raises(AccountRefused, match=f"username: there is no account {nobody}."):
            call(nobody)
    (listed,) = [teacher for teacher in accounts.all() if teacher.username == username]
    assert (listed.email, listed.name) == ("one@school.example", "One")
    assert listed.status == "FORCE_CHANGE_PASSWORD"
    accounts.remove(username)
    assert all(teacher.username != username for teacher in accounts.all())


def test_a_password_satisfies_the_policy_whatever_is_drawn() -> None:
    def first(characters: Sequence[str]) -> str:
        return characters[0]

    def last(characters: Sequence[str]) -> str:
        return characters[-1]

    choices: tuple[Callable[[Sequence[str]], str], ...] = (first, last, secrets.choice)
    for password in map(new_password, choices):
        assert len(password) >= 12
        assert any(map(str.islower, password))
        assert any(map(str.isupper, password))
        assert any(map(str.isdigit, password))
