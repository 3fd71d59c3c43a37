"""The cache: whatever the order of events and listings, it ends in the backend's state."""

import dataclasses
import datetime as dt
import logging
import threading
import time
import tracemalloc
import uuid

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.live.cache import (
    MARKS_MAX,
    NEWEST_MAX,
    Change,
    ExamCache,
    ExamListChanged,
    ResultsChanged,
    ResultsForgotten,
    ResultsLoaded,
    SnapshotMark,
)
from shared.model.exam import Exam, ExamStatus, Result
from tests.builders import a_result, an_exam

EXAM_ID = "00000000-0000-4000-8000-000000000001"


def exam_at(
    exam_id: str = EXAM_ID, version: int = 1, *, published: bool = True, date: dt.date = dt.date(2026, 6, 18)
) -> Exam:
    status = ExamStatus.PUBLISHED if published else ExamStatus.DRAFT
    return an_exam(f"Exam {exam_id[-4:]}", id=exam_id, version=version, status=status, date=date)


def result_at(result_id: str, version: int = 1, grade: str = "10") -> Result:
    return a_result(f"Student {result_id}", grade, id=result_id, exam_id=EXAM_ID, version=version)


def loaded_cache(*rows: Result) -> tuple[ExamCache, list[Change]]:
    cache = ExamCache(now_s=lambda: 1000.0)
    cache.finish_exams(cache.begin_exams(), [exam_at()])
    cache.finish_results(cache.begin_results(EXAM_ID), rows)
    changes: list[Change] = []
    cache.add_listener(changes.append)
    return cache, changes


def rows_of(cache: ExamCache) -> tuple[Result, ...]:
    snapshot = cache.results(EXAM_ID)
    assert snapshot is not None
    return snapshot.rows


def test_nothing_is_loaded_at_first() -> None:
    cache = ExamCache(now_s=time.time)
    assert cache.exams().exams == ()
    assert not cache.exams().is_loaded
    assert cache.results(EXAM_ID) is None
    assert cache.loaded_exam_ids() == frozenset()


def test_an_exam_is_absent_only_once_all_are_listed() -> None:
    cache = ExamCache(now_s=time.time)
    assert not cache.is_absent(EXAM_ID)
    cache.finish_exams(cache.begin_exams(), [])
    assert cache.is_absent(EXAM_ID)
    cache.put_exam(exam_at())
    assert not cache.is_absent(EXAM_ID)


def test_an_older_version_never_replaces_a_newer_one() -> None:
    cache, changes = loaded_cache(result_at("a", 3, "15"))
    cache.put_results(EXAM_ID, [result_at("a", 2, "12")])
    cache.put_results(EXAM_ID, [result_at("a", 3, "15")])
    assert rows_of(cache) == (result_at("a", 3, "15"),)
    assert changes == []
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("a", 2, "12")])
    assert rows_of(cache) == (result_at("a", 3, "15"),)


def test_a_listing_takes_the_mark_of_a_correction_away_at_the_same_version() -> None:
    """When an exam is withdrawn and published anew, its results stay at their versions."""
    cache, changes = loaded_cache(dataclasses.replace(result_at("a", 2), is_corrected=True))
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("a", 2)])
    assert rows_of(cache) == (result_at("a", 2),)
    assert [change.upserts for change in changes if isinstance(change, ResultsChanged)] == [
        (result_at("a", 2),)
    ]


def test_a_deleted_row_is_not_brought_back_by_an_older_event_or_by_a_page_read_before() -> None:
    cache, changes = loaded_cache(result_at("a", 1))
    mark = cache.begin_results(EXAM_ID)
    page = [result_at("a", 1)]
    cache.remove_results(EXAM_ID, [("a", 3)])
    cache.put_results(EXAM_ID, [result_at("a", 2)])
    cache.finish_results(mark, page)
    assert rows_of(cache) == ()
    assert changes == [ResultsChanged(EXAM_ID, changes[0].version, (), ("a",))]
    cache.put_results(EXAM_ID, [result_at("a", 2)])
    assert rows_of(cache) == ()


def test_a_row_deleted_before_its_exam_was_loaded_is_not_brought_back_by_a_late_event() -> None:
    """Events of different subscriptions may overtake each other."""
    cache = ExamCache(now_s=lambda: 1000.0)
    cache.finish_exams(cache.begin_exams(), [exam_at()])
    cache.remove_results(EXAM_ID, [("a", 2)])
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("b")])
    cache.put_results(EXAM_ID, [result_at("a", 1)])
    assert rows_of(cache) == (result_at("b"),)


def test_a_row_received_during_a_listing_survives_a_listing_without_it() -> None:
    cache, _ = loaded_cache()
    mark = cache.begin_results(EXAM_ID)
    cache.put_results(EXAM_ID, [result_at("new")])
    cache.finish_results(mark, [])
    assert rows_of(cache) == (result_at("new"),)


def test_a_listing_removes_rows_whose_deletion_event_was_missed() -> None:
    cache, changes = loaded_cache(result_at("a"), result_at("b"), result_at("c", 1))
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("b"), result_at("c", 2), result_at("d")])
    assert [row.id for row in rows_of(cache)] == ["b", "c", "d"]
    (change,) = changes
    assert isinstance(change, ResultsChanged)
    assert {row.id for row in change.upserts} == {"c", "d"}
    assert change.removals == ("a",)


def test_a_row_that_a_listing_lacked_comes_back_at_no_older_version() -> None:
    """Found by simulation: the second copy of an event of version 1 came after the listing, and before the
    event of the deletion."""
    cache, _ = loaded_cache(result_at("a", 2))
    cache.finish_results(cache.begin_results(EXAM_ID), [])
    cache.put_results(EXAM_ID, [result_at("a", 1)])
    assert rows_of(cache) == ()
    # Withdrawn and published again, unheard: the row is there as it was.
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("a", 2)])
    assert rows_of(cache) == (result_at("a", 2),)


def test_the_rows_of_forgotten_results_come_back_at_no_older_version() -> None:
    """Found by simulation: the exam was withdrawn and published again, its row was deleted unheard, and an
    event of the row's first version came after a listing without it was begun."""
    cache, _ = loaded_cache(result_at("a", 2), result_at("b"), result_at("c"))
    cache.remove_results(EXAM_ID, [("b", 2)])
    for version in (2, 4):
        cache.remove_exam(EXAM_ID, version)
        cache.put_exam(exam_at(version=version + 1))
        cache.forget_results(EXAM_ID)
        mark = cache.begin_results(EXAM_ID)
        cache.put_results(EXAM_ID, [result_at("a", 1), result_at("b", 1)])
        cache.finish_results(mark, [result_at("c")])
        assert rows_of(cache) == (result_at("c"),)
    cache.put_results(EXAM_ID, [result_at("a", 2), result_at("b", 3)])
    assert rows_of(cache) == (result_at("a", 2), result_at("b", 3), result_at("c"))


def test_versions_are_remembered_of_the_last_rows_alone() -> None:
    cache, _ = loaded_cache()
    cache.forget_results(EXAM_ID)
    for number in range(MARKS_MAX + 1):
        cache.remove_results(EXAM_ID, [(f"{number}", 2)])
    cache.finish_results(cache.begin_results(EXAM_ID), [])
    cache.put_results(EXAM_ID, [result_at("0"), result_at(f"{MARKS_MAX}")])
    assert rows_of(cache) == (result_at("0"),)


def test_a_listing_begun_before_an_applied_one_changes_nothing() -> None:
    cache, _ = loaded_cache()
    old = cache.begin_results(EXAM_ID)
    new = cache.begin_results(EXAM_ID)
    cache.finish_results(new, [result_at("a")])
    assert cache.finish_results(old, [])
    assert rows_of(cache) == (result_at("a"),)
    old_exams, new_exams = cache.begin_exams(), cache.begin_exams()
    cache.finish_exams(new_exams, [exam_at()])
    cache.finish_exams(old_exams, [])
    assert cache.exam(EXAM_ID) == exam_at()


def test_a_listing_of_dropped_results_is_discarded() -> None:
    cache, _ = loaded_cache()
    mark = cache.begin_results(EXAM_ID)
    cache.forget_results(EXAM_ID)
    assert not cache.finish_results(mark, [result_at("a")])
    assert cache.results(EXAM_ID) is None
    assert not cache.finish_results(cache.begin_exams(), [])


def test_events_of_an_exam_that_is_not_loaded_are_ignored() -> None:
    cache = ExamCache(now_s=time.time)
    cache.put_results(EXAM_ID, [result_at("a")])
    cache.remove_results(EXAM_ID, [("a", 2)])
    assert cache.results(EXAM_ID) is None


def test_unpublishing_removes_the_exam_and_its_results_and_publishing_restores_it() -> None:
    cache, changes = loaded_cache(result_at("a"))
    cache.remove_exam(EXAM_ID, 2)
    assert cache.exam(EXAM_ID) is None
    assert cache.results(EXAM_ID) is None
    assert [type(change) for change in changes] == [ExamListChanged, ResultsForgotten]
    cache.put_exam(exam_at(version=1))  # late
    assert cache.exam(EXAM_ID) is None
    cache.put_exam(exam_at(version=3))
    assert cache.exam(EXAM_ID) == exam_at(version=3)
    cache.remove_exam(EXAM_ID, 2)  # late and twice
    assert cache.exam(EXAM_ID) == exam_at(version=3)


def test_an_unpublished_exam_never_enters_the_cache() -> None:
    cache, _ = loaded_cache()
    cache.put_exam(exam_at(version=2, published=False))
    assert cache.exam(EXAM_ID) is None
    cache.finish_exams(cache.begin_exams(), [exam_at(version=3, published=False)])
    assert cache.exams().exams == ()


def test_a_listing_of_exams_drops_the_results_of_missing_ones() -> None:
    cache, changes = loaded_cache(result_at("a"))
    cache.finish_exams(cache.begin_exams(), [])
    assert cache.results(EXAM_ID) is None
    assert [type(change) for change in changes] == [ExamListChanged, ResultsForgotten]


def test_exams_are_ordered_newest_date_first_and_results_by_id() -> None:
    cache = ExamCache(now_s=time.time)
    ids = [str(uuid.UUID(int=number)) for number in range(4)]
    days = [18, 20, 19, 20]
    exams = [exam_at(exam_id, date=dt.date(2026, 6, day)) for exam_id, day in zip(ids, days, strict=True)]
    cache.finish_exams(cache.begin_exams(), exams[:2])
    cache.put_exam(exams[2])
    cache.put_exam(exams[3])
    assert [exam.id for exam in cache.exams().exams] == [ids[1], ids[3], ids[2], ids[0]]
    cache.put_exam(dataclasses.replace(exams[0], version=2, date=dt.date(2026, 6, 30)))
    assert [exam.id for exam in cache.exams().exams] == [ids[0], ids[1], ids[3], ids[2]]
    cache, _ = loaded_cache(result_at("b"))
    cache.put_results(EXAM_ID, [result_at("c"), result_at("a")])
    assert [row.id for row in rows_of(cache)] == ["a", "b", "c"]


def test_each_change_has_a_higher_version_and_says_exactly_what_changed() -> None:
    cache, changes = loaded_cache(result_at("a"))
    before = cache.results(EXAM_ID)
    assert before is not None
    cache.put_results(EXAM_ID, [result_at("a", 2, "11"), result_at("b")])
    cache.remove_results(EXAM_ID, [("a", 3), ("unknown", 2)])
    cache.forget_results(EXAM_ID)
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("b")])
    after = cache.results(EXAM_ID)
    assert after is not None
    versions = [change.version for change in changes]
    assert versions == sorted(set(versions))
    assert before.version < versions[0]
    assert after.version == versions[-1]
    upsert, removal, forgotten, loaded = changes
    assert upsert == ResultsChanged(EXAM_ID, versions[0], (result_at("a", 2, "11"), result_at("b")), ())
    assert removal == ResultsChanged(EXAM_ID, versions[1], (), ("a",))
    assert isinstance(forgotten, ResultsForgotten)
    assert isinstance(loaded, ResultsLoaded)


def test_rows_from_events_are_timestamped_and_only_the_newest_stamps_are_kept() -> None:
    now_s = 1000.0
    cache = ExamCache(now_s=lambda: now_s)
    cache.finish_results(cache.begin_results(EXAM_ID), [result_at("listed")])
    for number in range(NEWEST_MAX + 5):
        now_s = 2000.0 + number
        cache.put_results(EXAM_ID, [result_at(f"row {number:04}")])
    cache.put_results(EXAM_ID, [result_at("row 0050", 2)])
    cache.remove_results(EXAM_ID, [("row 0060", 2)])
    snapshot = cache.results(EXAM_ID)
    assert snapshot is not None
    stamps = dict(snapshot.received_at_s)
    assert "listed" not in stamps
    assert "row 0004" not in stamps
    assert "row 0060" not in stamps
    assert len(stamps) == NEWEST_MAX - 1
    assert list(stamps)[-1] == "row 0050"
    assert stamps["row 0051"] == 2051.0
    with pytest.raises(TypeError):
        snapshot.received_at_s["x"] = 1.0  # type: ignore[index]


def test_a_snapshot_is_created_once_per_change_and_then_shared() -> None:
    cache, _ = loaded_cache(result_at("a"))
    first, exams = cache.results(EXAM_ID), cache.exams()
    assert cache.results(EXAM_ID) is first
    cache.put_results(EXAM_ID, [result_at("b")])
    second = cache.results(EXAM_ID)
    assert second is not first
    assert first is not None
    assert [row.id for row in first.rows] == ["a"]  # a snapshot that a reader has does not change
    assert cache.exams() is exams


def test_a_failing_listener_affects_neither_the_cache_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache, changes = loaded_cache()

    def fail(change: Change) -> None:
        raise ValueError(change)

    end_failing = cache.add_listener(fail)
    later: list[Change] = []
    end_later = cache.add_listener(later.append)
    with caplog.at_level(logging.ERROR):
        cache.put_results(EXAM_ID, [result_at("a")])
    assert len(changes) == len(later) == 1
    assert "listener" in caplog.text
    end_failing()
    end_later()
    cache.put_results(EXAM_ID, [result_at("b")])
    assert (len(changes), len(later)) == (2, 1)


def test_many_threads_read_consistent_snapshots_while_one_writes() -> None:
    cache, _ = loaded_cache()
    faults: list[str] = []
    done = threading.Event()

    def read() -> None:
        last = -1
        while not done.is_set():
            snapshot = cache.results(EXAM_ID)
            assert snapshot is not None
            grades = {row.grade for row in snapshot.rows}
            if len(grades) > 1 or snapshot.version < last:  # every batch sets all rows to the same grade
                faults.append(f"{snapshot.version} after {last}: {grades}")
            last = snapshot.version

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for version in range(1, 150):
        cache.put_results(EXAM_ID, [result_at(f"r{n}", version, str(version)) for n in range(20)])
    done.set()
    for reader in readers:
        reader.join(10)
    assert faults == []


def test_an_event_copies_neither_the_rows_of_an_exam_nor_the_list_of_exams() -> None:
    """A copy of 10,000 pointers takes 80,000 bytes, which would show in the memory that events take."""
    cache = ExamCache(now_s=time.time)
    cache.finish_exams(cache.begin_exams(), [exam_at(str(uuid.UUID(int=number))) for number in range(10_000)])
    cache.finish_results(
        cache.begin_results(EXAM_ID), [result_at(str(uuid.UUID(int=number))) for number in range(10_000)]
    )
    tracemalloc.start()
    try:
        for number in range(100):
            cache.put_results(EXAM_ID, [result_at(str(uuid.UUID(int=number * 2)), 2)])
            cache.put_exam(exam_at(str(uuid.UUID(int=number * 2)), 2))
        now_bytes, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes - now_bytes < 40_000
    assert sum(row.version == 2 for row in rows_of(cache)) == 100


class AnyOrder(RuleBasedStateMachine):
    """A backend whose rows change, events that arrive late, twice and in any order, listings read page by
    page.

    As in reality, a lost connection loses its events, and a listing follows; an
    event does not lag behind two whole listings, which are minutes apart.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, Result] = {}
        self.flying: list[
            tuple[int, Result, bool]
        ] = []  # (listings taken in when it was sent, row, is deleted)
        self.listings: list[tuple[SnapshotMark, list[Result], str]] = []  # mark, rows read, last id read
        self.taken_in = 0
        self.made = 0
        self.cache = ExamCache(now_s=lambda: 0.0)
        self.replica: dict[str, Result] | None = None
        self.cache.add_listener(self.follow)

    def follow(self, change: Change) -> None:
        """Keeps the state of a reader of one snapshot and then only changes."""
        if isinstance(change, ResultsLoaded):
            self.replica = {row.id: row for row in rows_of(self.cache)}
        elif isinstance(change, ResultsForgotten):
            self.replica = None
        elif isinstance(change, ResultsChanged):
            assert self.replica is not None
            for row in change.upserts:
                assert self.replica.get(row.id) != row
                self.replica[row.id] = row
            for row_id in change.removals:
                del self.replica[row_id]

    @initialize()
    def first_listing(self) -> None:
        self.begin_listing()

    @rule(first_letter=st.sampled_from("0123"))
    def create(self, first_letter: str) -> None:
        self.made += 1
        row = result_at(f"{first_letter}-{self.made}")
        self.rows[row.id] = row
        self.flying.append((self.taken_in, row, False))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        row = self.rows[data.draw(st.sampled_from(sorted(self.rows)))]
        changed = dataclasses.replace(row, version=row.version + 1, grade=str(row.version))
        self.rows[row.id] = changed
        self.flying.append((self.taken_in, changed, False))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        row = self.rows.pop(data.draw(st.sampled_from(sorted(self.rows))))
        gone = dataclasses.replace(row, version=row.version + 1)
        self.flying.append((self.taken_in, gone, True))

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), is_repeated=st.booleans())
    def deliver(self, data: st.DataObject, is_repeated: bool) -> None:
        index = data.draw(st.integers(0, len(self.flying) - 1))
        _, row, is_deleted = self.flying[index] if is_repeated else self.flying.pop(index)
        self.receive(row, is_deleted)

    def receive(self, row: Result, is_deleted: bool) -> None:
        if is_deleted:
            self.cache.remove_results(EXAM_ID, [(row.id, row.version)])
        else:
            self.cache.put_results(EXAM_ID, [row])

    @precondition(lambda self: len(self.listings) < 3)
    @rule()
    def begin_listing(self) -> None:
        self.listings.append((self.cache.begin_results(EXAM_ID), [], ""))

    @precondition(lambda self: self.listings)
    @rule(data=st.data())
    def read_a_page(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.listings) - 1))
        mark, read, last = self.listings[index]
        page = [self.rows[row_id] for row_id in sorted(self.rows) if row_id > last][:1]
        self.listings[index] = (mark, read + page, page[-1].id if page else last)

    @precondition(lambda self: self.listings)
    @rule(data=st.data())
    def finish_listing(self, data: st.DataObject) -> None:
        mark, read, last = self.listings.pop(data.draw(st.integers(0, len(self.listings) - 1)))
        rest = [self.rows[row_id] for row_id in sorted(self.rows) if row_id > last]
        for event in [event for event in self.flying if event[0] < self.taken_in]:
            self.flying.remove(event)
            self.receive(event[1], event[2])
        self.cache.finish_results(mark, read + rest)
        self.taken_in += 1

    @rule()
    def lose_the_connection(self) -> None:
        """Events in flight are lost, and so are listings in progress; the feed lists again."""
        self.flying.clear()
        self.listings.clear()
        self.begin_listing()

    @rule()
    def forget(self) -> None:
        while self.flying:
            _, row, is_deleted = self.flying.pop()
            self.receive(row, is_deleted)
        self.cache.forget_results(EXAM_ID)
        self.listings.clear()
        self.begin_listing()

    @invariant()
    def a_follower_of_the_changes_has_the_same_state_as_the_cache(self) -> None:
        snapshot = self.cache.results(EXAM_ID)
        if snapshot is not None:
            assert self.replica == {row.id: row for row in snapshot.rows}
            assert [row.id for row in snapshot.rows] == sorted(row.id for row in snapshot.rows)

    def teardown(self) -> None:
        while self.listings:
            mark, read, last = self.listings.pop()
            rest = [self.rows[row_id] for row_id in sorted(self.rows) if row_id > last]
            for event in [event for event in self.flying if event[0] < self.taken_in]:
                self.flying.remove(event)
                self.receive(event[1], event[2])
            self.cache.finish_results(mark, read + rest)
            self.taken_in += 1
        for _, row, is_deleted in reversed(self.flying):
            self.receive(row, is_deleted)
        snapshot = self.cache.results(EXAM_ID)
        if snapshot is not None:
            assert {row.id: row for row in snapshot.rows} == self.rows


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=500, stateful_step_count=50, deadline=None)
