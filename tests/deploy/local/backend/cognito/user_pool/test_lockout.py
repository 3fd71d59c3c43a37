"""The lockout: free attempts, then a growing lock, the same for every target, kept on disk."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.cognito.user_pool import lockout
from deploy.local.backend.storage.database import MIGRATIONS_FOLDER, Database

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


def test_attempts_while_locked_do_not_extend_the_lock(database: Database) -> None:
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
    database.write(lambda connection: lockout.clear_failures(connection, TARGET))
    assert [attempt(database, NOW_S) for _ in range(6)] == [True] * 5 + [False]


def test_failures_are_forgotten_a_quarter_of_an_hour_after_the_lock(database: Database) -> None:
    for _ in range(5):
        attempt(database, NOW_S)
    ended_s = NOW_S + 1.0 + lockout.PASSWORD_QUIET_S
    assert attempt(database, ended_s - 0.1)
    assert not attempt(database, ended_s - 0.1), "the sixth failure: locked for two seconds"
    ended_s += 1.9 + lockout.PASSWORD_QUIET_S
    assert [attempt(database, ended_s) for _ in range(6)] == [True] * 5 + [False]


def count(database: Database) -> int:
    def work(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM failed_attempts").fetchone()[0])

    return database.read(work)


def test_a_flood_of_invented_names_does_not_fill_the_disk(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are dropped, and all of them after a while."""
    monkeypatch.setattr(lockout, "TARGETS_MAX", 10)
    for number in range(25):
        attempt(database, NOW_S + number, b"%d" % number)
    assert count(database) == 10
    for _ in range(4):
        attempt(database, NOW_S + 25, b"24")
    assert not attempt(database, NOW_S + 25, b"24")
    attempt(database, NOW_S + 2 * lockout.PASSWORD_QUIET_S)
    assert count(database) == 1


def test_a_lock_survives_a_restart(tmp_path: Path) -> None:
    with Database(tmp_path / "d.sqlite") as database:
        for _ in range(5):
            attempt(database, NOW_S)
    with Database(tmp_path / "d.sqlite") as database:
        assert not attempt(database, NOW_S + 0.5)


@given(st.integers(0, 10_000))
def test_a_lock_never_gets_shorter_and_never_longer_than_its_maximum(failures: int) -> None:
    assert (
        0.0
        <= lockout.lock_duration_s(failures)
        <= lockout.lock_duration_s(failures + 1)
        <= lockout.LOCK_MAX_S
    )


@pytest.mark.parametrize(
    ("quiet_s", "guesses_max"), [(lockout.PASSWORD_QUIET_S, 1100), (lockout.CODE_QUIET_S, 120)]
)
def test_the_most_patient_guesser_gets_few_guesses_a_day(quiet_s: float, guesses_max: int) -> None:
    """About a thousand against a password, a hundred against a six-digit code, whatever the pauses."""
    day_s = 86_400.0
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript((MIGRATIONS_FOLDER / "0001_user_pool.sql").read_text())
        for guesses_before_rest in range(5, 20):
            target, now_s, guesses = b"%d" % guesses_before_rest, NOW_S, 0
            while now_s < NOW_S + day_s:
                assert lockout.begin_attempt(connection, target, now_s, quiet_s=quiet_s)
                guesses += 1
                failures = connection.execute(
                    "SELECT failures FROM failed_attempts WHERE target_hash = ?", (target,)
                ).fetchone()[0]
                now_s += lockout.lock_duration_s(failures)
                if failures >= guesses_before_rest and quiet_s < lockout.LOCK_MAX_S * 2:
                    now_s += quiet_s
            assert guesses <= guesses_max
