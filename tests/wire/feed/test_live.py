"""The feed over real sockets without failures: the cache has what a teacher does, and nothing else."""

import datetime as dt
import time
from collections.abc import Iterator

import pytest

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.live.cache import ExamListChanged, ResultsChanged
from shared.live.status import ExamLoad, FeedState
from shared.live.timings import FeedTimings
from shared.model.exam import Audience, Exam, NewExam, NewResult, new_id
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.wire.clients import LiveFeed, cached_state, live_feed, published_state


@pytest.fixture
def live(settings: BackendSettings) -> Iterator[LiveFeed]:
    with live_feed(settings, timings=FeedTimings(index_lag_s=600)) as live:
        live.until_state(FeedState.LIVE)
        yield live


def published(api: TeacherApi, results: int = 0, subject: str = "Algebra") -> Exam:
    exam = api.create_exam(NewExam(subject, dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    if results:
        api.create_results(exam.id, [NewResult(f"Student {number}", "10") for number in range(results)])
    return api.publish_exam(exam.id, exam.version)


def test_everything_that_exists_is_loaded_before_the_feed_reports_live(
    settings: BackendSettings, api: TeacherApi
) -> None:
    exam = published(api, results=3)
    begun_s = time.time()
    with live_feed(settings) as live:
        live.watch(exam.id)
        live.until_state(FeedState.LIVE, 20)
        live.until_loaded(exam.id)
        assert live.cache.exam(exam.id) is not None
        assert cached_state(live.cache, exam.id) == published_state(api, exam.id)[1]
        assert live.cache.exams().is_loaded
        status = live.feed.status
        assert status.reason is None
        assert status.as_of_s is not None
        assert begun_s <= status.as_of_s <= time.time()


def test_each_kind_of_change_reaches_the_cache_by_its_event(live: LiveFeed, api: TeacherApi) -> None:
    exam = published(api)
    live.until(lambda: live.cache.exam(exam.id))
    live.watch(exam.id)
    live.until_loaded(exam.id)
    listings = live.feed.counters.listings

    row = api.create_result(exam.id, NewResult("Bob", "14"))
    live.until(lambda: row.id in live.rows(exam.id))
    changed = api.update_result(exam.id, row.id, row.version, grade="15.5")
    live.until(lambda: live.rows(exam.id)[row.id].grade == "15.5")
    assert live.rows(exam.id)[row.id].version == changed.version
    retracted = api.retract_result(exam.id, row.id, changed.version)
    live.until(lambda: row.id not in live.rows(exam.id))
    changed = api.update_result(exam.id, row.id, retracted.version, grade="16")
    live.until(lambda: row.id in live.rows(exam.id))
    batch = api.create_results(exam.id, [NewResult(f"S{number}", str(number)) for number in range(20)])
    live.until(lambda: len(live.rows(exam.id)) == 21)
    api.delete_result(exam.id, row.id, changed.version)
    live.until(lambda: row.id not in live.rows(exam.id))
    api.delete_results(exam.id, [(one.id, one.version) for one in batch])
    live.until(lambda: live.rows(exam.id) == {})
    renamed = api.update_exam(exam.id, exam.version, subject="Geometry")
    live.until(lambda: (found := live.cache.exam(exam.id)) is not None and found.subject == "Geometry")
    api.delete_exam(exam.id, renamed.version)
    live.until(lambda: live.cache.exam(exam.id) is None)
    assert live.cache.results(exam.id) is None

    assert live.feed.counters.listings == listings  # events alone: not one listing for seven changes
    assert live.feed.counters.gaps == 0
    assert live.load_of(exam.id) is ExamLoad.ABSENT


def test_drafts_are_invisible_until_they_are_published_with_all_their_results(
    live: LiveFeed, api: TeacherApi
) -> None:
    received: list[str] = []
    live.cache.add_listener(
        lambda change: (
            received.extend(exam.id for exam in change.upserts)
            if isinstance(change, ExamListChanged)
            else None
        )
    )
    exam = api.create_exam(NewExam("Secret", dt.date(2026, 6, 18), "T", OUT_OF_20))
    live.watch(exam.id)
    live.until(lambda: live.load_of(exam.id) is ExamLoad.ABSENT)
    api.create_results(exam.id, [NewResult("Bob", "14"), NewResult("Eve", "9")])
    marker = published(api)  # events are ordered: once this one has arrived, the draft's would have, too
    live.until(lambda: live.cache.exam(marker.id))
    assert exam.id not in received
    assert live.cache.exam(exam.id) is None
    exam = api.publish_exam(exam.id, exam.version)
    live.until(lambda: len(live.rows(exam.id)) == 2)


def test_unpublishing_removes_everything_and_republishing_brings_the_current_results(
    live: LiveFeed, api: TeacherApi
) -> None:
    exam = published(api, results=2)
    live.watch(exam.id)
    live.until(lambda: len(live.rows(exam.id)) == 2)
    exam = api.unpublish_exam(exam.id, exam.version)
    live.until(lambda: live.cache.exam(exam.id) is None)
    assert live.cache.results(exam.id) is None
    rows = list(api.list_results(exam.id))
    api.update_result(exam.id, rows[0].id, rows[0].version, grade="1")
    api.delete_result(exam.id, rows[1].id, rows[1].version)
    exam = api.publish_exam(exam.id, exam.version)
    live.until(lambda: cached_state(live.cache, exam.id) == published_state(api, exam.id)[1])
    assert [row.grade for row in live.rows(exam.id).values()] == ["1"]


def test_only_watched_exams_are_loaded_and_the_least_watched_is_evicted(
    settings: BackendSettings, api: TeacherApi
) -> None:
    first, second, third = (published(api, results=1) for _ in range(3))
    with live_feed(settings, exams_loaded_max=2) as live:
        live.until_state(FeedState.LIVE, 20)
        assert live.cache.loaded_exam_ids() == frozenset()
        for exam in (first, second, second):
            live.watch(exam.id)
        live.until(lambda: live.cache.loaded_exam_ids() == {first.id, second.id})
        live.watch(third.id)
        live.until(lambda: live.load_of(third.id) is ExamLoad.NO_ROOM)
        live.watch(third.id)
        live.until(lambda: live.cache.loaded_exam_ids() == {second.id, third.id})
        assert live.load_of(first.id) is ExamLoad.NO_ROOM
        api.create_result(first.id, NewResult("Unseen", "10"))
        for _ in range(2):
            live.unwatch(second.id)
        live.until(lambda: live.cache.loaded_exam_ids() == {first.id, third.id})
        assert len(live.rows(first.id)) == 2


def test_an_exam_that_does_not_exist_is_absent_and_costs_no_listing(live: LiveFeed, api: TeacherApi) -> None:
    listings = live.feed.counters.listings
    exam_id = new_id()
    live.watch(exam_id)
    live.until(lambda: live.load_of(exam_id) is ExamLoad.ABSENT)
    marker = published(api)
    live.watch(marker.id)
    live.until_loaded(marker.id)
    assert live.feed.counters.listings == listings + 1  # only for the marker, which was watched later


def test_listings_are_read_to_the_last_page(settings: BackendSettings, api: TeacherApi) -> None:
    exam = api.create_exam(NewExam("Large", dt.date(2026, 6, 18), "T", OUT_OF_20))
    for _ in range(11):
        api.create_results(exam.id, [NewResult("S", "10") for _ in range(BATCH_MAX)])
    exam = api.publish_exam(exam.id, exam.version)
    with live_feed(settings) as live:
        live.watch(exam.id)
        live.until_loaded(exam.id)
        assert len(live.rows(exam.id)) == 11 * BATCH_MAX


def test_students_see_codes_and_no_names_if_the_audience_is_codes(live: LiveFeed, api: TeacherApi) -> None:
    exam = api.create_exam(NewExam("Coded", dt.date(2026, 6, 18), "T", OUT_OF_20, Audience.CODES))
    exam = api.publish_exam(exam.id, exam.version)
    live.watch(exam.id)
    live.until_loaded(exam.id)
    row = api.create_result(exam.id, NewResult("ABC234", "14", name="Élodie"))
    live.until(lambda: row.id in live.rows(exam.id))
    seen = live.rows(exam.id)[row.id]
    assert (seen.student, seen.name, seen.owner, seen.created_at) == ("ABC234", None, None, None)
    assert "Élodie" not in repr(live.cache.results(exam.id))


def test_every_change_of_a_burst_arrives_exactly_once(live: LiveFeed, api: TeacherApi) -> None:
    exam = published(api)
    live.watch(exam.id)
    live.until_loaded(exam.id)
    received: list[str] = []
    live.cache.add_listener(
        lambda change: (
            received.extend(row.id for row in change.upserts)
            if isinstance(change, ResultsChanged) and change.exam_id == exam.id
            else None
        )
    )
    made = [api.create_result(exam.id, NewResult("S", "10")).id for _ in range(60)]
    live.until(lambda: len(received) >= len(made))
    assert sorted(received) == sorted(made)
