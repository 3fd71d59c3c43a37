"""The numbers of one exam for its viewers: computed off the event loop, and not more often than they change.

Rules:
- a computation starts at once if none started within PAUSE_S; later requests within that time are joined;
- one computation runs at a time, and one that an edit of the exam overtakes is discarded;
- nothing is computed for results that were computed already.

Cost: 10,000 results take some 20 ms of a worker thread, twice a second at most. The loop only
sends some hundred bytes. All methods are called on the server's event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shared.live.cache import ExamCache
from student_app.stream.messages import numbers_object, server_sent_event, to_json

__all__ = ["PAUSE_S", "Compute", "LiveNumbers"]

PAUSE_S = 0.5

# Runs the first function on another thread, then the second on the loop with a function that returns the
# first one's message or raises its error.
Compute = Callable[[Callable[[], bytes], Callable[[Callable[[], bytes]], None]], None]


class LiveNumbers:
    """Hands a `numbers` message to `publish` whenever refresh() found other results than before.

    `message` is the newest, b"" before the first.
    """

    def __init__(
        self,
        exam_id: str,
        cache: ExamCache,
        publish: Callable[[bytes], None],
        *,
        compute: Compute,
        call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
        time_s: Callable[[], float],
    ) -> None:
        self.message = b""
        self._exam_id, self._cache, self._publish = exam_id, cache, publish
        self._compute, self._call_later, self._time_s = compute, call_later, time_s
        self._versions: tuple[int, int] | None = None  # of the exam and the results last computed with
        self._started_at_s = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._is_running = self._is_closed = False

    def refresh(self) -> None:
        """The exam or its results may have changed."""
        if self._timer is not None or self._is_running or self._is_closed:
            return  # what changes meanwhile is looked at then
        pause_s = self._started_at_s + PAUSE_S - self._time_s()
        if pause_s > 0:
            self._timer = self._call_later(pause_s, self._start)
        else:
            self._start()

    def forget(self) -> None:
        """The results are not shown any more."""
        self.message, self._versions = b"", None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Nobody watches any more: compute nothing from now on."""
        self._is_closed = True
        self.forget()

    def _start(self) -> None:
        self._timer = None
        exam, results = self._cache.exam(self._exam_id), self._cache.results(self._exam_id)
        if exam is None or results is None or results.is_held_back:
            return
        if self._versions == (exam.version, results.version):
            return
        versions = self._versions = exam.version, results.version
        self._started_at_s = self._time_s()
        self._is_running = True

        def work() -> bytes:
            return server_sent_event("numbers", to_json(numbers_object(exam, results.rows)))

        self._compute(work, lambda outcome: self._finish(versions, outcome))

    def _finish(self, versions: tuple[int, int], outcome: Callable[[], bytes]) -> None:
        self._is_running = False
        exam = self._cache.exam(self._exam_id)
        if self._versions == versions and exam is not None and exam.version == versions[0]:
            self.message = outcome()
            self._publish(self.message)
        self.refresh()
