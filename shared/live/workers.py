"""Blocking calls of the feed, made by a few threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from shared.api.calls import PAGE_MAX

__all__ = ["Workers"]

_T = TypeVar("_T")

THREADS_MAX = 4  # calls at once; more wait, so that a feed that catches up does not flood the API


class Workers:
    """A pool of threads; close() it at the end."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="exam-feed")

    async def run(self, work: Callable[[], _T]) -> _T:
        """What `work` returns or raises. A cancelled call goes on in its thread; its result is dropped."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def read(self, rows: Iterator[_T]) -> list[_T]:
        """All rows of a listing. A cancelled one ends after the page that is under way."""
        read: list[_T] = []
        while page := await self.run(lambda: list(islice(rows, PAGE_MAX))):
            read += page
            if len(page) < PAGE_MAX:
                break
        return read

    async def close(self) -> None:
        """Waits for the calls under way; those that have not begun are dropped."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
