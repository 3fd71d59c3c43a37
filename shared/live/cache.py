"""What the feed has received, as versioned snapshots for many readers. Pure data: no network, no threads.

Events and snapshots may come in any order, and the cache ends in the backend's state:

- every row carries the backend's version; an older one never replaces a newer one;
- a delete leaves a mark with its version, so that an older event, or a page read before it, cannot bring
  the row back. A mark outlives the next snapshot and goes with the one after it;
- a snapshot takes away the rows that it lacks, but never one that an event brought after the snapshot was
  begun; such a row comes back at no older version than it had, and neither do the rows of an exam whose
  results were forgotten and are loaded again.

An exam is held back while the API's newest answer about it says that its hour is to come: it has no results
then, whatever was loaded before. Once the API has let go of a version of it, no late answer takes that back.

Every change moves one counter. The exams and each exam's results carry the counter of their last change as
their version: it grows, also when results are forgotten and loaded again, and it says nothing about the
backend's versions. Readers get immutable snapshots, made at the first reading after a change and then
shared.
"""

from __future__ import annotations

import bisect
import logging
import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from cachetools import LRUCache

from shared.model.exam import Exam, Result

__all__ = [
    "NEWEST_MAX",
    "Change",
    "ExamAbsent",
    "ExamCache",
    "ExamListChanged",
    "ExamsSnapshot",
    "Listener",
    "ResultsChanged",
    "ResultsForgotten",
    "ResultsLoaded",
    "ResultsSnapshot",
    "SnapshotMark",
]

logger = logging.getLogger(__name__)

MARKS_MAX = 20_000  # rows whose last version is remembered for exams that are loaded later
NEWEST_MAX = 100  # an exam's rows that are remembered as new; older ones are ordinary rows again


@dataclass(frozen=True, slots=True)
class ExamsSnapshot:
    """All published exams that are listed, newest date first. `is_loaded` is False until the first whole
    listing. `held_back` are the ids of those whose hour is to come."""

    version: int
    exams: tuple[Exam, ...]
    is_loaded: bool
    held_back: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ResultsSnapshot:
    """One exam's results in the order of their random ids (the order of entry would tell who is who).

    `received_at_s` says when a row came by an event, for at most NEWEST_MAX newest rows, oldest first. There
    are no rows of an exam that is held back.
    """

    exam_id: str
    version: int
    rows: tuple[Result, ...]
    received_at_s: Mapping[str, float]
    is_held_back: bool = False


@dataclass(frozen=True, slots=True)
class ExamListChanged:
    """Exams that are new, different, or held back no longer, and ids that are gone; `unlisted` are those of
    exams by link."""

    version: int
    upserts: tuple[Exam, ...]
    removals: tuple[str, ...]
    unlisted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ExamAbsent:
    """No published exam has this id: the API was asked."""

    exam_id: str
    version: int


@dataclass(frozen=True, slots=True)
class ResultsLoaded:
    """The results of an exam can be read from now on."""

    exam_id: str
    version: int


@dataclass(frozen=True, slots=True)
class ResultsChanged:
    """Results of a loaded exam that are new or different, and ids that are gone."""

    exam_id: str
    version: int
    upserts: tuple[Result, ...]
    removals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResultsForgotten:
    """The results of an exam can no longer be read: unpublished, deleted, or dropped to make room."""

    exam_id: str
    version: int


Change = ExamListChanged | ExamAbsent | ResultsLoaded | ResultsChanged | ResultsForgotten
Listener = Callable[[Change], None]


@dataclass(frozen=True, slots=True)
class SnapshotMark:
    """The moment before the first page of a listing was asked for. Made by begin_*, handed back to
    finish_*."""

    exam_id: str | None
    counter: int
    table: object


class _Row(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


_R = TypeVar("_R", bound=_Row)


class _Table(Generic[_R]):
    """Rows by id, in a fixed order, with marks of deleted ones. Not locked: its owner is."""

    def __init__(
        self, sort_key: Callable[[_R], tuple[object, ...]], marks: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        self.rows: dict[str, _R] = {}
        self.version = 0
        self.is_loaded = False
        self._sort_key = sort_key
        self._ordered: list[_R] = []  # kept sorted by _sort_key, which ends in the id
        self._heard_at: dict[str, int] = {}  # id -> counter of its last event, kept until the next snapshot
        # id -> version, number of snapshots before it
        self._deleted = {row_id: (version, 0) for row_id, version in marks.items()}
        self._snapshots = 0
        self._merged_from = -1  # begun_at of the newest listing taken in

    def ordered(self) -> tuple[_R, ...]:
        return tuple(self._ordered)

    def upsert(self, row: _R, counter: int) -> bool:
        """Whether anything changed."""
        if not self._is_news(row):
            return False
        self._put(row)
        self._heard_at[row.id] = counter
        return True

    def remove(self, row_id: str, version: int) -> bool:
        """Whether a row was removed. The mark is left in any case."""
        if version <= self._deleted.get(row_id, (0, 0))[0]:
            return False
        present = self.rows.get(row_id)
        if present is not None and present.version > version:
            return False
        self._deleted[row_id] = (version, self._snapshots)
        self._heard_at.pop(row_id, None)
        if present is None:
            return False
        self._take_out(row_id)
        return True

    def is_outdated(self, begun_at: int) -> bool:
        """Whether a listing that began later has been merged already."""
        return begun_at < self._merged_from

    def missing_from(self, listed_ids: Container[str], begun_at: int) -> list[str]:
        """Rows that a listing begun at `begun_at` lacks and no event has brought since then."""
        return [
            row_id
            for row_id in self.rows
            if row_id not in listed_ids and self._heard_at.get(row_id, -1) <= begun_at
        ]

    def merge(self, listed: Iterable[_R], begun_at: int) -> tuple[list[_R], list[str]]:
        """Merges a whole listing that began when the counter was `begun_at`. Returns upserts and removals."""
        rows = {row.id: row for row in listed}
        # At the version that is known, a row may no longer be a corrected one: its exam was published anew.
        upserts = [row for row in rows.values() if self._is_news(row) or self._differs(row)]
        removals = self.missing_from(rows, begun_at)
        versions = {row_id: self.rows.pop(row_id).version for row_id in removals}
        for row in upserts:
            self.rows[row.id] = row
        if upserts or removals:
            self._ordered = sorted(self.rows.values(), key=self._sort_key)
        self._deleted = {row_id: mark for row_id, mark in self._deleted.items() if mark[1] >= self._snapshots}
        self._heard_at = {row_id: at for row_id, at in self._heard_at.items() if at > begun_at}
        self._snapshots += 1
        # At the same version a row may be listed again: its exam was withdrawn and published.
        self._deleted |= {row_id: (version - 1, self._snapshots) for row_id, version in versions.items()}
        self._merged_from = begun_at
        self.is_loaded = True
        return upserts, removals

    def marks(self) -> dict[str, int]:
        """The version of each row that a table made anew must take for outdated, from `marks`."""
        marks = {row_id: version for row_id, (version, _) in self._deleted.items()}
        return marks | {row.id: row.version - 1 for row in self._ordered}

    def drop(self, row_id: str) -> None:
        """Takes a row out without a mark: it may come back at any version."""
        self._take_out(row_id)
        self._heard_at.pop(row_id, None)

    def _is_news(self, row: _R) -> bool:
        present = self.rows.get(row.id)
        newest = present.version if present is not None else self._deleted.get(row.id, (0, 0))[0]
        return row.version > newest

    def _differs(self, row: _R) -> bool:
        present = self.rows.get(row.id)
        return present is not None and present.version == row.version and present != row

    def _put(self, row: _R) -> None:
        if row.id in self.rows:
            self._take_out(row.id)
        self._deleted.pop(row.id, None)
        self.rows[row.id] = row
        bisect.insort(self._ordered, row, key=self._sort_key)

    def _take_out(self, row_id: str) -> None:
        row = self.rows.pop(row_id)
        del self._ordered[bisect.bisect_left(self._ordered, self._sort_key(row), key=self._sort_key)]


class _ResultsTable(_Table[Result]):
    """The results of one exam, and which of them are new."""

    def __init__(self, marks: Mapping[str, int]) -> None:
        super().__init__(lambda result: (result.id,), marks)
        self.received_at_s: dict[str, float] = {}

    def note_new(self, row_id: str, now_s: float) -> None:
        self.received_at_s.pop(row_id, None)
        self.received_at_s[row_id] = now_s
        if len(self.received_at_s) > NEWEST_MAX:
            del self.received_at_s[next(iter(self.received_at_s))]


class ExamCache:
    """Published exams, and the results of those that somebody loads. Exams by link are in it once somebody
    wants them, and in no snapshot of the exams.

    Only one event loop writes. Any thread may read: a lock guards the tables for moments, and what readers
    get is immutable. `now_s` is the wall clock that stamps new rows, `time_s` a steady one. Listeners are
    called after each change, in the order of the changes, on that loop: they must be quick and must not write
    to the cache.
    """

    def __init__(self, now_s: Callable[[], float], time_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s, self._time_s = now_s, time_s
        self._tables_lock = threading.Lock()  # guards everything below; held only for moments
        self._counter = 0
        self._exams: _Table[Exam] = _Table(lambda exam: (-exam.date.toordinal(), exam.id))
        self._due_s: dict[str, float] = {}  # by time_s, the hours of the exams that are held back
        self._results: dict[str, _ResultsTable] = {}
        # Of exams that are not loaded, by exam id: an event from before may still be on its way.
        self._marks: LRUCache[str, dict[str, int]] = LRUCache(MARKS_MAX, getsizeof=len)
        self._exams_snapshot = ExamsSnapshot(0, (), is_loaded=False)
        self._results_snapshots: dict[str, ResultsSnapshot] = {}
        self._listeners: tuple[Listener, ...] = ()

    # Reading.

    def exams(self) -> ExamsSnapshot:
        """All published exams that are listed, newest date first."""
        with self._tables_lock:
            table, made = self._exams, self._exams_snapshot
            if (made.version, made.is_loaded) != (table.version, table.is_loaded):
                listed = tuple(exam for exam in table.ordered() if exam.is_listed)
                held_back = frozenset(exam.id for exam in listed if exam.id in self._due_s)
                self._exams_snapshot = ExamsSnapshot(table.version, listed, table.is_loaded, held_back)
            return self._exams_snapshot

    def exam(self, exam_id: str) -> Exam | None:
        """The published exam with this id, or None."""
        with self._tables_lock:
            return self._exams.rows.get(exam_id)

    def is_absent(self, exam_id: str) -> bool:
        """Whether no published exam with this id is held. Before the first whole listing that is not known:
        False."""
        with self._tables_lock:
            return self._exams.is_loaded and exam_id not in self._exams.rows

    def by_link_ids(self) -> list[str]:
        """The exams by link that are held."""
        with self._tables_lock:
            return [exam.id for exam in self._exams.rows.values() if not exam.is_listed]

    def seconds_to_release(self, exam_id: str) -> float | None:
        """How far off the hour of an exam is that is held back; below 0 until the API lets go of it. None for
        every other exam."""
        with self._tables_lock:
            due_s = self._due_s.get(exam_id)
            return None if due_s is None else due_s - self._time_s()

    def held_back(self) -> dict[str, float]:
        """The ids of the exams that are held back, each with its seconds_to_release()."""
        with self._tables_lock:
            now_s = self._time_s()
            return {exam_id: due_s - now_s for exam_id, due_s in self._due_s.items()}

    def results(self, exam_id: str) -> ResultsSnapshot | None:
        """The results of one exam, None while they are not loaded."""
        with self._tables_lock:
            if exam_id in self._due_s:
                return ResultsSnapshot(exam_id, 0, (), MappingProxyType({}), is_held_back=True)
            table = self._results.get(exam_id)
            if table is None or not table.is_loaded:
                return None
            made = self._results_snapshots.get(exam_id)
            if made is None or made.version != table.version:
                news = MappingProxyType(dict(table.received_at_s))
                made = ResultsSnapshot(exam_id, table.version, table.ordered(), news)
                self._results_snapshots[exam_id] = made
            return made

    def loaded_exam_ids(self) -> frozenset[str]:
        """The exams whose results can be read."""
        with self._tables_lock:
            return frozenset(exam_id for exam_id, table in self._results.items() if table.is_loaded)

    @property
    def version(self) -> int:
        """The counter of the last change of anything."""
        return self._counter

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` after each change from now on. What it returns ends that."""
        self._listeners = (*self._listeners, listener)

        def remove() -> None:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return remove

    # Events.

    def put_exam(self, exam: Exam) -> None:
        """An event or an answer brought this exam. One that is not published is taken out instead."""
        if not exam.is_published:
            self.remove_exam(exam.id, exam.version)
            return
        with self._tables_lock:
            is_news = self._exams.upsert(exam, self._next())
            is_let_go = self._note_hour(exam, is_news=is_news)
            if not is_news and not is_let_go:
                return
            self._exams.version = self._counter
            is_held_back = exam.id in self._due_s
        self._tell(ExamListChanged(self._counter, (exam,), ()))
        if is_held_back:
            self.forget_results(exam.id)

    def remove_exam(self, exam_id: str, version: int) -> None:
        """An event said that this exam was unpublished or deleted at `version`; its results go too."""
        with self._tables_lock:
            unlisted = self._unlisted([exam_id])
            if not self._exams.remove(exam_id, version):
                return
            self._due_s.pop(exam_id, None)
            self._exams.version = self._next()
        self._tell(ExamListChanged(self._counter, (), (exam_id,), unlisted))
        self.forget_results(exam_id)

    def note_absent(self, exam_id: str) -> None:
        """The API said that no published exam has this id. Listings decide about listed ones."""
        self.forget_exam(exam_id)
        self._tell(ExamAbsent(exam_id, self._counter))

    def forget_exam(self, exam_id: str) -> None:
        """Drops an exam by link that nobody wants, or that is gone."""
        with self._tables_lock:
            unlisted = self._unlisted([exam_id])
            if not unlisted:
                return
            self._exams.drop(exam_id)
            self._due_s.pop(exam_id, None)
            self._exams.version = self._next()
        self._tell(ExamListChanged(self._counter, (), (exam_id,), unlisted))
        self.forget_results(exam_id)

    def put_results(self, exam_id: str, results: Iterable[Result]) -> None:
        """Applies an event's rows of one exam. Ignored for an exam that is not loaded."""
        with self._tables_lock:
            table = self._results.get(exam_id)
            if table is None:
                return
            counter = self._next()
            upserts = tuple(row for row in results if table.upsert(row, counter))
            now_s = self._now_s()
            for row in upserts:
                table.note_new(row.id, now_s)
            if not upserts:
                return
            table.version = counter
            is_loaded = table.is_loaded
        if is_loaded:
            self._tell(ResultsChanged(exam_id, counter, upserts, ()))

    def remove_results(self, exam_id: str, deleted: Iterable[tuple[str, int]]) -> None:
        """An event said that these rows (id, version of the deletion) of one exam are gone."""
        with self._tables_lock:
            table = self._results.get(exam_id)
            if table is None:
                self._remember(exam_id, deleted)
                return
            removals = tuple(row_id for row_id, version in deleted if table.remove(row_id, version))
            for row_id in removals:
                table.received_at_s.pop(row_id, None)
            if not removals:
                return
            counter = table.version = self._next()
            is_loaded = table.is_loaded
        if is_loaded:
            self._tell(ResultsChanged(exam_id, counter, (), removals))

    # Snapshots: begin before the first page is asked for, finish with all rows.

    def begin_exams(self) -> SnapshotMark:
        """Call it before the listing of exams is begun."""
        with self._tables_lock:
            return SnapshotMark(None, self._next(), self._exams)

    def unlisted_exam_ids(self, mark: SnapshotMark, listed: Iterable[Exam]) -> list[str]:
        """The exams that finish_exams would remove because this listing lacks them."""
        with self._tables_lock:
            return self._exams.missing_from({exam.id for exam in listed}, mark.counter)

    def finish_exams(self, mark: SnapshotMark, listed: Iterable[Exam]) -> None:
        """Merges a whole listing of exams. Results of exams that it removes are forgotten."""
        published = [exam for exam in listed if exam.is_published]
        with self._tables_lock:
            if self._exams.is_outdated(mark.counter):
                return
            was_loaded = self._exams.is_loaded
            unlisted = frozenset(exam.id for exam in self._exams.rows.values() if not exam.is_listed)
            news, removals = self._exams.merge(published, mark.counter)
            for exam_id in removals:
                self._due_s.pop(exam_id, None)
            new_ids = {exam.id for exam in news}
            upserts = [
                exam
                for exam in published
                if self._note_hour(exam, is_news=exam.id in new_ids, is_of_listing=True) or exam.id in new_ids
            ]
            if not upserts and not removals and was_loaded:
                return
            counter = self._exams.version = self._next()
            without_results = [*removals, *(exam.id for exam in upserts if exam.id in self._due_s)]
        self._tell(ExamListChanged(counter, tuple(upserts), tuple(removals), unlisted.intersection(removals)))
        for exam_id in without_results:
            self.forget_results(exam_id)

    def begin_results(self, exam_id: str) -> SnapshotMark:
        """Call it before the listing of one exam's results is begun; from now on its events are kept."""
        with self._tables_lock:
            table = self._results.get(exam_id)
            if table is None:
                table = self._results[exam_id] = _ResultsTable(self._marks.pop(exam_id, {}))
            return SnapshotMark(exam_id, self._next(), table)

    def finish_results(self, mark: SnapshotMark, listed: Iterable[Result]) -> bool:
        """Merges a whole listing; returns False and changes nothing if the results were dropped meanwhile."""
        exam_id = mark.exam_id
        with self._tables_lock:
            table = self._results.get(exam_id) if exam_id is not None else None
            if exam_id is None or table is None or table is not mark.table:
                return False
            if table.is_outdated(mark.counter):
                return True
            was_loaded = table.is_loaded
            upserts, removals = table.merge(listed, mark.counter)
            for row_id in removals:
                table.received_at_s.pop(row_id, None)
            if was_loaded and not upserts and not removals:
                return True
            counter = table.version = self._next()
        if was_loaded:
            self._tell(ResultsChanged(exam_id, counter, tuple(upserts), tuple(removals)))
        else:
            self._tell(ResultsLoaded(exam_id, counter))
        return True

    def forget_results(self, exam_id: str) -> None:
        """Drops one exam's results; a listing of them that is under way will not be merged."""
        with self._tables_lock:
            table = self._drop_results(exam_id)
            self._results_snapshots.pop(exam_id, None)
            if table is None:
                return
            counter = self._next()
        if table.is_loaded:
            self._tell(ResultsForgotten(exam_id, counter))

    def _drop_results(self, exam_id: str) -> _ResultsTable | None:
        table = self._results.pop(exam_id, None)
        if table is not None:
            self._remember(exam_id, table.marks().items())
        return table

    def _remember(self, exam_id: str, marks: Iterable[tuple[str, int]]) -> None:
        kept = self._marks.pop(exam_id, {})
        kept.update(marks)
        if len(kept) > MARKS_MAX:  # by halves: each mark is moved once
            kept = dict([*kept.items()][-MARKS_MAX // 2 :])
        if kept:
            self._marks[exam_id] = kept

    def _unlisted(self, exam_ids: Iterable[str]) -> frozenset[str]:
        held = (self._exams.rows.get(exam_id) for exam_id in exam_ids)
        return frozenset(exam.id for exam in held if exam is not None and not exam.is_listed)

    def _note_hour(self, exam: Exam, *, is_news: bool, is_of_listing: bool = False) -> bool:
        """Takes in how far off the exam's hour is by this answer. Whether the API has let go of it."""
        present = self._exams.rows.get(exam.id)
        was_held_back = exam.id in self._due_s
        if present is None or present.version != exam.version or not (is_news or was_held_back):
            return False
        if exam.seconds_to_release <= 0:
            if was_held_back:  # a listing that was begun before may lack results
                del self._due_s[exam.id]
                self._drop_results(exam.id)
            return was_held_back
        due_s = self._time_s() + exam.seconds_to_release
        if is_of_listing and not is_news:  # the page with this answer may be seconds old
            due_s = min(due_s, self._due_s[exam.id])
        self._due_s[exam.id] = due_s
        return False

    def _next(self) -> int:
        self._counter += 1
        return self._counter

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            try:
                listener(change)
            except Exception:
                # The cache is right whatever a listener makes of it; the others must still hear.
                logger.exception("a listener of the cache failed on %s", type(change).__name__)
