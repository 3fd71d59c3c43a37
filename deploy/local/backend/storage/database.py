"""One SQLite file: durable writes with group commit, snapshot reads, numbered migrations.

Why one writer thread: SQLite has one writer at a time anyway, and the cost of a durable write is the flush to
disk. Works that arrive during a flush are gathered and share the next one (group commit), each in its own
savepoint, so that eight writers need about as many flushes as one. Beside it, one other thread may write on
its own connection whenever nobody else does (`try_write`).

The writer thread's commits have a total order: the futures of stored works end in that order, once the rows
are on disk.

Writing outlives every fault, since callers wait without a deadline: a work's exception goes to that work's
caller, a lost transaction to every caller of the group, and a connection that cannot even be rolled back is
replaced.
"""

import contextlib
import logging
import re
import sqlite3
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

__all__ = [
    "CLOSE_DEADLINE_S",
    "CommitFailed",
    "Database",
    "DatabaseClosed",
    "DatabaseError",
    "DatabaseTooNew",
    "MigrationsBroken",
]

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

MIGRATIONS_FOLDER = Path(__file__).parent / "migrations"
GROUP_MAX = 128  # works in one commit; more wait for the next flush
IDLE_READERS_MAX = 4  # kept open between reads; further connections are closed after use
CLOSE_DEADLINE_S = 5.0  # for the writes that were accepted before the end
BUSY_TIMEOUT_S = 5.0  # while another program (a backup) locks the file; then the work fails

_log = logging.getLogger(__name__)


class DatabaseError(Exception):
    """The root of this module's errors."""


class DatabaseClosed(DatabaseError):
    """A read or a write after `close`."""


class DatabaseTooNew(DatabaseError):
    """A newer version of this program wrote the file, which is left untouched."""

    def __init__(self, path: Path, found_version: int, known_version: int) -> None:
        super().__init__(
            f"{path} has data version {found_version}, this program knows {known_version}: "
            "start the newer program, or choose another data folder"
        )
        self.path, self.found_version, self.known_version = path, found_version, known_version


class MigrationsBroken(DatabaseError):
    """The migration files are not numbered 1, 2, 3 and so on."""


class CommitFailed(DatabaseError):
    """The transaction failed (disk full or broken, file locked): nothing of this work is stored.

    If flushing it was what failed, nobody can tell what the disk has: all of it may be back after a restart.
    """

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"nothing was stored: {cause}")
        self.is_disk_full = _is_disk_full(cause)


class _PendingWrite(Generic[T]):
    __slots__ = ("done", "work")

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.done: Future[T] = Future()
        self.done.set_running_or_notify_cancel()  # accepted: a caller that goes away cannot take it back


class _Writer:
    """A connection that writes. Every work has an outcome, whatever fails."""

    def __init__(self, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._open = open_connection
        self._connection = open_connection()

    def begin(self) -> None:
        """Raises sqlite3.Error."""
        self._connection.execute("BEGIN IMMEDIATE")

    def store(self, works: Sequence[Work[T]], *, is_begun: bool = False) -> tuple[bool, list[T | Exception]]:
        """In one transaction. Returns whether it was committed, and each work's result or exception."""
        try:
            if not is_begun:
                self.begin()
            return True, _committed(self._connection, works)
        except BaseException as error:  # noqa: BLE001  # passed to every caller; the thread must live
            _log.error("a group of %d writes was lost: %s", len(works), error)
            self._recover()
            return False, [CommitFailed(error) for _ in works]

    def close(self) -> None:
        self._connection.close()

    def _recover(self) -> None:
        """Ends the transaction: this connection is rolled back, or replaced where that fails."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return
        except sqlite3.Error as error:
            _log.error("the writer's connection cannot be rolled back and is replaced: %s", error)
        self._connection.close()
        try:
            self._connection = self._open()
        except (
            sqlite3.Error
        ):  # it stays closed: the next group fails at once, and then opening is tried again
            _log.exception("the database cannot be opened again")


class Database:
    """Owns one writer thread and a few read connections; `close` ends them all.

    Raises DatabaseTooNew, MigrationsBroken, or sqlite3.Error when the file cannot be opened.
    """

    def __init__(self, path: Path, *, migrations_folder: Path = MIGRATIONS_FOLDER) -> None:
        self._path = path
        self._closed = False
        self._has_failed = False  # the last group's transaction
        self._state_lock = threading.Lock()  # guards _closed, _idle_readers and the order of puts on _pending
        self._idle_readers: list[sqlite3.Connection] = []
        self._pending: SimpleQueue[_PendingWrite[object] | None] = SimpleQueue()
        connection = _open_for_writing(path)
        try:
            _migrate(connection, path, migrations_folder)
        finally:
            connection.close()
        with contextlib.ExitStack() as opened:
            writer = opened.enter_context(contextlib.closing(_Writer(lambda: _open_for_writing(path))))
            self._direct = _Writer(lambda: _open_for_trying(path))
            opened.pop_all()
        self._thread = threading.Thread(
            target=self._write_groups, args=[writer], name="database-writer", daemon=True
        )
        self._thread.start()

    def write(self, work: Work[T]) -> T:
        """Like `submit`, but waits for the result. Raises what the future would have, too."""
        return self.submit(work).result()

    def submit(self, work: Work[T]) -> Future[T]:
        """Run `work` in a transaction on the writer thread; the future has its result once it is durable.

        An exception in `work` undoes its own changes only and is the future's; so is CommitFailed. The
        future's callbacks run on the writer thread; they must be quick. Raises DatabaseClosed.
        """
        pending = _PendingWrite(work)
        with self._state_lock:
            if self._closed:
                raise DatabaseClosed(f"{self._path} is closed")
            # Bounded by the number of callers, since each waits for its answer.
            self._pending.put(pending)  # type: ignore[arg-type]  # the queue accepts work of any result type
        return pending.done

    def try_write(self, works: Sequence[Work[T]]) -> list[T | Exception] | None:
        """Run `works` in one transaction on the calling thread, and wait for the disk. Returns each work's
        result, or its exception, as the future of `submit` would have them.

        Returns None, and nothing was done, if the transaction cannot begin at once: somebody else writes, or
        something fails that the writer thread can wait for, or tell. It never folds the log into the file,
        which can take long. Always call it on the same thread. Raises DatabaseClosed.
        """
        if self._closed:
            raise DatabaseClosed(f"{self._path} is closed")
        try:
            self._direct.begin()
        except sqlite3.Error:
            return None
        is_committed, outcomes = self._direct.store(works, is_begun=True)
        self._has_failed = not is_committed
        return outcomes

    def read(self, work: Work[T]) -> T:
        """Run `work` on a snapshot of the committed rows. A write in it raises sqlite3.OperationalError."""
        connection = self._take_reader()
        is_usable = False
        try:
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
                is_usable = True
        finally:
            self._give_back(connection, is_usable=is_usable)

    def check_writable(self) -> None:
        """Writes something if the last transaction failed. Raises CommitFailed when that fails, too."""
        if self._has_failed:
            self.write(_write_page)

    def close(self, deadline_s: float = CLOSE_DEADLINE_S) -> None:
        """Finish the accepted writes, then end the thread and the connections. Idempotent.

        Raises TimeoutError when the writer does not end in time.
        """
        with self._state_lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle_readers = self._idle_readers, []
        # Before the writer's own: the last connection to close folds the log into the file.
        for connection in idle:
            connection.close()
        self._direct.close()
        self._pending.put(None)
        self._thread.join(deadline_s)
        if self._thread.is_alive():
            raise TimeoutError(f"the writer of {self._path} did not end within {deadline_s} s")

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and hasattr(self, "_thread"):
            warnings.warn(f"unclosed database {self._path}", ResourceWarning, stacklevel=2)

    def _take_reader(self) -> sqlite3.Connection:
        with self._state_lock:
            if self._closed:
                raise DatabaseClosed(f"{self._path} is closed")
            if self._idle_readers:
                return self._idle_readers.pop()
        connection = _open(self._path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection, *, is_usable: bool) -> None:
        with self._state_lock:
            if is_usable and not self._closed and len(self._idle_readers) < IDLE_READERS_MAX:
                self._idle_readers.append(connection)
                return
        connection.close()

    def _write_groups(self, writer: _Writer) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._next_group()
            if group:
                is_committed, outcomes = writer.store([pending.work for pending in group])
                self._has_failed = not is_committed
                for pending, outcome in zip(group, outcomes, strict=True):
                    if isinstance(outcome, Exception):
                        pending.done.set_exception(outcome)
                    else:
                        pending.done.set_result(outcome)
        writer.close()

    def _next_group(self) -> tuple[list[_PendingWrite[object]], bool]:
        group: list[_PendingWrite[object]] = []
        with contextlib.suppress(Empty):
            while len(group) < GROUP_MAX:
                pending = self._pending.get(block=not group)
                if pending is None:
                    return group, True
                group.append(pending)
        return group, False


def _committed(connection: sqlite3.Connection, works: Sequence[Work[T]]) -> list[T | Exception]:
    """Run the works in the transaction that has begun, and commit it. Returns each one's result or exception.

    Raises when the transaction failed; then it may still be open.
    """
    outcomes: list[T | Exception] = []
    for work in works:
        connection.execute("SAVEPOINT work")
        try:
            outcomes.append(work(connection))
        except Exception as error:  # passed to the caller that waits for it
            if not connection.in_transaction or _is_disk_full(error):
                raise  # the whole group is lost
            connection.execute("ROLLBACK TO work")
            outcomes.append(error)
        connection.execute("RELEASE work")
    connection.execute("COMMIT")
    return outcomes


def _write_page(connection: sqlite3.Connection) -> None:
    """Makes the transaction write to the disk, without a change."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {version}")


def _is_disk_full(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _open_for_trying(path: Path) -> sqlite3.Connection:
    """As `_open_for_writing`, but it neither waits for others nor folds the log into the file."""
    connection = _open_for_writing(path)
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _open_for_writing(path: Path) -> sqlite3.Connection:
    connection = _open(path)
    try:
        # The file keeps this mode; NORMAL would flush only at checkpoints and lose answered writes.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # not every build overwrites what is deleted
    except BaseException:
        connection.close()
        raise
    return connection


def _open(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode for any thread, with rows as sqlite3.Row and foreign keys enforced."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path, folder: Path) -> None:
    """Apply the missing migrations, each in one transaction with its version number."""
    scripts = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    numbers = [int(re.match(r"\d+", script.name).group()) for script in scripts]  # type: ignore[union-attr]
    if numbers != list(range(1, len(scripts) + 1)):
        raise MigrationsBroken(f"migrations in {folder} are not numbered 1, 2, 3 and so on: {numbers}")
    (found_version,) = connection.execute("PRAGMA user_version").fetchone()
    if found_version > len(scripts):
        raise DatabaseTooNew(path, found_version, len(scripts))
    for number, script in zip(numbers, scripts, strict=True):
        if number <= found_version:
            continue
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script.read_text('utf-8')}\n;PRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
