"""The loop's works are stored in their order, on the loop while that is quick, and otherwise beside it."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from deploy.local.backend.storage import database as database_module
from deploy.local.backend.storage import loop_writer
from deploy.local.backend.storage.database import CommitFailed, Database, DatabaseClosed
from deploy.local.backend.storage.loop_writer import GROUP_MAX, SLOW_COMMIT_PAUSES, LoopWriter

DEADLINE_S = 10.0
HERE, THREAD = "here", "thread"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.sqlite3"


@pytest.fixture
def database(path: Path, tmp_path: Path) -> Iterator[Database]:
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_rows.sql").write_text("CREATE TABLE rows (id INTEGER PRIMARY KEY, filler BLOB);")
    with Database(path, migrations_folder=migrations) as opened:
        yield opened


class School:
    """Writes numbered rows through a LoopWriter, and notes where each was stored and in which order."""

    def __init__(self, database: Database) -> None:
        self.now_s = 1000.0
        self.database = database
        self.writer = LoopWriter(database, lambda: self.now_s)
        self.told: list[int] = []  # what on_stored was called with

    async def write(
        self,
        number: int,
        *,
        is_short: bool = True,
        takes_s: float = 0.0,
        filler_bytes: int = 0,
        meanwhile: Callable[[sqlite3.Connection], object] = lambda _connection: None,
    ) -> str:
        """Where the row was stored."""
        loop_thread = threading.current_thread()
        places: list[str] = []

        def work(connection: sqlite3.Connection) -> int:
            places.append(HERE if threading.current_thread() is loop_thread else THREAD)
            connection.execute("INSERT INTO rows VALUES (?, zeroblob(?))", (number, filler_bytes))
            meanwhile(connection)
            self.now_s += takes_s
            return number

        assert await self.writer.write(work, self.told.append, is_short=is_short) == number
        assert number in self.told  # before the caller goes on
        return places[-1]

    @property
    def stored(self) -> list[int]:
        return self.database.read(lambda c: [row["id"] for row in c.execute("SELECT id FROM rows")])


@pytest.fixture
def school(database: Database) -> School:
    return School(database)


def all_of(*writes: Awaitable[Any]) -> Sequence[Any]:
    """Their results and errors; fails instead of waiting for ever."""

    async def run() -> Sequence[Any]:
        async with asyncio.timeout(DEADLINE_S):
            return await asyncio.gather(*writes, return_exceptions=True)

    return asyncio.run(run())


async def in_turn(*writes: Awaitable[Any]) -> list[Any]:
    return [await write for write in writes]


def refuses(_connection: sqlite3.Connection) -> None:
    raise LookupError("changed my mind")


def test_short_works_that_arrive_together_share_one_commit_on_the_loop(school: School) -> None:
    commits: list[str] = []

    def trace(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)

    assert all_of(school.write(1, meanwhile=trace), *map(school.write, range(2, 9))) == [HERE] * 8
    assert commits == ["COMMIT"]
    assert school.told == school.stored == [*range(1, 9)]


def test_the_loop_flushes_to_the_disk_and_waits_for_nothing_else(school: School) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 0,
        "wal_autocheckpoint": 0,
    }
    found: dict[str, object] = {}

    def pragmas(connection: sqlite3.Connection) -> None:
        found.update((name, connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in expected)

    assert all_of(school.write(1, meanwhile=pragmas)) == [HERE]
    assert found == expected


def test_a_refused_work_undoes_itself_alone(school: School) -> None:
    first, refused, last = all_of(school.write(1), school.write(2, meanwhile=refuses), school.write(3))
    assert (first, str(refused), last) == (HERE, "changed my mind", HERE)
    assert school.told == school.stored == [1, 3]


def test_long_works_and_large_groups_are_stored_beside_the_loop_and_later_ones_after_them(
    school: School,
) -> None:
    async def overtaking() -> list[str]:
        loop, others = asyncio.get_running_loop(), []
        is_begun = asyncio.Event()
        may_go_on = threading.Event()

        def wait(_connection: sqlite3.Connection) -> None:
            loop.call_soon_threadsafe(is_begun.set)
            assert may_go_on.wait(DEADLINE_S)

        long = asyncio.create_task(school.write(1, is_short=False, meanwhile=wait))
        await is_begun.wait()  # so the loop is free meanwhile
        others = [asyncio.create_task(school.write(number)) for number in (2, 3)]
        await asyncio.sleep(0)
        may_go_on.set()
        return [await long, *[await other for other in others], await school.write(4)]

    assert all_of(overtaking()) == [[THREAD, THREAD, THREAD, HERE]]
    assert school.told == [1, 2, 3, 4]
    many = all_of(*map(school.write, range(5, 6 + GROUP_MAX)))
    assert many == [THREAD] * (GROUP_MAX + 1)
    assert school.told == school.stored == [*range(1, 6 + GROUP_MAX)]


def test_what_is_committed_later_is_told_later(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the thread has committed, and its answer has not reached the loop yet."""
    is_committed, may_answer = threading.Event(), threading.Event()

    class LateFuture(Future[Any]):
        def set_result(self, result: Any) -> None:
            if threading.current_thread() is not threading.main_thread():
                is_committed.set()
                assert may_answer.wait(DEADLINE_S)
            super().set_result(result)

    monkeypatch.setattr(database_module, "Future", LateFuture)

    async def run() -> list[str]:
        first = asyncio.create_task(school.write(1, is_short=False))
        assert await asyncio.to_thread(is_committed.wait, DEADLINE_S)
        second = asyncio.create_task(school.write(2))
        for _ in range(3):  # the caller begins, and the loop decides
            await asyncio.sleep(0)
        may_answer.set()
        return [await first, await second]

    assert all_of(run()) == [[THREAD, THREAD]]
    assert school.told == [1, 2]


def test_while_another_program_writes_the_loop_does_not_wait(school: School, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def run() -> list[str]:
        locked_out = asyncio.create_task(school.write(1))
        for _ in range(3):  # the caller begins, the loop tries, and goes on
            await asyncio.sleep(0)
        assert not locked_out.done()
        other.execute("ROLLBACK")
        return [await locked_out, await school.write(2)]

    assert all_of(run()) == [[THREAD, HERE]]
    other.close()
    assert school.told == school.stored == [1, 2]


def test_after_a_slow_commit_the_thread_waits_for_the_disk(school: School) -> None:
    async def run() -> list[str]:
        places = [await school.write(1, takes_s=0.5), await school.write(2)]
        school.now_s += 0.49 * SLOW_COMMIT_PAUSES
        places.append(await school.write(3))
        school.now_s += 0.02 * SLOW_COMMIT_PAUSES
        return [*places, await school.write(4), await school.write(5)]

    assert all_of(run()) == [[HERE, THREAD, THREAD, HERE, HERE]]


def test_the_log_does_not_grow_without_end(
    school: School, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread folds it into the file; on the loop that would take too long."""
    monkeypatch.setattr(loop_writer, "WORKS_BETWEEN_CHECKPOINTS", 20)
    size_bytes = 300_000  # 20 of them are more than the 1,000 pages after which SQLite folds the log
    places = all_of(in_turn(*(school.write(number, filler_bytes=size_bytes) for number in range(60))))[0]
    assert places.count(THREAD) == 2
    log = path.with_name(f"{path.name}-wal")
    assert log.stat().st_size < 30 * size_bytes


def test_a_caller_that_goes_away_takes_its_write_along_no_more_than_the_others(school: School) -> None:
    async def run(*, is_short: bool) -> None:
        number = len(school.told)
        leaving = asyncio.create_task(school.write(number, is_short=is_short))
        await asyncio.sleep(0)
        leaving.cancel()
        await school.write(number + 1)
        assert leaving.cancelled()

    asyncio.run(run(is_short=True))
    asyncio.run(run(is_short=False))
    assert school.told == school.stored == [0, 1, 2, 3]


def test_every_caller_of_a_lost_transaction_gets_the_error_and_the_next_write_is_stored(
    school: School,
) -> None:
    def closes(connection: sqlite3.Connection) -> None:
        connection.close()

    for spoils in (lambda connection: connection.execute("ROLLBACK"), closes):
        lost = all_of(school.write(1), school.write(2, meanwhile=spoils))
        assert [type(error) for error in lost] == [CommitFailed] * 2
        assert school.told == school.stored == []
    assert all_of(school.write(3)) == [HERE]


def test_a_failure_on_the_loop_is_told_until_something_is_stored(school: School) -> None:
    def may_not_commit(action: int, operation: str | None, *_names: str | None) -> int:
        is_denied = action == sqlite3.SQLITE_TRANSACTION and operation == "COMMIT"
        return sqlite3.SQLITE_DENY if is_denied else sqlite3.SQLITE_OK

    def spoils(connection: sqlite3.Connection) -> None:
        connection.set_authorizer(may_not_commit)
        spoilt.append(connection)

    spoilt: list[sqlite3.Connection] = []
    checks: list[str] = []
    school.database.write(lambda connection: connection.set_trace_callback(checks.append))
    school.database.check_writable()
    assert checks[-1] == "COMMIT"
    checks.clear()
    school.database.check_writable()
    assert checks == []  # nothing has failed
    assert isinstance(all_of(school.write(1, meanwhile=spoils))[0], CommitFailed)
    school.database.check_writable()
    assert "COMMIT" in checks
    spoilt[0].set_authorizer(None)
    assert all_of(school.write(2)) == [HERE]


def test_a_closed_database_refuses_every_waiting_work(school: School) -> None:
    school.database.close()
    errors = all_of(school.write(1), school.write(2, is_short=False))
    assert [type(error) for error in errors] == [DatabaseClosed] * 2
    assert school.told == []
