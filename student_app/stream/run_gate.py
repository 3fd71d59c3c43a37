"""Runs the page script for one viewer at a time, and only when the event loop is idle: live streams go first.

Python runs one thread at a time. Beside many pages that run without a pause, the event loop would wait for
its turn behind each of them, again and again; a change to a thousand viewers took seconds. So one page runs
at a time, and the next starts only when the loop has sent everything that was ready: at most one page delays
a change. Waiting costs the pages nothing: in parallel they would not finish sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from types import TracebackType

__all__ = ["RunGate", "run_gate"]

LOOP_CHECK_S = 1.0  # how often a waiting run checks that its loop is still running


class RunGate:
    """A reentrant context manager for threads that run pages; without a loop they run one after the other."""

    def __init__(self) -> None:
        self._run_lock = threading.RLock()  # held by the run that was admitted
        self._thread = threading.local()  # depth: int; loop: the one that admitted this thread, or None
        self._loop: asyncio.AbstractEventLoop | None = None
        # The next two are used on the loop's thread only.
        self._waiting: deque[threading.Event] = deque()
        self._is_occupied = False

    @contextlib.contextmanager
    def controlled_by(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Within the block, which runs on `loop`, that loop admits each run; at its end all are admitted."""
        self._loop = loop
        try:
            yield
        finally:
            self._loop = None
            self._is_occupied = False
            while self._waiting:
                self._waiting.popleft().set()

    def __enter__(self) -> None:
        depth: int = getattr(self._thread, "depth", 0)
        if depth == 0:
            self._thread.loop = self._wait_for_admission()
        self._run_lock.acquire()
        self._thread.depth = depth + 1

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._thread.depth -= 1
        self._run_lock.release()
        if self._thread.depth == 0 and self._thread.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: no one waits
                self._thread.loop.call_soon_threadsafe(self._release)

    def _wait_for_admission(self) -> asyncio.AbstractEventLoop | None:
        loop, admitted = self._loop, threading.Event()
        if loop is None:
            return None
        try:
            loop.call_soon_threadsafe(self._request, admitted)
        except RuntimeError:  # the loop is closed
            return None
        while not admitted.wait(LOOP_CHECK_S):
            if self._loop is not loop:
                return None
        return loop

    # On the loop, where a request made during a broadcast waits until the broadcast is sent.

    def _request(self, admitted: threading.Event) -> None:
        self._waiting.append(admitted)
        self._admit_next()

    def _release(self) -> None:
        self._is_occupied = False
        self._admit_next()

    def _admit_next(self) -> None:
        if self._waiting and not self._is_occupied:
            self._is_occupied = self._loop is not None
            self._waiting.popleft().set()


run_gate = RunGate()
