"""Pages take turns, and the event loop gives them: the live streams go first.

Python runs one thread at a time. The event loop lets go at each message that it sends; with pages running
beside it without a pause, it waits a thousand times to send one change to a thousand viewers, which took 2 to
6 s. So one page runs at a time, and the next begins only when the loop has sent what it had to send: at most
one page is in the way of a change. To wait costs pages nothing: together they would not be ready sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from types import TracebackType

__all__ = ["PageTurns", "page_turn"]

LOOK_S = 1.0  # a page that waits looks so often whether there is still a loop


class PageTurns:
    """A context manager for the threads of pages; within its turn a thread may enter again.

    Without a loop that gives them, turns come simply one after the other.
    """

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._mine = threading.local()  # depth: int; loop: who gave this thread its turn
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[threading.Event] = deque()  # of the loop's thread alone, as the next
        self._is_given = False

    @contextlib.contextmanager
    def given_by(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """While the block runs, which is on this loop, it gives the turns; at the end none is waited for."""
        self._loop = loop
        try:
            yield
        finally:
            self._loop = None
            self._is_given = False
            while self._waiting:
                self._waiting.popleft().set()

    def __enter__(self) -> None:
        depth: int = getattr(self._mine, "depth", 0)
        if depth == 0:
            self._mine.loop = self._wait_until_given()
        self._turn.acquire()
        self._mine.depth = depth + 1

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._mine.depth -= 1
        self._turn.release()
        if self._mine.depth == 0 and self._mine.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                self._mine.loop.call_soon_threadsafe(self._take_back)

    def _wait_until_given(self) -> asyncio.AbstractEventLoop | None:
        loop, given = self._loop, threading.Event()
        if loop is None:
            return None
        try:
            loop.call_soon_threadsafe(self._ask, given)
        except RuntimeError:  # it is closed
            return None
        while not given.wait(LOOK_S):
            if self._loop is not loop:
                return None
        return loop

    # On the loop. What is asked for during a broadcast stands behind it.

    def _ask(self, given: threading.Event) -> None:
        self._waiting.append(given)
        self._give()

    def _take_back(self) -> None:
        self._is_given = False
        self._give()

    def _give(self) -> None:
        if self._waiting and not self._is_given:
            self._is_given = self._loop is not None
            self._waiting.popleft().set()


page_turn = PageTurns()
