"""Stores an event loop's works in the order in which they come, most of them on the loop itself.

A short work takes less time than its way to the writer's thread and back, which is a quarter of a mutation's
time and a third of its processor. The thread takes whatever could hold up the loop: long works, large groups,
works that arrive during somebody else's transaction, all works for a while after a slow commit, and now and
then a group after whose commit SQLite folds its log into the file.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from deploy.local.backend.storage.database import Database, DatabaseClosed, Work

__all__ = ["LoopWriter"]

GROUP_MAX = 32  # works in one commit on the loop
SLOW_COMMIT_S = 0.01
SLOW_COMMIT_PAUSES = 20  # the loop waits for a slow disk for a twentieth of its time at most
WORKS_BETWEEN_CHECKPOINTS = 250  # each adds some 4 of the 1,000 pages after which the thread folds the log

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[T]):
    work: Work[T]
    on_stored: Callable[[T], None]
    is_short: bool
    answered: asyncio.Future[T | Exception]

    def answer(self, outcome: T | Exception) -> None:
        if not self.answered.done():  # else the caller is no longer waiting
            self.answered.set_result(outcome)
        if not isinstance(outcome, Exception):
            self.on_stored(outcome)


class LoopWriter:
    """`time_s` is a steady clock. Nothing to close: the database is its owner's."""

    def __init__(self, database: Database, time_s: Callable[[], float]) -> None:
        self._database, self._time_s = database, time_s
        self._gathered: list[_Waiting[Any]] = []
        self._thread_count = 0  # works that the thread has; until it has answered them, it gets every other
        self._paused_until_s = time_s()
        self._stored_count = 0  # works on the loop since the thread had one

    async def write(self, work: Work[T], on_stored: Callable[[T], None], *, is_short: bool) -> T:
        """The result of `work`, once it is on disk. Raises as the future of Database.submit does, or
        DatabaseClosed.

        `on_stored` is called with the result before anything that waits for it goes on, in the order of the
        commits, also when this caller is cancelled.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(work, on_stored, is_short, loop.create_future())
        if not self._gathered:
            # First come the requests that arrived with this one: so their writes share a flush.
            loop.call_soon(self._store_gathered, loop)
        self._gathered.append(waiting)
        outcome: T | Exception = await waiting.answered
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _store_gathered(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._gathered = self._gathered, []
        try:
            if not self._stored_here(group):
                for waiting in group:
                    self._hand_over(waiting, loop)
        except DatabaseClosed as closed:
            for waiting in group:
                if not waiting.answered.done():
                    waiting.answered.set_exception(closed)

    def _stored_here(self, group: list[_Waiting[Any]]) -> bool:
        begun_s = self._time_s()
        if (
            self._thread_count
            or self._stored_count >= WORKS_BETWEEN_CHECKPOINTS
            or begun_s < self._paused_until_s
            or len(group) > GROUP_MAX
            or not all(waiting.is_short for waiting in group)
        ):
            return False
        outcomes = self._database.try_write([waiting.work for waiting in group])
        if outcomes is None:
            return False
        ended_s = self._time_s()
        took_s = ended_s - begun_s
        if took_s > SLOW_COMMIT_S:
            self._paused_until_s = ended_s + SLOW_COMMIT_PAUSES * took_s
        self._stored_count += len(group)
        for waiting, outcome in zip(group, outcomes, strict=True):
            waiting.answer(outcome)
        return True

    def _hand_over(self, waiting: _Waiting[Any], loop: asyncio.AbstractEventLoop) -> None:
        def answer(stored: Future[Any]) -> None:
            self._thread_count -= 1
            error = stored.exception()
            waiting.answer(stored.result() if error is None else error)

        stored = self._database.submit(waiting.work)
        self._thread_count += 1
        self._stored_count = 0
        # Gets the future anew: a reference from here would be a cycle, left to the garbage collector.
        stored.add_done_callback(partial(_call_on, loop, answer))


def _call_on(loop: asyncio.AbstractEventLoop, function: Callable[[T], None], argument: T) -> None:
    """From any thread; of a loop that has ended, nobody waits for it."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, argument)
