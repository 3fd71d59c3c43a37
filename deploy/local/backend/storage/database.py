"""One SQLite file: durable writes with group commit, snapshot reads, numbered migrations.

Why one writer thread: SQLite has one writer at a time anyway, and the cost of a durable write is the flush to
disk. Works that arrive during a flush are gathered and share the next one (group commit), each in its own
savepoint, so that eight writers need about as many flushes as one.

The order of commits is total: the futures of stored works end in that order, once the rows are on disk.

The writer thread outlives every fault, since its callers wait without a deadline: a work's exception goes to
that work's caller, a lost transaction to every caller of the group, and a connection that cannot even be
rolled back is replaced.
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


_Finished = list[tuple[_PendingWrite[object], object]]
_Refused = list[tuple[_PendingWrite[object], Exception]]


class Database:
    """Owns one writer thread and a few read connections; `close` ends them all.

    Raises DatabaseTooNew, MigrationsBroken, or sqlite3.Error when the file cannot be opened.
    """

    def __init__(self, path: Path, *, migrations_folder: Path = MIGRATIONS_FOLDER) -> None:
        self._path = path
        self._closed = False
        self._has_failed = False  # the last group's transaction; set by the writer only
        self._state_lock = threading.Lock()  # guards _closed, _idle_readers and the order of puts on _pending
        self._idle_readers: list[sqlite3.Connection] = []
        self._pending: SimpleQueue[_PendingWrite[object] | None] = SimpleQueue()
        connection = _open_for_writing(path)
        try:
            _migrate(connection, path, migrations_folder)
        except BaseException:
            connection.close()
            raise
        self._writer = threading.Thread(
            target=self._write_groups, args=[connection], name="database-writer", daemon=True
        )
        self._writer.start()

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
        self._pending.put(None)
        self._writer.join(deadline_s)
        if self._writer.is_alive():
            raise TimeoutError(f"the writer of {self._path} did not end within {deadline_s} s")

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and hasattr(self, "_writer"):
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

    def _write_groups(self, connection: sqlite3.Connection) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._next_group()
            try:
                finished, refused = _committed(connection, group)
            except BaseException as error:  # noqa: BLE001  # passed to every caller; the thread must live
                _log.error("a group of %d writes was lost: %s", len(group), error)
                connection = self._recovered(connection)
                self._has_failed = True
                for pending in group:
                    pending.done.set_exception(CommitFailed(error))
            else:
                self._has_failed = False
                _answer(finished, refused)
        connection.close()

    def _recovered(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """A connection without a transaction: this one rolled back, or a new one where that fails."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return connection
        except sqlite3.Error as error:
            _log.error("the writer's connection cannot be rolled back and is replaced: %s", error)
        connection.close()
        try:
            return _open_for_writing(self._path)
        except sqlite3.Error:
            _log.exception("%s cannot be opened again", self._path)
            return connection  # closed: the next group fails at once, and then opening is tried again

    def _next_group(self) -> tuple[list[_PendingWrite[object]], bool]:
        group: list[_PendingWrite[object]] = []
        with contextlib.suppress(Empty):
            while len(group) < GROUP_MAX:
                pending = self._pending.get(block=not group)
                if pending is None:
                    return group, True
                group.append(pending)
        return group, False


def _committed(
    connection: sqlite3.Connection, group: Sequence[_PendingWrite[object]]
) -> tuple[_Finished, _Refused]:
    """Commit the group's works; returns those that finished and those that raised, with result and error.

    Raises when the transaction failed; then it may still be open.
    """
    finished: _Finished = []
    refused: _Refused = []
    if not group:
        return finished, refused
    connection.execute("BEGIN IMMEDIATE")
    for pending in group:
        connection.execute("SAVEPOINT work")
        try:
            finished.append((pending, pending.work(connection)))
        except Exception as error:  # passed to the caller that waits for it
            if not connection.in_transaction or _is_disk_full(error):
                raise  # the whole group is lost
            connection.execute("ROLLBACK TO work")
            refused.append((pending, error))
        connection.execute("RELEASE work")
    connection.execute("COMMIT")
    return finished, refused


def _write_page(connection: sqlite3.Connection) -> None:
    """Makes the transaction write to the disk, without a change."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {version}")


def _is_disk_full(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _answer(finished: _Finished, refused: _Refused) -> None:
    for pending, answer in finished:
        pending.done.set_result(answer)
    for pending, error in refused:
        pending.done.set_exception(error)


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
