"""The cost of a watch is independent of the number of watched exams, and of unpublished ones."""

import asyncio
import time

from shared.identity.guest import GuestCredentials
from shared.live.cache import ExamCache
from shared.live.feed import Feed
from shared.model.exam import Exam, new_id
from shared.settings import BackendSettings

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
