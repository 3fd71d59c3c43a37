"""A forgotten password over the wire: the code, its limits, and no hint about who exists."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.cognito_server import PASSWORD, Clock, Pool, refuse_tokens, refused, running_pool

NEW_PASSWORD = "Another-Horse-2"
EXCEEDED = "Attempt limit exceeded, please try after some time."


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with running_pool(tmp_path) as running:
        running.add_user()
        yield running


def confirm(pool: Pool, code: str, *, name: str = "ada", password: str = NEW_PASSWORD) -> None:
    pool.anyone().confirm_forgot_password(
        ClientId=pool.client_id, Username=name, ConfirmationCode=code, Password=password
    )


def ask(pool: Pool, name: str = "ada") -> dict[str, str]:
    answer = pool.anyone().forgot_password(ClientId=pool.client_id, Username=name)
    details: dict[str, str] = answer["CodeDeliveryDetails"]
    return details


def test_pycognito_sets_a_new_password_with_the_mailed_code(pool: Pool) -> None:
    cognito = pool.pycognito("ada")
    cognito.initiate_forgot_password()
    [message] = pool.messages()
    assert (message["username"], message["to"]) == ("ada", "ada@school.example")
    cognito.confirm_forgot_password(pool.last_code(), NEW_PASSWORD)
    assert pool.tokens(password=NEW_PASSWORD)
    with refused("NotAuthorizedException"):
        pool.answer_of_password("ada", PASSWORD)


def test_a_new_password_by_code_ends_every_session(pool: Pool) -> None:
    """A stolen one too, which is often why the password is changed."""
    stolen = pool.tokens()
    ask(pool)
    confirm(pool, pool.last_code())
    refuse_tokens(pool, stolen)
    assert pool.tokens(password=NEW_PASSWORD)


def test_pycognito_sets_a_new_password_by_address(pool: Pool) -> None:
    ask(pool, "ADA@school.example")
    confirm(pool, pool.last_code(), name="ada@school.example")
    assert pool.tokens(password=NEW_PASSWORD)


def test_the_code_is_logged_and_the_password_is_not(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "deploy.local.backend.cognito.mail_outbox"):
        ask(pool)
        confirm(pool, pool.last_code())
    assert pool.last_code() in caplog.text
    assert NEW_PASSWORD not in caplog.text


def test_a_code_works_once_and_a_newer_one_replaces_it(pool: Pool) -> None:
    ask(pool)
    first = pool.last_code()
    ask(pool)
    second = pool.last_code()
    if first != second:  # one in a million
        with refused("CodeMismatchException"):
            confirm(pool, first)
    confirm(pool, second)
    with refused("CodeMismatchException", "Invalid verification code provided, please try again."):
        confirm(pool, second, password=PASSWORD)
    assert pool.tokens(password=NEW_PASSWORD)


def test_a_code_expires_after_an_hour(pool: Pool) -> None:
    ask(pool)
    pool.clock.advance(3600.0)
    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        confirm(pool, pool.last_code())


def test_a_code_works_only_for_its_user(pool: Pool) -> None:
    pool.add_user("bob", email="bob@school.example")
    ask(pool, "bob")
    with refused("CodeMismatchException"):
        confirm(pool, pool.last_code(), name="ada")


def test_a_weak_password_is_refused_and_the_code_stays_valid(pool: Pool) -> None:
    ask(pool)
    with refused("InvalidPasswordException"):
        confirm(pool, pool.last_code(), password="weak")
    confirm(pool, pool.last_code())


def test_guessing_a_code_is_throttled_even_across_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    clock.stop()
    with running_pool(tmp_path, clock=clock) as pool:
        pool.add_user()
        ask(pool)
        wrong = f"{(int(pool.last_code()) + 1) % 1_000_000:06d}"
        for _ in range(5):
            with refused("CodeMismatchException"):
                confirm(pool, wrong)
    with running_pool(tmp_path, clock=clock) as pool:
        with refused("LimitExceededException", EXCEEDED):
            confirm(pool, pool.last_code())
        pool.clock.advance(1.0)
        confirm(pool, pool.last_code())


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_code_requests_are_limited(pool: Pool, name: str) -> None:
    pool.clock.stop()
    for _ in range(5):
        ask(pool, name)
    with refused("LimitExceededException", EXCEEDED):
        ask(pool, name)
    assert len(pool.messages()) == (5 if name == "ada" else 0)


def test_an_unknown_name_is_answered_like_a_known_one(pool: Pool) -> None:
    """No initials either: a real address has those of its owner."""
    names = ["ada", "nobody", "ADA@school.example", "eve@elsewhere.example"]
    assert [ask(pool, name) for name in names] == [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}] * 4
    with refused("CodeMismatchException", "Invalid verification code provided, please try again."):
        confirm(pool, "123456", name="nobody")
    assert len(pool.messages()) == 2


def test_users_who_cannot_reset_get_the_same_answer_but_no_code(pool: Pool) -> None:
    """Users without a verified address, disabled ones, and those with a temporary password."""
    pool.add_user("bob", email=None)
    pool.add_user("cleo", email="cleo@school.example", password=None)
    pool.add_user("dan", email="dan@school.example")
    pool.operator().admin_disable_user(UserPoolId=pool.pool_id, Username="dan")
    for name in ("bob", "cleo", "dan"):
        assert ask(pool, name) == {"DeliveryMedium": "EMAIL", "AttributeName": "email"}
    assert pool.messages() == []


def test_a_new_password_ends_the_lock(pool: Pool) -> None:
    pool.clock.stop()
    for _ in range(5):
        with refused("NotAuthorizedException"):
            pool.answer_of_password("ada", "a wrong password")
    ask(pool)
    confirm(pool, pool.last_code())
    assert pool.tokens(password=NEW_PASSWORD)


def test_only_the_owner_can_read_the_mail_outbox_and_codes_are_stored_as_keyed_hashes(pool: Pool) -> None:
    """A plain hash of six digits could be reversed at once."""
    ask(pool)
    assert (pool.data_dir / "outbox.jsonl").stat().st_mode & 0o777 == 0o600
    [(_sub, purpose, code_hash, _end)] = pool.database.read(
        lambda connection: [tuple(row) for row in connection.execute("SELECT * FROM codes")]
    )
    assert purpose == "reset password"
    assert code_hash not in {hashlib.sha256(f"{number:06d}".encode()).digest() for number in range(1_000_000)}
    assert pool.last_code().encode() not in code_hash
