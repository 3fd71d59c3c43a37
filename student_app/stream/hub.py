"""The live hub: passes changes of the cache and of the feed on to the channels of their viewers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from shared.live.cache import (
    Change,
    ExamAbsent,
    ExamCache,
    ExamListChanged,
    ResultsChanged,
    ResultsForgotten,
    ResultsLoaded,
    ResultsSnapshot,
)
from shared.live.status import ExamLoad, FeedStatus, StatusListener
from shared.live.supervision import supervise
from student_app.stream.channel import Channel
from student_app.stream.messages import feed_object, server_sent_event, to_json
from student_app.stream.viewer import LAST_WORD_S, Viewer

__all__ = ["BEAT_S", "PAGE_RUNS_PER_S", "LiveCounters", "LiveHub", "StreamRefused", "WatchedFeed"]

LOAD_DEADLINE_S = 3.0
BEAT_S = 4.0  # the board says that it is stale after two of them without a word
PAGE_RUNS_PER_S = 15  # of all pages after a change: a tenth of a core that the streams do not get
PAGE_SPREAD_LEAST_S = 2.0

logger = logging.getLogger(__name__)


class WatchedFeed(Protocol):
    """What streams and pages need of a Feed. Pages run on threads: they only read `status` and touch()."""

    @property
    def status(self) -> FeedStatus: ...
    def watch(self, exam_id: str) -> None: ...
    def unwatch(self, exam_id: str) -> None: ...
    def touch(self, exam_id: str) -> None: ...
    def load_of(self, exam_id: str) -> ExamLoad: ...
    def add_listener(self, listener: StatusListener) -> Callable[[], None]: ...


class StreamRefused(Exception):
    """No more streams: of this address (429) or in all (503)."""

    def __init__(self, status: int, reason: str, retry_after_s: int) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class LiveCounters:
    """What happened since the start, for /metrics."""

    streams_opened: int = 0
    streams_refused: int = 0
    viewers_dropped: int = 0
    changes: int = 0


class LiveHub:
    """Owns the channels while an `async with` block runs, on the same loop as the feed."""

    def __init__(
        self,
        cache: ExamCache,
        feed: WatchedFeed,
        *,
        streams_max: int,
        streams_per_address_max: int,
        epoch: str,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self.counters = LiveCounters()
        self._cache, self._feed, self._epoch, self._wall_s = cache, feed, epoch, wall_s
        self._streams_max, self._streams_per_address_max = streams_max, streams_per_address_max
        self._channels: dict[str, Channel] = {}
        self._addresses: Counter[str] = Counter()
        self._beating: asyncio.Task[None] | None = None
        self._stop_listening: list[Callable[[], None]] = []
        self._cache_changed = asyncio.Event()
        self._is_closed = False
        self._last_left = asyncio.Event()
        # One thread of its own: pages that wait for their turn hold those of the loop's default executor.
        self._computing = ThreadPoolExecutor(1, "numbers")

    async def __aenter__(self) -> LiveHub:
        self._stop_listening = [
            self._cache.add_listener(self._note),
            self._feed.add_listener(lambda _status: self._beat()),
        ]
        self._beating = asyncio.create_task(supervise("the streams' heartbeat", self._beat_for_ever))
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for stop in self._stop_listening:
            stop()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])
        self.end_streams()
        if self.stream_count:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._last_left.wait(), 2 * LAST_WORD_S)
        self._computing.shutdown(wait=False, cancel_futures=True)

    def end_streams(self) -> None:
        """End every stream and take no new one."""
        self._is_closed = True
        for channel in list(self._channels.values()):
            channel.close()

    @property
    def stream_count(self) -> int:
        """Open streams now."""
        return self._addresses.total()

    @property
    def channel_count(self) -> int:
        """Exams that somebody watches by stream."""
        return len(self._channels)

    def join(self, exam_id: str, address: str, last_event_id: str | None, *, head: bytes = b"") -> Viewer:
        """A new viewer of one exam, for a connection on which `head` is sent first. It leaves by itself when
        that is lost. Raises StreamRefused."""
        self._admit(address)
        channel = self._channels.get(exam_id)
        if channel is None:
            channel = self._channels[exam_id] = self._new_channel(exam_id)
        self._feed.watch(exam_id)
        self._addresses[address] += 1
        self.counters.streams_opened += 1
        # A first word at once: proxies and browsers then know that the stream stands.
        viewer = channel.join(last_event_id, head + b"retry: 2000\n\n" + self._feed_message(exam_id))
        viewer.on_lost.append(lambda: self._leave(exam_id, address, viewer))
        return viewer

    def _leave(self, exam_id: str, address: str, viewer: Viewer) -> None:
        self._feed.unwatch(exam_id)
        self._addresses[address] -= 1
        if self._addresses[address] <= 0:
            del self._addresses[address]
        channel = self._channels.get(exam_id)
        if channel is not None:
            channel.leave(viewer)
            if not channel.viewers:
                channel.close()
                del self._channels[exam_id]
        if not self.stream_count:
            self._last_left.set()

    async def loaded(self, exam_id: str, deadline_s: float = LOAD_DEADLINE_S) -> ResultsSnapshot | None:
        """The results of an exam, asked for if nobody watches it; None if they did not come in time."""
        if self._feed.load_of(exam_id) is ExamLoad.LOADED:
            return self._cache.results(exam_id)
        self._feed.watch(exam_id)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    while self._feed.load_of(exam_id) is ExamLoad.LOADING:
                        await self._cache_changed.wait()
        finally:
            self._feed.unwatch(exam_id)
        return self._cache.results(exam_id)

    def _admit(self, address: str) -> None:
        refusal = None
        if self._is_closed or self.stream_count >= self._streams_max:
            refusal = StreamRefused(503, "All places are taken. The page refreshes itself more slowly.", 30)
        elif self._addresses[address] >= self._streams_per_address_max:
            refusal = StreamRefused(429, "Too many streams from this address.", 30)
        if refusal is not None:
            self.counters.streams_refused += 1
            raise refusal

    def _new_channel(self, exam_id: str) -> Channel:
        loop = asyncio.get_running_loop()
        return Channel(
            exam_id,
            self._cache,
            self._epoch,
            status=lambda: self._feed.status,
            on_drop=self._count_drop,
            compute=self._compute,
            call_later=lambda delay_s, act: loop.call_later(delay_s, act),
            time_s=loop.time,
            wall_s=self._wall_s,
        )

    def _compute(self, work: Callable[[], bytes], on_done: Callable[[Callable[[], bytes]], None]) -> None:
        if not self._is_closed:
            future = asyncio.get_running_loop().run_in_executor(self._computing, work)
            future.add_done_callback(lambda done: None if done.cancelled() else on_done(done.result))

    def _count_drop(self) -> None:
        logger.info("a stream has ended whose viewer reads too slowly")
        self.counters.viewers_dropped += 1

    def _note(self, change: Change) -> None:
        self.counters.changes += 1
        self._cache_changed.set()  # wakes only those who are waiting now
        self._cache_changed.clear()
        match change:
            case ExamListChanged():
                held_back = self._cache.held_back().keys()
                for exam in change.upserts:
                    if (channel := self._channels.get(exam.id)) is not None:
                        if exam.id in held_back:
                            channel.send(self._feed_message(exam.id))
                        channel.note_exam(change.version)
                for exam_id in change.removals:
                    if (channel := self._channels.get(exam_id)) is not None:
                        channel.note_gone(change.version)
                # They may be compared on the pages of other exams; nobody there knows of one by link.
                hidden = [exam.id for exam in change.upserts if exam.is_listed and exam.id in held_back]
                if withdrawn := sorted(set(change.removals) - change.unlisted | set(hidden)):
                    message = server_sent_event("withdrawn", to_json({"ids": withdrawn}))
                    for channel in list(self._channels.values()):
                        channel.send(message)
            case ExamAbsent():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_absent()
            case ResultsChanged():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_rows(change.version, change.upserts, change.removals)
            case ResultsLoaded():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_loaded(change.version)
            case ResultsForgotten():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_forgotten(change.version, self._feed_message(change.exam_id))

    def _feed_message(self, exam_id: str) -> bytes:
        spread_s = max(PAGE_SPREAD_LEAST_S, self.stream_count / PAGE_RUNS_PER_S)
        load = self._feed.load_of(exam_id)
        feed = {**feed_object(self._feed.status), "load": load.value, "spread": round(spread_s, 1)}
        left_s = self._cache.seconds_to_release(exam_id)
        if left_s is not None:
            feed["in"] = round(left_s, 2)
        return server_sent_event("feed", to_json(feed))

    def _beat(self) -> None:
        for exam_id, channel in list(self._channels.items()):
            channel.tell_state(self._feed_message(exam_id))

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._beat()
