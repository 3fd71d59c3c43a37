"""A sign-in that has ended is never taken for alive, whatever was remembered of it."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.backend.cognito.user_pool.account_store import AccountStore
from deploy.local.backend.storage.database import CommitFailed, Database
from deploy.local.backend.storage.sign_ins import SignIn, insert_sign_in, revoke_sign_in
from deploy.local.backend.storage.users import PasswordRecord, User, UserStatus, insert_user

NOW_S = 1_000_000.0
SIGN_IN = ("the-sign-in", "sub-of-ada")
ADA = User(
    sub="sub-of-ada",
    username="ada",
    attributes={},
    status=UserStatus.CONFIRMED,
    is_enabled=True,
    record=PasswordRecord(salt=b"\x01" * 16, verifier=b"\x02" * 384),
    password_expires_at_s=None,
    authenticator_sealed=None,
    is_authenticator_verified=False,
    is_authenticator_wanted=False,
    authenticator_last_step=0,
    created_at_s=NOW_S,
    updated_at_s=NOW_S,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "data.sqlite3") as opened:
        yield opened


@pytest.fixture
def accounts(database: Database) -> AccountStore:
    """With one sign-in, which is alive."""
    store = AccountStore(database)
    origin_jti, sub = SIGN_IN

    def sign_in(connection: sqlite3.Connection) -> None:
        insert_user(connection, ADA)
        insert_sign_in(connection, SignIn(origin_jti, sub, NOW_S, NOW_S + 60.0), "refresh", NOW_S)

    store.write(sign_in)
    return store


def revoke(connection: sqlite3.Connection) -> None:
    revoke_sign_in(connection, SIGN_IN[0])


def test_a_sign_in_that_is_alive_is_read_once(
    accounts: AccountStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until something is written: a request with a token waits for no statement."""
    assert not accounts.has_sign_in_ended(*SIGN_IN)
    monkeypatch.setattr(database, "read", must_not_be_called)
    assert not accounts.has_sign_in_ended(*SIGN_IN)


@pytest.mark.parametrize("other", [("the-sign-in", "sub-of-bob"), ("another-sign-in", "sub-of-ada")])
def test_one_that_is_alive_says_nothing_of_another(accounts: AccountStore, other: tuple[str, str]) -> None:
    """Neither another sign-in of the same user, nor the same one in another user's name."""
    assert not accounts.has_sign_in_ended(*SIGN_IN)
    assert accounts.has_sign_in_ended(*other)
    assert not accounts.has_sign_in_ended(*SIGN_IN)


def test_after_a_restart_a_sign_in_is_as_it_was(accounts: AccountStore, database: Database) -> None:
    """Before anything is written."""
    assert not AccountStore(database).has_sign_in_ended(*SIGN_IN)
    accounts.write(revoke)
    assert AccountStore(database).has_sign_in_ended(*SIGN_IN)


def test_an_ended_sign_in_is_not_taken_for_alive_the_second_time(accounts: AccountStore) -> None:
    accounts.write(revoke)
    assert [accounts.has_sign_in_ended(*SIGN_IN) for _ in range(2)] == [True, True]


def test_what_is_written_is_read(accounts: AccountStore) -> None:
    def username(connection: sqlite3.Connection) -> str:
        return str(connection.execute("SELECT username FROM users").fetchone()[0])

    assert accounts.read(username) == "ada"
    assert accounts.write(lambda connection: username(connection) + "!") == "ada!"


def test_a_sign_in_has_ended_as_soon_as_the_write_that_ended_it_returns(accounts: AccountStore) -> None:
    assert not accounts.has_sign_in_ended(*SIGN_IN)
    accounts.write(revoke)
    assert accounts.has_sign_in_ended(*SIGN_IN)


def test_what_was_read_before_a_write_ended_is_not_remembered(
    accounts: AccountStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read sees the sign-in alive, and its thread is slower than the write that revokes it."""
    read = database.read

    def overtaken(work: Callable[[sqlite3.Connection], Any]) -> Any:
        found = read(work)
        accounts.write(revoke)
        return found

    with monkeypatch.context() as overtaking:
        overtaking.setattr(database, "read", overtaken)
        assert not accounts.has_sign_in_ended(*SIGN_IN)
    assert accounts.has_sign_in_ended(*SIGN_IN)


def test_a_write_that_fails_but_was_stored_ends_the_sign_in(
    accounts: AccountStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was cannot be told from the failure of its flush."""
    write = database.write

    def stored_and_failed(work: Callable[[sqlite3.Connection], Any]) -> Any:
        write(work)
        raise CommitFailed(OSError("the flush failed"))

    assert not accounts.has_sign_in_ended(*SIGN_IN)
    monkeypatch.setattr(database, "write", stored_and_failed)
    with pytest.raises(CommitFailed):
        accounts.write(revoke)
    assert accounts.has_sign_in_ended(*SIGN_IN)


def must_not_be_called(*_arguments: object) -> None:
    raise AssertionError("the database was read")
