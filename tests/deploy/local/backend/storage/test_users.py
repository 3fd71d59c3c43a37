"""User rows: found by each of their names, names are unique, and deleted with all their sign-ins."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.storage import sign_ins, users
from deploy.local.backend.storage.database import Database
from deploy.local.backend.storage.sign_ins import SignIn
from deploy.local.backend.storage.users import NameTaken, PasswordRecord, User, UserStatus

NOW_S = 1_800_000_000.0
ADA = User(
    sub="sub-of-ada",
    username="Ada",
    attributes={"email": "ada@school.example", "email_verified": "true"},
    status=UserStatus.CONFIRMED,
    is_enabled=True,
    record=PasswordRecord(salt=b"\x01" * 16, verifier=b"\x02" * 384),
    password_expires_at_s=None,
    authenticator_sealed=b"sealed",
    is_authenticator_verified=True,
    is_authenticator_wanted=False,
    authenticator_last_step=7,
    created_at_s=NOW_S,
    updated_at_s=NOW_S + 1,
)
BOB = replace(ADA, sub="sub-of-bob", username="bob", attributes={})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "d.sqlite") as database:
        yield database


def add(database: Database, *people: User) -> None:
    for user in people:
        database.write(lambda connection, user=user: users.insert_user(connection, user))


def find(database: Database, name: str) -> User | None:
    return database.read(lambda connection: users.find_user(connection, name))


def test_a_user_is_read_back_and_found_by_every_name(database: Database) -> None:
    add(database, ADA, BOB)
    for name in ("Ada", "ADA", "ada@school.example", "ADA@SCHOOL.EXAMPLE", "sub-of-ada"):
        assert find(database, name) == ADA
    assert find(database, "nobody") is None
    assert find(database, "SUB-OF-ADA") is None


def test_changes_are_stored_atomically(database: Database) -> None:
    add(database, ADA)
    changed = replace(
        ADA, username="Ada L", attributes={}, status=UserStatus.RESET_REQUIRED, is_enabled=False
    )
    database.write(lambda connection: users.save_user(connection, changed))
    assert find(database, "ada l") == changed
    assert find(database, "ada@school.example") is None


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@school.example"])
def test_a_name_is_refused_when_another_signs_in_with_it(database: Database, name: str) -> None:
    add(database, ADA)
    with pytest.raises(NameTaken) as taken:
        add(database, replace(BOB, username=name))
    assert not taken.value.is_address
    assert find(database, "sub-of-bob") is None


def test_an_address_is_refused_when_another_signs_in_with_it(database: Database) -> None:
    add(database, ADA, BOB)
    for address in ("Ada@School.example", "Ada"):
        attributes = {"email": address, "email_verified": "true"}
        with pytest.raises(NameTaken) as taken:
            database.write(
                lambda connection, attributes=attributes: users.save_user(
                    connection, replace(BOB, attributes=attributes)
                )
            )
        assert taken.value.is_address
    unverified = replace(BOB, attributes={"email": "ada@school.example", "email_verified": "false"})
    database.write(lambda connection: users.save_user(connection, unverified))
    assert find(database, "ada@school.example") == ADA


def test_pages_are_ordered_by_case_folded_name(database: Database) -> None:
    people = [replace(BOB, sub=name, username=name) for name in ("b", "A", "c", "Ä", "d")]
    add(database, *people)
    first = database.read(lambda connection: users.users_after(connection, "", 2))
    last = users.name_key(first[-1].username)
    second = database.read(lambda connection: users.users_after(connection, last, 9))
    assert [user.username for user in first] == ["A", "Ä"]
    assert [user.username for user in second] == ["b", "c", "d"]


@given(st.text(max_size=12))
def test_name_keys_are_idempotent(name: str) -> None:
    key = users.name_key(name)
    assert users.name_key(key) == key
    assert users.name_key(name.casefold()) == key


def test_composed_and_decomposed_accents_are_the_same_name() -> None:
    assert users.name_key("Ren\u00e9") == users.name_key("rene\u0301")


def test_deleting_a_user_ends_the_sign_ins(database: Database) -> None:
    add(database, ADA, BOB)
    for user in (ADA, BOB):
        sign_in = SignIn(f"of {user.username}", user.sub, NOW_S, NOW_S + 100)
        database.write(
            lambda connection, sign_in=sign_in: sign_ins.insert_sign_in(
                connection, sign_in, f"refresh {sign_in.origin_jti}", NOW_S
            )
        )
    database.write(lambda connection: users.delete_user(connection, ADA.sub))
    assert find(database, "ada") is None
    assert not database.read(lambda connection: sign_ins.is_sign_in_alive(connection, "of Ada", ADA.sub))
    assert database.read(lambda connection: sign_ins.is_sign_in_alive(connection, "of bob", BOB.sub))


def test_a_sign_in_is_valid_for_its_own_user_while_enabled(database: Database) -> None:
    add(database, ADA, BOB)
    sign_in = SignIn("jti", ADA.sub, NOW_S, NOW_S + 100)
    database.write(lambda connection: sign_ins.insert_sign_in(connection, sign_in, "refresh", NOW_S))

    def is_alive(sub: str) -> bool:
        return database.read(lambda connection: sign_ins.is_sign_in_alive(connection, "jti", sub))

    assert is_alive(ADA.sub)
    assert not is_alive(BOB.sub)
    database.write(lambda connection: users.save_user(connection, replace(ADA, is_enabled=False)))
    assert not is_alive(ADA.sub)


def test_sign_ins_that_ended_long_ago_are_deleted(database: Database) -> None:
    add(database, ADA)

    def sign_in(name: str, now_s: float) -> None:
        made = SignIn(name, ADA.sub, now_s, now_s + 100)
        database.write(lambda connection: sign_ins.insert_sign_in(connection, made, name, now_s))

    sign_in("old", NOW_S)
    sign_in("recent", NOW_S + 200)
    sign_in("new", NOW_S + 100 + sign_ins.KEPT_AFTER_END_S + 1)
    kept = database.read(
        lambda connection: {
            row["origin_jti"] for row in connection.execute("SELECT origin_jti FROM sign_ins")
        }
    )
    assert kept == {"recent", "new"}


def test_a_code_is_taken_once_and_replaced_by_a_newer_one(database: Database) -> None:
    def store(code: bytes) -> None:
        database.write(
            lambda connection: sign_ins.store_code(
                connection, sub="s", purpose="p", code_hash=code, expires_at_s=NOW_S + 5, now_s=NOW_S
            )
        )

    def take(code: bytes, sub: str = "s", purpose: str = "p") -> float | None:
        return database.write(
            lambda connection: sign_ins.take_code(connection, sub=sub, purpose=purpose, code_hash=code)
        )

    store(b"first")
    store(b"second")
    assert take(b"first") is None
    assert take(b"second", sub="another") is None
    assert take(b"second", purpose="another") is None
    assert take(b"second") == NOW_S + 5
    assert take(b"second") is None
