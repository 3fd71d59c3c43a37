"""Exams by link on a real feed and dashboard: in no list, and live for whoever names them."""

import datetime as dt
from collections.abc import Iterator

import httpx
import pytest

from shared.api.calls import TeacherApi
from shared.live.status import ExamLoad, FeedState
from shared.live.timings import FeedTimings
from shared.model.exam import Exam, NewExam, NewResult, new_id
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.backend_process import RunningBackend
from tests.dashboard_process import StudentDashboard
from tests.waiting import wait_until
from tests.wire.clients import LiveFeed, live_feed
from tests.wire.student_streams import LiveStream

DATE = dt.date(2026, 6, 18)


@pytest.fixture
def live(settings: BackendSettings) -> Iterator[LiveFeed]:
    with live_feed(settings, timings=FeedTimings(look_again_s=0.2, absent_s=0.2)) as live:
        live.until_state(FeedState.LIVE)
        yield live


def by_link(api: TeacherApi, *, is_published: bool = True) -> Exam:
    exam = api.create_exam(NewExam("Secret Algebra", DATE, "Ms Ada", OUT_OF_20, is_listed=False))
    api.create_results(exam.id, [NewResult("Bob", "14"), NewResult("Eve", "9")])
    return api.publish_exam(exam.id, exam.version) if is_published else exam


def listed_ids(live: LiveFeed) -> set[str]:
    return {exam.id for exam in live.cache.exams().exams}


def test_an_exam_by_link_is_found_by_who_names_it_and_is_live_from_then_on(
    live: LiveFeed, api: TeacherApi
) -> None:
    exam = by_link(api)
    assert live.cache.exam(exam.id) is None
    live.watch(exam.id)
    live.until(lambda: len(live.rows(exam.id)) == 2)
    assert exam.id not in listed_ids(live)
    assert live.load_of(exam.id) is ExamLoad.LOADED

    row = api.create_result(exam.id, NewResult("Ann", "17"))
    live.until(lambda: row.id in live.rows(exam.id))
    api.update_result(exam.id, row.id, row.version, grade="18")
    live.until(lambda: live.rows(exam.id)[row.id].grade == "18")
    renamed = api.update_exam(exam.id, exam.version, subject="Geometry")
    live.until(lambda: (found := live.cache.exam(exam.id)) is not None and found.subject == "Geometry")
    draft = api.unpublish_exam(exam.id, renamed.version)
    live.until(lambda: live.cache.exam(exam.id) is None)
    assert live.cache.results(exam.id) is None
    api.publish_exam(exam.id, draft.version)  # somebody still waits for it
    live.until(lambda: len(live.rows(exam.id)) == 3)
    assert exam.id not in listed_ids(live)


def test_who_waits_for_an_exam_by_link_has_it_once_it_is_published(live: LiveFeed, api: TeacherApi) -> None:
    exam = by_link(api, is_published=False)
    live.watch(exam.id)
    live.until(lambda: live.load_of(exam.id) is ExamLoad.ABSENT)
    api.publish_exam(exam.id, exam.version)
    live.until(lambda: len(live.rows(exam.id)) == 2)


def test_a_whole_listing_takes_no_exam_by_link_away(live: LiveFeed, api: TeacherApi) -> None:
    """Any exam's publication makes the feed list all exams again, once the index has surely caught up."""
    exam = by_link(api)
    live.watch(exam.id)
    live.until_loaded(exam.id)
    listings = live.feed.counters.listings
    other = api.create_exam(NewExam("Botany", DATE, "Ms Ada", OUT_OF_20))
    api.publish_exam(other.id, other.version)
    live.until(lambda: other.id in listed_ids(live))
    live.until(lambda: live.feed.counters.listings > listings)
    assert live.cache.exam(exam.id) is not None
    assert exam.id not in listed_ids(live)


def test_a_flood_of_ids_that_nobody_has_keeps_no_exam_waiting(live: LiveFeed, api: TeacherApi) -> None:
    """Only so many unknown exams are asked for at a time; the others count as absent at once."""
    ids = [new_id() for _ in range(1000)]
    for exam_id in ids:
        live.watch(exam_id)
    assert sum(live.load_of(exam_id) is ExamLoad.LOADING for exam_id in ids) <= 200
    exam = api.create_exam(NewExam("Botany", DATE, "Ms Ada", OUT_OF_20))
    api.create_result(exam.id, NewResult("Rosa", "12"))
    exam = api.publish_exam(exam.id, exam.version)
    live.watch(exam.id)
    live.until(lambda: len(live.rows(exam.id)) == 1)


def test_no_page_of_the_dashboard_betrays_an_exam_by_link(backend: RunningBackend, api: TeacherApi) -> None:
    """Not the first page, its list, the board's list, another exam's page or stream, nor its withdrawal; by
    its own address it is there, live."""
    exam = by_link(api)
    other = api.create_exam(NewExam("Botany", DATE, "Ms Ada", OUT_OF_20))
    other = api.publish_exam(other.id, other.version)
    with StudentDashboard(backend.settings) as dashboard:

        def text_of(path: str) -> str:
            return httpx.get(f"{dashboard.url}{path}", trust_env=False).text

        wait_until(lambda: other.id in text_of("/"), what="the list of exams")
        with LiveStream(dashboard.url, exam.id) as stream, LiveStream(dashboard.url, other.id) as of_other:
            assert sorted(stream.next("snapshot").students) == ["Bob", "Eve"]
            for path in (f"/?exam={exam.id}", f"/live/{exam.id}.json", f"/board/{exam.id}"):
                assert "Secret Algebra" in text_of(path), path
            api.create_result(exam.id, NewResult("Ann", "17"))
            assert stream.next("change").students == ["Ann"]
            for path in ("/", "/?find=Secret", "/board", f"/?exam={other.id}", f"/board/{other.id}"):
                text = text_of(path)
                assert exam.id not in text, path
                assert "Secret Algebra" not in text, path
            api.unpublish_exam(exam.id, exam.version)
            stream.next("gone")
            api.update_exam(other.id, other.version, subject="Zoology")  # a later event of the same feed
            heard = []
            while not heard or heard[-1].kind != "snapshot" or "Zoology" not in str(heard[-1].data):
                heard.append(next(of_other.events()))
            assert exam.id not in str([event.data for event in heard])
