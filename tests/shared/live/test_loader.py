"""The cost of a watch is independent of the number of watched exams, and of unpublished ones."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from shared.api.calls import GuestApi
from shared.identity.guest import GuestCredentials
from shared.live.cache import ExamCache
from shared.live.feed import Feed
from shared.live.loader import Loader
from shared.live.poller import Poller
from shared.live.status import FeedMonitor
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.errors import BackendUnreachable
from shared.model.exam import Exam, Result, new_id
from shared.settings import BackendSettings
from tests.builders import a_published_exam, a_result
from tests.shared.live.changing_api import ChangingApi, a_loader, run_virtually

SETTINGS = BackendSettings(
    region="local-1",
    api_url="http://127.0.0.1:1/graphql",
    realtime_url="ws://127.0.0.1:1/graphql/realtime",
    user_pool_id="local-1_x",
    user_pool_client_id="c",
    identity_pool_id="local-1:x",
)


class CountedId(str):
    """An id that counts how often ids of this class are hashed or compared."""

    looks = 0

    def __hash__(self) -> int:
        CountedId.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        CountedId.looks += 1
        return super().__eq__(other)


class CountingCache(ExamCache):
    """Counts how often it is asked for an exam."""

    def __init__(self) -> None:
        super().__init__(time.time)
        self.asked, self.was_asked = 0, asyncio.Event()

    def exam(self, exam_id: str) -> Exam | None:
        self.asked += 1
        self.was_asked.set()
        return super().exam(exam_id)


def feed_over(cache: ExamCache) -> Feed:
    return Feed(SETTINGS, GuestCredentials(SETTINGS, time.time), cache)


def looks_of_a_watch(watched: int) -> int:
    """How often ids are examined when one more is watched beside `watched` others."""
    feed = feed_over(ExamCache(time.time))
    for _ in range(watched):
        feed.watch(CountedId(new_id()))
    CountedId.looks = 0
    exam_id = CountedId(new_id())
    feed.watch(exam_id)
    feed.load_of(exam_id)
    feed.unwatch(exam_id)
    return CountedId.looks


def test_a_watch_costs_the_same_among_ten_exams_as_among_thousands() -> None:
    assert 0 < looks_of_a_watch(3000) <= looks_of_a_watch(10)


def test_unwatched_ids_that_are_not_published_are_dropped() -> None:
    async def run() -> int:
        cache = CountingCache()
        cache.finish_exams(cache.begin_exams(), [])
        async with feed_over(cache) as feed:
            for _ in range(1000):
                exam_id = new_id()
                feed.watch(exam_id)
                feed.unwatch(exam_id)
                feed.touch(exam_id)
            watched = new_id()
            feed.watch(watched)
            await asyncio.sleep(0)  # touches arrive
            cache.asked = 0
            cache.was_asked.clear()
            async with asyncio.timeout(10):
                await cache.was_asked.wait()
            return cache.asked

    assert asyncio.run(run()) == 1, "the exams to hold are chosen among the watched one alone"


class TwoListings:
    """An API whose first listing of results waits until it is let go, and whose second one fails."""

    def __init__(self, exam: Exam) -> None:
        self._exam = exam
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def list_exams(self) -> Iterator[Exam]:
        return iter([self._exam])

    def list_results(self, _exam_id: str) -> Iterator[Result]:
        if self.has_begun.is_set():
            raise BackendUnreachable("the API", "no answer")
        self.has_begun.set()
        self.may_end.wait(10)
        yield from ()


def test_a_listing_that_another_one_replaced_is_complete_only_with_that_one() -> None:
    """Found by simulation: a feed that connected again while it polled said that it was live, with results
    that nobody had listed since."""

    async def run() -> None:
        exam = a_published_exam()
        api, workers, timings = TwoListings(exam), Workers(), FeedTimings()
        loader = Loader(
            cast("GuestApi", api), ExamCache(time.time), workers, FeedMonitor(time.time), timings, 10
        )
        loader.watch(exam.id)
        try:
            replaced = asyncio.create_task(loader.refresh())
            await asyncio.to_thread(api.has_begun.wait, 10)
            with pytest.raises(BackendUnreachable):
                await loader.refresh()
            api.may_end.set()
            with pytest.raises(BackendUnreachable):
                await replaced
        finally:
            api.may_end.set()
            await loader.close()
            await workers.close()

    asyncio.run(run())


def test_a_listing_with_a_newer_version_of_an_exam_has_its_results_listed_again() -> None:
    """Found by simulation: an exam was published again with an hour, unheard, while the index lagged. Its
    results came out and did not appear until everything was polled."""

    async def work() -> None:
        exam = a_published_exam()
        api, cache = ChangingApi(exam), ExamCache(time.time)
        async with a_loader(api, cache) as loader:
            loader.watch(exam.id)
            await loader.refresh()
            held = cache.results(exam.id)
            assert held is not None
            assert held.rows == ()
            api.results = [a_result("Ada", "17", exam)]
            await loader.list_exams()
            await asyncio.sleep(1.0)
            assert cache.results(exam.id) == held  # nothing says that there is anything new
            api.exam = replace(exam, version=exam.version + 2)
            await loader.list_exams()
            await asyncio.sleep(1.0)
            listed = cache.results(exam.id)
            assert listed is not None
            assert [row.student for row in listed.rows] == ["Ada"]

    run_virtually(work)


def test_a_listing_that_follows_the_index_and_fails_is_repeated_soon() -> None:
    """Found by simulation: three in a row failed, five seconds apart, and an exam that had been withdrawn was
    shown that long."""

    async def work() -> None:
        api = ChangingApi(a_published_exam())
        async with a_loader(api, ExamCache(time.time)) as loader:
            timings = FeedTimings()
            poller = Poller(loader, FeedMonitor(time.time), timings)
            api.failures = 3
            following = asyncio.create_task(poller.follow_index())
            poller.note_exams_changed()
            await asyncio.sleep(60.0)
            following.cancel()
            assert len(api.listed_at_s) == 4
            first, *_, last = api.listed_at_s
            assert first >= timings.index_lag_s
            assert last - first < 7 * timings.first_pause_s + 1.0

    run_virtually(work)
