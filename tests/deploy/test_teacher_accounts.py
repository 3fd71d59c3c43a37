"""The operator's handling of accounts in the embedded backend; tests/deploy/aws does the same on a stack."""

import secrets
from collections.abc import Callable, Iterator, Sequence

import pytest

from deploy.console import Console
from deploy.local.maintenance.operator_access import teacher_accounts
from deploy.local.maintenance.stored_holdings import StoredHoldings
from deploy.teacher_accounts import AccountRefused, TeacherAccounts, new_password
from deploy.teacher_commands import TeacherCommands
from tests.backend_process import RunningBackend


@pytest.fixture
def accounts(backend: RunningBackend) -> Iterator[TeacherAccounts]:
    with teacher_accounts(backend.data_dir) as opened:
        yield opened


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


@pytest.mark.parametrize(
    "username", ["", "anna berg", "anna\tberg", "anna\x00", "anna@school.example", "a" * 129]
)
def test_a_name_that_no_user_pool_takes_is_refused_here_with_what_is_wrong(
    accounts: TeacherAccounts, username: str
) -> None:
    with pytest.raises(AccountRefused, match=r"^username: .*(one word|an address)"):
        accounts.add(username, new_password(secrets.choice))


def test_who_has_never_signed_in_is_invited_again_since_no_code_works(
    accounts: TeacherAccounts, backend: RunningBackend
) -> None:
    said: list[str] = []
    commands = TeacherCommands(accounts, StoredHoldings(backend.data_dir), Console(said.append, None))
    invited, mute = f"invited-{secrets.token_hex(4)}", f"mute-{secrets.token_hex(4)}"
    accounts.add(invited, new_password(secrets.choice), email=f"{invited}@school.example")
    accounts.add(mute, new_password(secrets.choice))
    commands.reset(invited, is_mailed=True)
    assert said == [f"{invited} has never signed in, and gets another invitation by e-mail."]
    with pytest.raises(AccountRefused, match=f"{mute} has no address"):
        commands.reset(mute, is_mailed=True)
    accounts.set_permanent_password(invited, new_password(secrets.choice))
    commands.reset(invited, is_mailed=True)
    assert said[1] == f"{invited} is signed out everywhere and gets a code by e-mail for a new password."


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
