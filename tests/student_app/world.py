"""A cache filled as by a feed, and a feed controlled by the test."""

import asyncio
import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from shared.live.cache import ExamCache, ResultsSnapshot
from shared.live.status import ExamLoad, FeedState, FeedStatus
from shared.model.exam import Exam, Result
from student_app.stream.viewer import Viewer

__all__ = ["FakeFeed", "Screen", "events_of", "filled_cache", "shown"]

START_S = 1_780_000_000.0


def filled_cache(
    *exams: tuple[Exam, list[Result]], now_s: Callable[[], float] = lambda: START_S
) -> ExamCache:
    """A cache with these exams listed, and the results of each loaded."""
    cache = ExamCache(now_s)
    cache.finish_exams(cache.begin_exams(), [exam for exam, _ in exams])
    for exam, rows in exams:
        cache.finish_results(cache.begin_results(exam.id), rows)
    return cache


def shown(*rows: Result, received_at_s: Mapping[str, float] = MappingProxyType({})) -> ResultsSnapshot:
    """These results of one exam, as a cache shows them."""
    return ResultsSnapshot(rows[0].exam_id if rows else "", 1, rows, received_at_s)


@dataclass
class FakeFeed:
    """`watched` counts the watchers of each exam, `touched` those that pages requested; `become` changes the
    state and notifies all listeners. An exam in `loads` has that load, others the cache's."""

    cache: ExamCache | None = None

    status: FeedStatus = field(default_factory=lambda: FeedStatus(FeedState.LIVE, START_S, START_S))
    watched: Counter[str] = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)
    loads: dict[str, ExamLoad] = field(default_factory=dict)
    _listeners: list[Callable[[FeedStatus], None]] = field(default_factory=list)

    def watch(self, exam_id: str) -> None:
        self.watched[exam_id] += 1

    def unwatch(self, exam_id: str) -> None:
        self.watched[exam_id] -= 1

    def touch(self, exam_id: str) -> None:
        self.touched.add(exam_id)

    def load_of(self, exam_id: str) -> ExamLoad:
        if exam_id in self.loads:
            return self.loads[exam_id]
        if self.cache is None or self.cache.results(exam_id) is not None:
            return ExamLoad.LOADED
        return ExamLoad.ABSENT if self.cache.is_absent(exam_id) else ExamLoad.LOADING

    def add_listener(self, listener: Callable[[FeedStatus], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def become(self, state: FeedState) -> None:
        self.status = dataclasses.replace(self.status, state=state)
        for listener in list(self._listeners):
            listener(self.status)


def events_of(stream: bytes) -> list[dict[str, Any]]:
    """Server-sent events as a browser reads them: kind, id and data of each."""
    found: list[dict[str, Any]] = []
    for block in stream.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line)
        if "event" in fields:
            data = json.loads(fields["data"])
            found.append({"kind": fields["event"], "id": fields.get("id"), "data": data})
    return found


class Screen:
    """The connection of a viewer, in memory. `messages` are its unread bytes; None is its end."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.messages: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_stalled = False
        viewer.connection_made(cast("asyncio.Transport", self))

    def stall(self) -> None:
        """It reads nothing more, and the socket takes nothing more."""
        self.is_stalled = True
        self.viewer.pause_writing()

    def go_on(self) -> None:
        self.is_stalled = False
        self.viewer.resume_writing()

    # What a transport has.

    def get_extra_info(self, _name: str) -> None: ...

    def write(self, data: bytes | memoryview) -> None:
        self.messages.put_nowait(bytes(data))

    def close(self) -> None:
        if not self.is_stalled:
            self.abort()

    def abort(self) -> None:
        self.messages.put_nowait(None)
        self.viewer.connection_lost(None)
