"""The database keeps what it acknowledged, keeps order, and closes cleanly."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.backend.storage import database as database_module
from deploy.local.backend.storage.class_lists import (
    ClassList,
    ClassStudent,
    delete_class_list,
    put_class_list,
)
from deploy.local.backend.storage.database import (
    CommitFailed,
    Database,
    DatabaseClosed,
    DatabaseTooNew,
    MigrationsBroken,
)

DEADLINE_S = 10.0


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_rows.sql").write_text(
        "CREATE TABLE rows (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES rows (id));"
    )
    return folder


@pytest.fixture
def database(tmp_path: Path, migrations: Path) -> Iterator[Database]:
    with Database(tmp_path / "data.sqlite3", migrations_folder=migrations) as opened:
        yield opened


def insert(row_id: int, parent: int | None = None):  # type: ignore[no-untyped-def]
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO rows VALUES (?, ?)", (row_id, parent))
        return row_id

    return work


def may_not_end_a_transaction(action: int, operation: str | None, *_names: str | None) -> int:
    """As a connection's authorizer, it makes COMMIT and ROLLBACK impossible."""
    is_denied = action == sqlite3.SQLITE_TRANSACTION and operation in ("COMMIT", "ROLLBACK")
    return sqlite3.SQLITE_DENY if is_denied else sqlite3.SQLITE_OK


def all_ids(connection: sqlite3.Connection) -> list[int]:
    return [row["id"] for row in connection.execute("SELECT id FROM rows ORDER BY id")]


def in_time(database: Database, work: Callable[[sqlite3.Connection], object]) -> object:
    """The result of a write; fails instead of waiting forever."""
    outcome: Future[object] = Future()

    def write() -> None:
        try:
            outcome.set_result(database.write(work))
        except CommitFailed as error:
            outcome.set_exception(error)

    threading.Thread(target=write, daemon=True).start()
    return outcome.result(DEADLINE_S)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released each time a caller has submitted a write and starts waiting for the answer."""
    semaphore = threading.Semaphore(0)

    class AnnouncedFuture(Future[object]):
        def result(self, timeout: float | None = None) -> object:
            semaphore.release()
            return super().result(timeout)

    monkeypatch.setattr(database_module, "Future", AnnouncedFuture)
    return semaphore


class Stalled:
    """Keeps the writer busy with one work item until released, so that later ones queue behind it."""

    def __init__(self, database: Database, trace: Callable[[str], None] | None = None) -> None:
        self._database, self._trace = database, trace
        self._entered, self._released = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: database.write(self._wait))

    def _wait(self, connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(self._trace)
        self._entered.set()
        assert self._released.wait(DEADLINE_S)

    def __enter__(self) -> "Stalled":
        self._thread.start()
        assert self._entered.wait(DEADLINE_S)
        return self

    def release(self) -> None:
        self._released.set()

    def __exit__(self, *_exception: object) -> None:
        self.release()
        self._thread.join(DEADLINE_S)


def test_a_write_is_read_back_also_by_another_connection(database: Database, tmp_path: Path) -> None:
    """The answer of `write` comes after the commit."""
    assert database.write(insert(1)) == 1
    assert database.read(all_ids) == [1]
    other = sqlite3.connect(tmp_path / "data.sqlite3")
    assert other.execute("SELECT count(*) FROM rows").fetchone() == (1,)
    other.close()


def test_writes_are_flushed_to_the_disk_before_the_answer(database: Database) -> None:
    """WAL with synchronous FULL (2) and foreign keys, on the connection that writes."""

    def pragmas(connection: sqlite3.Connection) -> tuple[object, ...]:
        return tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        )

    assert database.write(pragmas) == ("wal", 2, 1)


def test_a_failed_work_undoes_itself_and_nothing_else(database: Database) -> None:
    """Work items that share a commit do not share their failures."""

    def half_done(connection: sqlite3.Connection) -> None:
        insert(2)(connection)
        raise LookupError("changed my mind")

    with ThreadPoolExecutor(3) as pool:
        with Stalled(database) as stalled:
            first = pool.submit(database.write, insert(1))
            failing = pool.submit(database.write, half_done)
            last = pool.submit(database.write, insert(3))
            stalled.release()
        with pytest.raises(LookupError, match="changed my mind"):
            failing.result(DEADLINE_S)
        assert (first.result(DEADLINE_S), last.result(DEADLINE_S)) == (1, 3)
    assert database.read(all_ids) == [1, 3]


def test_foreign_keys_are_enforced(database: Database) -> None:
    """A row without its parent is refused."""
    with pytest.raises(sqlite3.IntegrityError):
        database.write(insert(1, parent=99))
    assert database.read(all_ids) == []


def test_waiting_writes_share_one_commit(database: Database, waiting: threading.Semaphore) -> None:
    """Eight writes that wait behind a busy writer cost one commit, not eight."""
    commits = 0

    def count(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    with ThreadPoolExecutor(8) as pool:
        with Stalled(database, count) as stalled:
            futures = [pool.submit(database.write, insert(number)) for number in range(1, 9)]
            for _ in range(9):  # the busy one and the eight
                assert waiting.acquire(timeout=DEADLINE_S)
            stalled.release()
        assert [future.result(DEADLINE_S) for future in futures] == list(range(1, 9))
    assert commits == 2  # the busy one, then the eight together


def test_writes_end_in_commit_order_with_their_rows_on_disk(database: Database) -> None:
    """Those that share a commit, too; a refused one ends with its own error."""
    ended: list[tuple[int, bool]] = []

    def note(stored: Future[int]) -> None:
        if stored.exception() is None:
            ended.append((stored.result(), stored.result() in database.read(all_ids)))

    with Stalled(database) as stalled:
        futures = [database.submit(insert(number)) for number in (1, 2, 3, 3, 4, 5)]
        for future in futures:
            future.add_done_callback(note)
        stalled.release()
        assert isinstance(futures[3].exception(DEADLINE_S), sqlite3.IntegrityError)
    assert ended == [(number, True) for number in range(1, 6)]


def test_a_failing_callback_does_not_turn_a_stored_write_into_a_failure(database: Database) -> None:
    """The rows are on disk, so the caller gets its result and the writer continues."""

    def broken(_stored: Future[int]) -> None:
        raise RuntimeError("callback")

    with Stalled(database) as stalled:
        stored = database.submit(insert(1))
        stored.add_done_callback(broken)
        stalled.release()
        assert stored.result(DEADLINE_S) == 1
    assert database.write(insert(2)) == 2


def test_a_caller_that_goes_away_takes_neither_its_write_nor_the_writer_with_it(database: Database) -> None:
    async def leave() -> None:
        waiting = asyncio.wrap_future(database.submit(insert(1)))
        waiting.cancel()
        await asyncio.wait([waiting])

    with Stalled(database) as stalled:
        asyncio.run(leave())
        stalled.release()
    assert in_time(database, insert(2)) == 2
    assert database.read(all_ids) == [1, 2]


def test_a_read_sees_one_snapshot(database: Database) -> None:
    """Rows committed during a read stay out of it."""

    def read_twice(connection: sqlite3.Connection) -> tuple[list[int], list[int]]:
        before = all_ids(connection)
        database.write(insert(1))
        return before, all_ids(connection)

    assert database.read(read_twice) == ([], [])
    assert database.read(all_ids) == [1]


def test_a_read_cannot_write(database: Database) -> None:
    """A write on a read connection is refused by SQLite."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.read(insert(1))


def test_a_read_that_cannot_be_rolled_back_spoils_no_later_read(database: Database) -> None:
    def spoils_the_connection(connection: sqlite3.Connection) -> None:
        connection.set_authorizer(may_not_end_a_transaction)

    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        database.read(spoils_the_connection)
    assert database.read(all_ids) == []


def test_every_caller_of_a_lost_transaction_gets_the_error(database: Database) -> None:
    """If the transaction ends during a work item, nothing is stored and the caller gets an error."""

    def ends_the_transaction(connection: sqlite3.Connection) -> None:
        insert(1)(connection)
        connection.execute("ROLLBACK")

    with pytest.raises(CommitFailed):
        database.write(ends_the_transaction)
    assert database.write(insert(2)) == 2
    assert database.read(all_ids) == [2]


def test_after_a_transaction_that_cannot_even_be_rolled_back_the_next_write_is_stored(
    database: Database,
) -> None:
    """Its caller gets the error, nothing of it is stored, and nobody waits forever."""

    def spoils_the_connection(connection: sqlite3.Connection) -> None:
        insert(1)(connection)
        connection.set_authorizer(may_not_end_a_transaction)

    with pytest.raises(CommitFailed, match="not authorized"):
        in_time(database, spoils_the_connection)
    assert in_time(database, insert(2)) == 2
    assert database.read(all_ids) == [2]


def test_a_full_disk_is_named_and_writes_go_on_once_it_has_room(database: Database) -> None:
    def fills_the_disk(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite then fails as on a full disk
        connection.execute("CREATE TABLE filler AS SELECT randomblob(100000)")

    with pytest.raises(CommitFailed, match="disk is full") as failed:
        in_time(database, fills_the_disk)
    assert failed.value.is_disk_full
    database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert in_time(database, insert(1)) == 1


def test_a_work_that_closes_the_connection_harms_only_its_own_group(database: Database) -> None:
    with pytest.raises(CommitFailed):
        in_time(database, lambda connection: connection.close())
    assert in_time(database, insert(1)) == 1
    assert database.read(all_ids) == [1]


def test_a_file_that_cannot_be_opened_again_fails_every_write_until_it_can(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_arguments: object, **_options: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    with monkeypatch.context() as broken:
        broken.setattr(sqlite3, "connect", refuses)
        for _ in range(2):
            with pytest.raises(CommitFailed):
                in_time(database, lambda connection: connection.close())
        with pytest.raises(CommitFailed):
            database.check_writable()
    with pytest.raises(CommitFailed):
        in_time(database, insert(1))  # fails on the closed connection, which reopens the file
    database.check_writable()
    assert in_time(database, insert(2)) == 2
    assert database.read(all_ids) == [2]


def test_a_work_that_ends_its_thread_ends_neither_the_writer_nor_its_caller(database: Database) -> None:
    def exits(_connection: sqlite3.Connection) -> None:
        raise SystemExit

    with pytest.raises(CommitFailed):
        in_time(database, exits)
    assert in_time(database, insert(1)) == 1


def test_close_finishes_accepted_writes_and_refuses_later_ones(
    tmp_path: Path, migrations: Path, waiting: threading.Semaphore
) -> None:
    """Writes accepted before `close` are stored, later ones refused; closing twice is harmless."""
    database = Database(tmp_path / "data.sqlite3", migrations_folder=migrations)
    with ThreadPoolExecutor(2) as pool:
        with Stalled(database) as stalled:
            accepted = pool.submit(database.write, insert(1))
            for _ in range(2):  # the busy one and this
                assert waiting.acquire(timeout=DEADLINE_S)
            closing = pool.submit(database.close, DEADLINE_S)
            stalled.release()
        closing.result(DEADLINE_S)
        assert accepted.result(DEADLINE_S) == 1
    with pytest.raises(DatabaseClosed):
        database.write(insert(2))
    with pytest.raises(DatabaseClosed):
        database.read(all_ids)
    database.close()
    with Database(tmp_path / "data.sqlite3", migrations_folder=migrations) as again:
        assert again.read(all_ids) == [1]


def test_nothing_of_a_deleted_row_is_left_in_the_file(tmp_path: Path) -> None:
    """Also once SQLite's log is folded into it: whoever erases a student has to be able to rely on that."""
    path = tmp_path / "data.sqlite3"
    kept, erased = ("00000000-aaaa", "00000000-bbbb")
    with Database(path) as database:
        for owner in (kept, erased):
            database.write(lambda c, owner=owner: put_class_list(c, a_class_list(owner)))  # type: ignore[misc]
        database.write(lambda c: delete_class_list(c, erased, "7a"))
    assert b"Student of " + kept.encode() in path.read_bytes()
    assert b"Student of " + erased.encode() not in path.read_bytes()


def a_class_list(owner: str) -> ClassList:
    student = ClassStudent(f"Student of {owner}", None, None)
    return ClassList(owner, "7a", "7a", (student,), 1, "2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z")


def test_an_unclosed_database_warns(tmp_path: Path, migrations: Path) -> None:
    """A forgotten `close` is a ResourceWarning."""
    database = Database(tmp_path / "data.sqlite3", migrations_folder=migrations)
    with pytest.warns(ResourceWarning, match="unclosed database"):
        database.__del__()
    database.close()


def test_migrations_are_applied_once_and_in_order(tmp_path: Path, migrations: Path) -> None:
    """A file of an older version gains exactly the missing steps and keeps its rows."""
    path = tmp_path / "data.sqlite3"
    with Database(path, migrations_folder=migrations) as first:
        first.write(insert(1))
    (migrations / "0002_note.sql").write_text("ALTER TABLE rows ADD COLUMN note TEXT DEFAULT 'none';")
    with Database(path, migrations_folder=migrations) as second:
        assert second.read(lambda c: [tuple(row) for row in c.execute("SELECT id, note FROM rows")]) == [
            (1, "none")
        ]
        assert second.read(lambda c: c.execute("PRAGMA user_version").fetchone()[0]) == 2


def test_a_failed_migration_leaves_the_file_as_it_was(tmp_path: Path, migrations: Path) -> None:
    """A step is applied whole or not at all."""
    path = tmp_path / "data.sqlite3"
    Database(path, migrations_folder=migrations).close()
    broken = migrations / "0002_broken.sql"
    broken.write_text("CREATE TABLE half (id INTEGER); CREATE TABLE rows (id INTEGER);")
    with pytest.raises(sqlite3.OperationalError):
        Database(path, migrations_folder=migrations)
    broken.unlink()
    with Database(path, migrations_folder=migrations) as database:
        names = database.read(lambda c: [row[0] for row in c.execute("SELECT name FROM sqlite_master")])
    assert names == ["rows"]


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path, migrations: Path) -> None:
    """An older program must not touch data it does not understand; its line names both versions."""
    path = tmp_path / "data.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(DatabaseTooNew, match="has data version 7, this program knows 1") as caught:
        Database(path, migrations_folder=migrations)
    assert (caught.value.found_version, caught.value.known_version) == (7, 1)


def test_a_gap_in_the_migrations_is_refused(tmp_path: Path, migrations: Path) -> None:
    """A missing step is a fault of the installation, reported before any caller is served."""
    (migrations / "0003_gap.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationsBroken):
        Database(tmp_path / "data.sqlite3", migrations_folder=migrations)


def test_fifty_rounds_leak_no_thread_and_no_connection(tmp_path: Path, migrations: Path) -> None:
    """Opening and closing leaves nothing behind: the write-ahead log is folded in and removed."""
    threads = threading.active_count()
    for number in range(50):
        with Database(tmp_path / "data.sqlite3", migrations_folder=migrations) as database:
            database.write(insert(number + 1))
            database.read(all_ids)
    assert threading.active_count() == threads
    assert not (tmp_path / "data.sqlite3-wal").exists()
