"""The feed while listings fail, lag, or return what no healthy API returns."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.credentials import Credentials

from shared.api.calls import GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.live.status import FeedState
from shared.live.timings import FeedTimings
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.wire.clients import live_feed
from tests.wire.rewritten_graphql import Answer, RewrittenGraphQL, error_of, field_of
from tests.wire.scripted_realtime import ScriptedRealtime

IMPATIENT = FeedTimings(first_pause_s=0.02, longest_pause_s=0.1, relist_pause_s=0.05)


@pytest.fixture
def exam(api: TeacherApi) -> Exam:
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    return api.publish_exam(exam.id, exam.version)


@pytest.fixture
def listings(settings: BackendSettings) -> Iterator[RewrittenGraphQL]:
    with RewrittenGraphQL(settings.api_url) as server:
        yield server


class Hidden:
    """A lagging index: listings omit this exam until `is_lagging` is False."""

    def __init__(self, exam_id: str = "") -> None:
        self.exam_id, self.is_lagging = exam_id, True

    def __call__(self, request: Answer, answer: Answer) -> Answer:
        if field_of(request) == "listExams" and self.is_lagging:
            page = answer["data"]["listExams"]
            page["items"] = [item for item in page["items"] if item["id"] != self.exam_id]
        return answer


def test_after_a_gap_the_feed_is_not_live_until_a_listing_has_closed_it(
    settings: BackendSettings, api: TeacherApi, exam: Exam, listings: RewrittenGraphQL
) -> None:
    with (
        ScriptedRealtime() as server,
        live_feed(
            replace(settings, api_url=listings.url, realtime_url=server.url), timings=IMPATIENT
        ) as live,
    ):
        live.watch(exam.id)
        live.until_loaded(exam.id)
        live.until_state(FeedState.LIVE)
        listings.rewrite = lambda request, _answer: error_of(request, "InternalFailure")
        row = api.create_result(exam.id, NewResult("Missed", "14"))
        server.say({"type": "data", "id": "5", "payload": {"data": {"onCreateResults": None}}})
        live.until(lambda: live.feed.counters.gaps == 1)
        heard_s = time.time()
        asked = listings.asked("listExams")
        live.until(lambda: listings.asked("listExams") > asked + 2)
        status = live.feed.status
        assert status.state is FeedState.CATCHING_UP
        assert status.as_of_s is not None
        assert status.as_of_s <= heard_s
        listings.rewrite = lambda _request, answer: answer
        live.until_state(FeedState.LIVE)
        assert row.id in live.rows(exam.id)


@pytest.mark.parametrize(
    "error_type",
    ["DynamoDB:ProvisionedThroughputExceededException", "ExecutionTimeout", "InternalFailure", None],
)
def test_listings_that_fail_briefly_are_retried_soon(
    settings: BackendSettings, exam: Exam, listings: RewrittenGraphQL, error_type: str | None
) -> None:
    """None stands for a null page."""
    failures = 0

    def fail_at_first(request: Answer, answer: Answer) -> Answer:
        nonlocal failures
        if failures == 6:
            return answer
        failures += 1
        return {"data": {field_of(request): None}} if error_type is None else error_of(request, error_type)

    listings.rewrite = fail_at_first
    with live_feed(replace(settings, api_url=listings.url), timings=IMPATIENT) as live:
        live.watch(exam.id)
        live.until_state(FeedState.LIVE)
        live.until_loaded(exam.id)
        assert live.feed.counters.failures == 0, "no connection was given up for it"
    assert failures == 6


class _Broken(GuestApi):
    """Its listings fail a number of times with an unexpected exception."""

    failures: dict[str, int]

    def _fail_if_due(self, call: str) -> None:
        if self.failures.get(call, 0) > 0:
            self.failures[call] -= 1
            raise RuntimeError(f"a fault of our own in {call}")

    def list_exams(self, page_size: int = 1000) -> Any:
        self._fail_if_due("list_exams")
        return super().list_exams(page_size)

    def list_results(self, exam_id: str, page_size: int = 1000) -> Any:
        self._fail_if_due("list_results")
        return super().list_results(exam_id, page_size)


@pytest.mark.parametrize("call", ["list_exams", "list_results"])
def test_an_unexpected_error_in_a_listing_is_logged_and_the_feed_continues(
    settings: BackendSettings,
    api: TeacherApi,
    exam: Exam,
    call: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At the start, and later in a polled listing."""
    monkeypatch.setattr("shared.live.feed.GuestApi", _Broken)
    monkeypatch.setattr(_Broken, "failures", {call: 3}, raising=False)
    timings = replace(IMPATIENT, poll_live_s=0.1, poll_offline_s=0.1)
    with (
        ScriptedRealtime() as mute,
        live_feed(replace(settings, realtime_url=mute.url), timings=timings) as live,
    ):
        live.watch(exam.id)
        live.until_state(FeedState.LIVE)
        live.until_loaded(exam.id)
        _Broken.failures[call] = 2
        row = api.create_result(exam.id, NewResult("Untold", "14"))
        live.until(lambda: row.id in live.rows(exam.id))
        assert _Broken.failures[call] == 0
    assert caplog.text.count(f"RuntimeError: a fault of our own in {call}") >= 5


def test_an_unexpected_error_in_loading_an_exam_is_logged_and_loading_is_retried(
    settings: BackendSettings, exam: Exam, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("shared.live.feed.GuestApi", _Broken)
    monkeypatch.setattr(_Broken, "failures", {"list_results": 2}, raising=False)
    with live_feed(settings, timings=IMPATIENT) as live:
        live.until_state(FeedState.LIVE)
        live.watch(exam.id)
        live.until_loaded(exam.id)
    assert caplog.text.count(f"the results of {exam.id} could not be loaded") == 2


class _BrokenGuest(GuestCredentials):
    failures = 2

    def current(self) -> Credentials:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a fault of our own")
        return super().current()


def test_an_unexpected_error_in_connecting_is_logged_and_the_feed_reconnects(
    settings: BackendSettings, caplog: pytest.LogCaptureFixture
) -> None:
    guest = _BrokenGuest(settings, time.time)
    with live_feed(settings, timings=IMPATIENT, guest=guest) as live:
        live.until_state(FeedState.LIVE)
    assert "the feed's connection failed, and starts again" in caplog.text
    assert "RuntimeError: a fault of our own" in caplog.text


def test_an_exam_missing_from_a_lagging_listing_stays(
    settings: BackendSettings, exam: Exam, listings: RewrittenGraphQL
) -> None:
    timings = replace(IMPATIENT, poll_live_s=0.05, poll_offline_s=0.05)
    with live_feed(replace(settings, api_url=listings.url), timings=timings) as live:
        live.until_state(FeedState.LIVE)
        live.until(lambda: live.cache.exam(exam.id))
        listings.rewrite = Hidden(exam.id)
        removed: list[object] = []
        live.cache.add_listener(removed.append)
        asked = listings.asked("listExams")
        live.until(lambda: listings.asked("listExams") > asked + 3)
        assert live.cache.exam(exam.id) is not None
        assert removed == []
        assert listings.asked("getExam") >= 2


def test_a_deleted_exam_is_removed_even_without_an_event(
    settings: BackendSettings, api: TeacherApi, exam: Exam
) -> None:
    timings = replace(IMPATIENT, poll_live_s=0.05, poll_offline_s=0.05)
    with (
        ScriptedRealtime() as mute,
        live_feed(replace(settings, realtime_url=mute.url), timings=timings) as live,
    ):
        live.until(lambda: live.cache.exam(exam.id))
        api.unpublish_exam(exam.id, exam.version)
        live.until(lambda: live.cache.exam(exam.id) is None)


def test_an_exam_missing_from_the_first_listing_is_found_seconds_after_connecting(
    settings: BackendSettings, exam: Exam, listings: RewrittenGraphQL
) -> None:
    """Published just before connecting: there is no event for it, and the index does not have it yet."""
    listings.rewrite = index = Hidden(exam.id)
    with live_feed(
        replace(settings, api_url=listings.url), timings=replace(IMPATIENT, index_lag_s=0.3)
    ) as live:
        live.until_state(FeedState.LIVE)
        assert live.cache.exam(exam.id) is None
        index.is_lagging = False
        live.until(lambda: live.cache.exam(exam.id))


def test_an_exam_event_triggers_a_listing_some_seconds_later(
    settings: BackendSettings, api: TeacherApi, exam: Exam, listings: RewrittenGraphQL
) -> None:
    timings = replace(IMPATIENT, index_lag_s=0.05)
    with live_feed(replace(settings, api_url=listings.url), timings=timings) as live:
        live.until_state(FeedState.LIVE)
        live.until(lambda: listings.asked("listExams") == 2)  # at the start, and after connecting
        api.update_exam(exam.id, exam.version, subject="Geometry")
        live.until(lambda: listings.asked("listExams") == 3)
        found = live.cache.exam(exam.id)
        assert found is not None
        assert found.subject == "Geometry"
