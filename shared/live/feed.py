"""The live feed: a few duties on one event loop, and a cache that stays equal to what the API publishes.

- `connection`: subscribes, merges events, catches up, connects again;
- `by_link`: subscribes to the exams that no list has;
- `loader`: lists what is watched, and asks for what no list has;
- `poller`: lists by the clock;
- `hours`: asks for announced exams at their hours.

Each duty is supervised alike: whatever ends it is logged with its reason, and it starts again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from types import TracebackType

from shared.api.calls import GuestApi
from shared.identity.guest import GuestCredentials
from shared.live.by_link import ByLinkConnections
from shared.live.cache import ExamCache
from shared.live.connection import FeedConnection
from shared.live.hours import Hours
from shared.live.loader import Loader
from shared.live.poller import Poller
from shared.live.status import ExamLoad, FeedCounters, FeedMonitor, FeedStatus, StatusListener
from shared.live.supervision import supervise
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.exam import Result
from shared.settings import BackendSettings

__all__ = ["Feed"]


class Feed:
    """Keeps an ExamCache equal to what is published while an `async with` block runs.

    Its methods belong to that block's event loop, but for `status`, `counters`, touch() and load_of(), which
    any thread may use, as it may read the cache. `now_s` returns epoch seconds. At most `exams_loaded_max`
    exams' results are held: those with most watchers.
    """

    def __init__(
        self,
        settings: BackendSettings,
        guest: GuestCredentials,
        cache: ExamCache,
        *,
        exams_loaded_max: int = 200,
        now_s: Callable[[], float] = time.time,
        timings: FeedTimings = FeedTimings(),  # noqa: B008  # frozen
    ) -> None:
        self._timings = timings
        self._api = GuestApi(settings, guest, patience=timings.patience)
        self._workers = Workers()
        self._monitor = FeedMonitor(now_s)
        self._loader = Loader(self._api, cache, self._workers, self._monitor, timings, exams_loaded_max)
        poller = Poller(self._loader, self._monitor, timings)
        connection = FeedConnection(
            settings, guest, cache, self._loader, poller, self._workers, self._monitor, timings
        )
        by_link = ByLinkConnections(
            settings, guest, self._loader, self._workers, timings, connection.on_event
        )
        self._duties = {
            "the feed's connection": connection.run,
            "the feed's connections by link": by_link.run,
            "the feed's loader": self._loader.run,
            "the feed's look-ups": self._loader.look_up,
            "the feed's poller": poller.poll,
            "the feed's follower of the index": poller.follow_index,
            "the feed's watch of hours": Hours(cache, self._loader, timings).run,
        }
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Feed:
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            asyncio.create_task(
                supervise(
                    name,
                    duty,
                    first_pause_s=self._timings.first_pause_s,
                    longest_pause_s=self._timings.longest_pause_s,
                ),
                name=name,
            )
            for name, duty in self._duties.items()
        ]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Ends the duties and the socket, and waits for requests under way: some seconds at most."""
        running = set(self._tasks)
        while running:
            # More than once: a duty may turn a cancellation into an error of its connection.
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=self._timings.cancel_again_s)
        await self._loader.close()
        await self._workers.close()
        self._api.close()

    @property
    def status(self) -> FeedStatus:
        """How current the cache is. While the feed is live, it is right as of now."""
        return self._monitor.status

    @property
    def counters(self) -> FeedCounters:
        """What happened since the start."""
        return self._monitor.counters

    def add_listener(self, listener: StatusListener) -> Callable[[], None]:
        """Calls `listener` at each change of state. The function returned ends that."""
        return self._monitor.add_listener(listener)

    def watch(self, exam_id: str) -> None:
        """One watcher more. Returns at once; the results are loaded in the background."""
        self._loader.watch(exam_id)

    def unwatch(self, exam_id: str) -> None:
        """One watcher fewer. The results are kept for a while as long as there is room."""
        self._loader.unwatch(exam_id)

    def touch(self, exam_id: str) -> None:
        """Somebody wants this exam's results for a while. Any thread may call it."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed at this very moment
                self._loop.call_soon_threadsafe(self._loader.touch, exam_id)

    def find_result(self, exam_id: str, code: str) -> Result | None:
        """As GuestApi.find_result; it blocks, and any thread may call it."""
        return self._api.find_result(exam_id, code)

    def load_of(self, exam_id: str) -> ExamLoad:
        """Where this exam's results are. Any thread may ask."""
        return self._loader.load_of(exam_id)
