"""One loader over an API that changes when the test says so, in simulated time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, cast

from shared.api.calls import GuestApi
from shared.live.cache import ExamCache
from shared.live.loader import Loader
from shared.live.status import FeedMonitor
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.errors import BackendUnreachable
from shared.model.exam import Exam, Result
from tests.simulation.virtual_time import VirtualLoop

__all__ = ["ChangingApi", "a_loader", "run_virtually"]


class ChangingApi:
    """An API with one exam, what it has of it now, and listings that fail so many times."""

    def __init__(self, exam: Exam) -> None:
        self.exam, self.failures = exam, 0
        self.listed_at_s: list[float] = []
        self.results: list[Result] = []

    def list_exams(self) -> Iterator[Exam]:
        self.listed_at_s.append(asyncio.get_running_loop().time())
        if self.failures:
            self.failures -= 1
            raise BackendUnreachable("the API", "no answer")
        return iter([self.exam])

    def get_exam(self, _exam_id: str) -> Exam:
        return self.exam

    def list_results(self, _exam_id: str) -> Iterator[Result]:
        return iter(self.results)


def run_virtually(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs `work()` on a clock that jumps to the next thing that is due."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(lambda: 0.01)) as runner:
        runner.run(work())


@contextlib.asynccontextmanager
async def a_loader(api: ChangingApi, cache: ExamCache) -> AsyncIterator[Loader]:
    """A loader over this API and cache, closed when the block ends."""
    workers = Workers()
    loader = Loader(cast("GuestApi", api), cache, workers, FeedMonitor(time.time), FeedTimings(), 10)
    try:
        yield loader
    finally:
        await loader.close()
        await workers.close()
