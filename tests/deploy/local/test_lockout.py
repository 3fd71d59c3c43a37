"""The lock-out: free attempts, then a lock that stretches, the same for every target, kept on disk."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local import lockout
from deploy.local.database import Database

NOW_S = 1_800_000_000.0
TARGET, OTHER = b"target", b"other"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "d.sqlite") as database:
        yield database


def attempt(database: Database, now_s: float, target: bytes = TARGET) -> bool:
    return database.write(lambda connection: lockout.begin_attempt(connection, target, now_s))


def is_locked(database: Database, now_s: float, target: bytes = TARGET) -> bool:
    return database.read(lambda connection: lockout.is_locked(connection, target, now_s))


def test_five_attempts_are_free_and_the_sixth_waits_a_second(database: Database) -> None:
    assert [attempt(database, NOW_S) for _ in range(6)] == [True] * 5 + [False]
    assert is_locked(database, NOW_S + 0.9)
    assert not is_locked(database, NOW_S + 1.0)
    assert attempt(database, NOW_S + 1.0)
    assert not attempt(database, NOW_S + 2.9)
    assert attempt(database, NOW_S + 3.0)


def test_attempts_while_locked_do_not_stretch_the_lock(database: Database) -> None:
    for _ in range(5):
        attempt(database, NOW_S)
    assert not any(attempt(database, NOW_S + 0.5) for _ in range(50))
    assert attempt(database, NOW_S + 1.0)


def test_another_target_is_not_locked(database: Database) -> None:
    for _ in range(6):
        attempt(database, NOW_S)
    assert attempt(database, NOW_S, OTHER)


def test_a_success_forgets_the_failures(database: Database) -> None:
    for _ in range(4):
        attempt(database, NOW_S)
    database.write(lambda connection: lockout.forget_failures(connection, TARGET))
    assert [attempt(database, NOW_S) for _ in range(6)] == [True] * 5 + [False]


def test_a_quiet_quarter_of_an_hour_forgets_the_failures_and_the_row(database: Database) -> None:
    """A flood of made-up names fills no disk for long."""
    for number in range(20):
        attempt(database, NOW_S, b"%d" % number)
    for _ in range(5):
        attempt(database, NOW_S)
    later_s = NOW_S + lockout.QUIET_S
    assert [attempt(database, later_s) for _ in range(6)] == [True] * 5 + [False]

    def count(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM failed_attempts").fetchone()[0])

    assert database.read(count) == 1


def test_the_lock_is_known_after_a_restart(tmp_path: Path) -> None:
    with Database(tmp_path / "d.sqlite") as database:
        for _ in range(5):
            attempt(database, NOW_S)
    with Database(tmp_path / "d.sqlite") as database:
        assert not attempt(database, NOW_S + 0.5)


@given(st.integers(0, 10_000))
def test_a_lock_never_gets_shorter_and_never_longer_than_its_maximum(failures: int) -> None:
    assert 0.0 <= lockout.lock_after_s(failures) <= lockout.lock_after_s(failures + 1) <= lockout.LOCK_MAX_S


def test_guesses_in_a_day_stay_few(database: Database) -> None:
    """Somebody who tries as often as the lock allows gets about a hundred guesses a day."""
    now_s, guesses = NOW_S, 0
    failures = 0
    while now_s < NOW_S + 86_400.0:
        failures += 1
        guesses += 1
        now_s += max(lockout.lock_after_s(failures), 0.001)
    assert guesses < 120
