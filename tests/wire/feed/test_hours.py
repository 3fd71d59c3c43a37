"""The feed and the hours of announced exams: nothing before, everything at the hour by the API's clock."""

import contextlib
import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.api.calls import TeacherApi
from shared.live.cache import Change, ResultsChanged, ResultsLoaded
from shared.live.status import FeedState
from shared.live.timings import FeedTimings
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.backend_process import SignedInTeacher, running_backend
from tests.clocks import ShiftedClock
from tests.wire.clients import LiveFeed, backend_settings, live_feed
from tests.wire.rewritten_graphql import Answer, RewrittenGraphQL, field_of

DAY_S = 86_400.0


@pytest.fixture
def live(settings: BackendSettings) -> Iterator[LiveFeed]:
    with live_feed(settings) as live:
        live.until_state(FeedState.LIVE)
        yield live


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def in_s(seconds: float, clock: Callable[[], float] = time.time) -> dt.datetime:
    """In whole milliseconds."""
    return dt.datetime.fromtimestamp(int(1000 * (clock() + seconds)) / 1000, dt.UTC)


def draft(api: TeacherApi, results: int = 2) -> Exam:
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    api.create_results(exam.id, [NewResult(f"Student {number}", "10") for number in range(results)])
    return exam


def announced(api: TeacherApi, after_s: float, clock: Callable[[], float] = time.time) -> Exam:
    """Its results come out that long after it is announced, however long its entry took."""
    exam = draft(api)
    return api.publish_exam(exam.id, exam.version, release_at=in_s(after_s, clock))


def is_held_back(live: LiveFeed, exam: Exam) -> bool:
    """Known in this version, and without results."""
    known, results = live.cache.exam(exam.id), live.cache.results(exam.id)
    return known == dataclasses.replace(exam, owner=None) and results is not None and results.is_held_back


def test_an_announced_exam_is_known_without_results_until_its_hour_and_then_has_them(
    live: LiveFeed, api: TeacherApi
) -> None:
    arrived: list[tuple[dt.datetime, Change]] = []
    live.cache.add_listener(lambda change: arrived.append((dt.datetime.now(dt.UTC), change)))
    exam = announced(api, 2.5)
    live.watch(exam.id)
    live.until(lambda: is_held_back(live, exam))
    left_s = live.cache.seconds_to_release(exam.id)
    assert left_s is not None
    assert left_s < 2.5
    assert live.cache.exams().held_back >= {exam.id}
    live.until(lambda: len(live.rows(exam.id)) == 2)
    assert exam.release_at is not None
    rows_at = [at for at, change in arrived if isinstance(change, ResultsLoaded | ResultsChanged)]
    assert min(rows_at) >= exam.release_at
    assert live.cache.seconds_to_release(exam.id) is None
    changed = api.update_exam(exam.id, exam.version, subject="Geometry")
    live.until(lambda: (known := live.cache.exam(exam.id)) is not None and known.version == changed.version)
    assert len(live.rows(exam.id)) == 2


@pytest.mark.parametrize("shift_s", [-8.0, 8.0], ids=["an API that is late", "an API that is early"])
def test_the_apis_clock_decides_and_a_difference_of_seconds_does_no_harm(
    tmp_path: Path, shift_s: float
) -> None:
    """By the feed's own clock the hour is long past, or far off."""
    clock = ShiftedClock(shift_s)
    with running_backend(tmp_path / "data", now_s=clock) as backend:
        backend.create_teacher("t")
        token = backend.sign_in("t").access_token
        with (
            contextlib.closing(TeacherApi(backend_settings(backend), lambda: token)) as api,
            live_feed(backend_settings(backend)) as live,
        ):
            live.until_state(FeedState.LIVE)
            arrived: list[float] = []
            live.cache.add_listener(
                lambda change: arrived.append(clock()) if isinstance(change, ResultsLoaded) else None
            )
            exam = announced(api, 2.5, clock)
            live.watch(exam.id)
            live.until(lambda: is_held_back(live, exam))
            live.until(lambda: len(live.rows(exam.id)) == 2, 6.0)
            assert exam.release_at is not None
            assert arrived[0] >= exam.release_at.timestamp()


def test_a_clock_that_was_set_is_noticed_at_the_check_before_the_hour(tmp_path: Path) -> None:
    """The API's clock goes back by a second while an exam is awaited."""
    clock = ShiftedClock()
    with running_backend(tmp_path / "data", now_s=clock) as backend:
        backend.create_teacher("t")
        token = backend.sign_in("t").access_token
        timings = FeedTimings(hour_check_s=0.5)
        with (
            contextlib.closing(TeacherApi(backend_settings(backend), lambda: token)) as api,
            live_feed(backend_settings(backend), timings=timings) as live,
        ):
            live.until_state(FeedState.LIVE)
            exam = announced(api, 1.5, clock)
            live.watch(exam.id)
            live.until(lambda: is_held_back(live, exam))
            clock.shift_s = -1.0
            live.until(lambda: live.rows(exam.id))
            assert exam.release_at is not None
            assert clock() >= exam.release_at.timestamp()


def test_a_moved_hour_a_withdrawal_and_publishing_at_once_are_followed(
    live: LiveFeed, api: TeacherApi
) -> None:
    exam = announced(api, DAY_S)
    live.watch(exam.id)
    live.until(lambda: is_held_back(live, exam))
    moved = api.publish_exam(exam.id, exam.version, release_at=now() + dt.timedelta(days=2))
    live.until(lambda: is_held_back(live, moved))
    assert (live.cache.seconds_to_release(exam.id) or 0) > 100_000
    draft = api.unpublish_exam(exam.id, moved.version)
    live.until(lambda: live.cache.exam(exam.id) is None)
    assert live.cache.results(exam.id) is None
    assert exam.id not in live.cache.held_back()
    again = api.publish_exam(exam.id, draft.version, release_at=now() + dt.timedelta(days=1))
    live.until(lambda: is_held_back(live, again))
    api.publish_exam(exam.id, again.version)
    live.until(lambda: len(live.rows(exam.id)) == 2)


def test_an_hour_set_for_results_that_are_out_takes_them_back(live: LiveFeed, api: TeacherApi) -> None:
    exam = announced(api, 0.5)
    live.watch(exam.id)
    live.until(lambda: live.rows(exam.id))
    hidden = api.publish_exam(exam.id, exam.version, release_at=now() + dt.timedelta(days=1))
    live.until(lambda: is_held_back(live, hidden))
    assert live.rows(exam.id) == {}
    row = api.create_result(exam.id, NewResult("Late", "3"))
    api.publish_exam(exam.id, hidden.version)
    live.until(lambda: row.id in live.rows(exam.id))


def test_results_that_a_late_machine_of_the_api_still_held_back_come_a_moment_later(
    settings: BackendSettings, api: TeacherApi
) -> None:
    """One machine says that the hour has come; the one that lists the results does not think so yet."""
    with RewrittenGraphQL(settings.api_url) as proxy:

        def hold_back_once(request: Answer, answer: Answer) -> Answer:
            if field_of(request) == "listResults" and proxy.asked("listResults") == 1:
                return {"data": {"listResults": {"items": [], "nextToken": None}}}
            return answer

        proxy.rewrite = hold_back_once
        timings = FeedTimings(hour_again_s=(0.2,))
        with live_feed(dataclasses.replace(settings, api_url=proxy.url), timings=timings) as live:
            live.until_state(FeedState.LIVE)
            exam = announced(api, 1.0)
            live.watch(exam.id)
            live.until(lambda: len(live.rows(exam.id)) == 2)
            assert proxy.asked("listResults") <= 3  # the hour may replace a first one that was begun just now


def test_the_hour_is_not_asked_for_again_and_again(settings: BackendSettings, api: TeacherApi) -> None:
    """Once at the announcement's check and once at the hour, however long it is off."""
    with RewrittenGraphQL(settings.api_url) as proxy:
        with live_feed(dataclasses.replace(settings, api_url=proxy.url)) as live:
            live.until_state(FeedState.LIVE)
            exam = announced(api, 2.5)
            live.until(lambda: is_held_back(live, exam))
            live.until(lambda: live.cache.seconds_to_release(exam.id) is None)
            asked = [request for request in proxy.requests if request.get("variables") == {"id": exam.id}]
        assert 2 <= len(asked) <= 4  # a question may come a moment early, by rounding


def test_twenty_exams_of_one_hour_come_together(live: LiveFeed, api: TeacherApi) -> None:
    drafts = [draft(api, results=1) for _ in range(20)]
    hour = in_s(4)
    exams = [api.publish_exam(exam.id, exam.version, release_at=hour) for exam in drafts]
    for exam in exams:
        live.watch(exam.id)
    live.until(lambda: all(live.rows(exam.id) for exam in exams))
    assert live.cache.held_back().keys().isdisjoint(exam.id for exam in exams)


def test_an_exam_announced_before_the_feed_began_is_listed_with_its_hour(
    settings: BackendSettings, api: TeacherApi
) -> None:
    exam = announced(api, 2.5)
    with live_feed(settings) as live:
        live.watch(exam.id)
        live.until(lambda: is_held_back(live, exam))
        live.until(lambda: len(live.rows(exam.id)) == 2)


def test_a_change_by_a_client_that_knows_no_hours_makes_the_feed_list_the_exams(
    settings: BackendSettings, api: TeacherApi, teacher: SignedInTeacher
) -> None:
    """Its event does not say whether the exam is still held back."""
    with live_feed(settings, timings=FeedTimings(relist_pause_s=0.1)) as live:
        live.until_state(FeedState.LIVE)
        exam = announced(api, DAY_S)
        live.until(lambda: is_held_back(live, exam))
        selection = (
            "id subject date teacher scale status audience published version createdAt updatedAt owner"
        )
        document = f"mutation($input: UpdateExamInput!) {{updateExam(input: $input) {{{selection}}}}}"
        given: dict[str, Any] = {"id": exam.id, "expectedVersion": exam.version, "subject": "Geometry"}
        answer = requests.post(
            settings.api_url,
            json={"query": document, "variables": {"input": given}},
            headers={"Authorization": teacher.access_token},
            timeout=10,
        )
        changed = answer.json()["data"]["updateExam"]
        live.until(
            lambda: (known := live.cache.exam(exam.id)) is not None and known.version == changed["version"]
        )
        results = live.cache.results(exam.id)
        assert results is not None
        assert results.is_held_back
        assert live.feed.counters.gaps == 1


def test_an_announced_exam_by_link_has_its_results_at_its_hour_and_is_followed_until_then(
    settings: BackendSettings, api: TeacherApi
) -> None:
    """No list has it: it comes because somebody watches it."""
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20, is_listed=False))
    api.create_results(exam.id, [NewResult("Ada", "10")])
    exam = api.publish_exam(exam.id, exam.version, release_at=now() + dt.timedelta(days=1))
    with live_feed(settings) as live:
        live.watch(exam.id)
        live.until(lambda: is_held_back(live, exam))
        assert exam.id not in live.cache.exams().held_back
        moved = api.publish_exam(
            exam.id, exam.version, release_at=in_s(1.5).replace(microsecond=0) + dt.timedelta(seconds=1)
        )
        live.until(lambda: is_held_back(live, moved))
        live.until(lambda: len(live.rows(exam.id)) == 1)
