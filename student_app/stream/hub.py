"""The live hub: from the cache's changes, told on the feed's thread, to the channels on the event loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.live.cache import (
    Change,
    ExamCache,
    ExamListChanged,
    ResultsChanged,
    ResultsForgotten,
    ResultsLoaded,
    ResultsSnapshot,
)
from shared.live.feed import FeedStatus
from student_app.stream.channel import Channel, Viewer
from student_app.stream.messages import feed_object, server_sent_event, to_json

__all__ = ["BEAT_S", "PAGE_RUNS_PER_S", "LiveCounters", "LiveHub", "StreamRefused", "WatchedFeed"]

LOAD_DEADLINE_S = 3.0
LOAD_POLL_S = 0.05
BEAT_S = 4.0  # the board says that it is stale after two of them without a word
PAGE_RUNS_PER_S = 15  # of all pages after a change: a tenth of a core that the streams do not get
PAGE_SPREAD_LEAST_S = 2.0


class WatchedFeed(Protocol):
    """What the hub needs of a Feed."""

    @property
    def status(self) -> FeedStatus: ...
    def watch(self, exam_id: str) -> object: ...
    def unwatch(self, exam_id: str) -> None: ...
    def add_listener(self, listener: Callable[[FeedStatus], None]) -> Callable[[], None]: ...


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
    """Owns the channels. open() it inside the running loop, close() it there; a closed one stays closed."""

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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beating: asyncio.Task[None] | None = None
        self._stop_listening: list[Callable[[], None]] = []
        self._is_closed = False

    async def open(self) -> None:
        """Begin to listen to the cache and the feed."""
        loop = self._loop = asyncio.get_running_loop()

        def told(change: Change) -> None:
            loop.call_soon_threadsafe(self._note, change)

        def state_changed(_status: FeedStatus) -> None:
            loop.call_soon_threadsafe(self._beat)

        self._stop_listening = [self._cache.add_listener(told), self._feed.add_listener(state_changed)]
        self._beating = asyncio.create_task(self._beat_for_ever(), name="live-beat")

    def end_streams(self) -> None:
        """End every stream and take no new one; call it on the loop."""
        self._is_closed = True
        for channel in self._channels.values():
            channel.close()

    async def close(self) -> None:
        """End every stream and listen no more. A second call does nothing."""
        while self._stop_listening:
            self._stop_listening.pop()()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])
        self.end_streams()

    @property
    def stream_count(self) -> int:
        """Open streams now."""
        return self._addresses.total()

    @property
    def channel_count(self) -> int:
        """Exams that somebody watches by stream."""
        return len(self._channels)

    def join(self, exam_id: str, address: str, last_event_id: str | None) -> Viewer:
        """A new viewer of one exam; give it back with leave(). Raises StreamRefused."""
        self._admit(address)
        channel = self._channels.get(exam_id)
        if channel is None:
            channel = self._channels[exam_id] = self._new_channel(exam_id)
        self._feed.watch(exam_id)
        self._addresses[address] += 1
        self.counters.streams_opened += 1
        # A first word at once: proxies and browsers then know that the stream stands.
        return channel.join(last_event_id, b"retry: 2000\n\n" + self._feed_message())

    def leave(self, exam_id: str, address: str, viewer: Viewer) -> None:
        """Call it once for each join()."""
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

    async def loaded(self, exam_id: str, deadline_s: float = LOAD_DEADLINE_S) -> ResultsSnapshot | None:
        """The results of an exam, asked for if nobody watches it; None if they did not come in time."""
        results = self._cache.results(exam_id)
        if results is not None or self._cache.is_absent(exam_id):
            return results
        self._feed.watch(exam_id)
        try:
            end_s = asyncio.get_running_loop().time() + deadline_s
            while results is None and asyncio.get_running_loop().time() < end_s:
                if self._cache.is_absent(exam_id):
                    return None
                await asyncio.sleep(LOAD_POLL_S)
                results = self._cache.results(exam_id)
        finally:
            self._feed.unwatch(exam_id)
        return results

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
            call_later=lambda delay_s, act: loop.call_later(delay_s, act),
            time_s=loop.time,
            wall_s=self._wall_s,
        )

    def _count_drop(self) -> None:
        self.counters.viewers_dropped += 1

    def _note(self, change: Change) -> None:
        self.counters.changes += 1
        match change:
            case ExamListChanged():
                for exam in change.upserts:
                    if (channel := self._channels.get(exam.id)) is not None:
                        channel.note_exam(change.version)
                for exam_id in change.removals:
                    if (channel := self._channels.get(exam_id)) is not None:
                        channel.note_gone(change.version)
            case ResultsChanged():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_rows(change.version, change.upserts, change.removals)
            case ResultsLoaded():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_loaded(change.version)
            case ResultsForgotten():
                if (channel := self._channels.get(change.exam_id)) is not None:
                    channel.note_gone(change.version)

    def _feed_message(self) -> bytes:
        spread_s = max(PAGE_SPREAD_LEAST_S, self.stream_count / PAGE_RUNS_PER_S)
        return server_sent_event(
            "feed", to_json({**feed_object(self._feed.status), "spread": round(spread_s, 1)})
        )

    def _beat(self) -> None:
        message = self._feed_message()
        for channel in list(self._channels.values()):
            channel.send(message)

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._beat()
