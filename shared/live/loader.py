"""Listings: of all published exams, and of the results of those exams that are watched most.

An exam by link is in no listing: an exam that somebody wants and no listing has is asked for by its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar

from cachetools import TTLCache

from shared.api.calls import GuestApi
from shared.live.cache import ExamCache
from shared.live.status import ExamLoad, FeedMonitor
from shared.live.supervision import growing_pauses_s
from shared.live.timings import FeedTimings
from shared.live.watches import Watches
from shared.live.workers import Workers
from shared.model.errors import ApiRefused, BackendUnreachable

__all__ = ["Loader"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

UNKNOWN_MAX = 200  # exams that wait to be asked for; anybody can make up ids, and more count as absent
ABSENT_MAX = 10_000


class Loader:
    """Fills the cache with whole listings; close() it at the end.

    Its methods belong to the feed's loop, but for load_of(), which reads the cache and immutable sets.
    """

    def __init__(
        self,
        api: GuestApi,
        cache: ExamCache,
        workers: Workers,
        monitor: FeedMonitor,
        timings: FeedTimings,
        exams_loaded_max: int,
    ) -> None:
        self._api, self._cache, self._workers = api, cache, workers
        self._monitor, self._timings = monitor, timings
        self._watches = Watches(exams_loaded_max, timings.keep_unwatched_s, time.monotonic)
        self._chosen: frozenset[str] = frozenset()
        self._left_out: frozenset[str] = frozenset()
        self._loads: dict[str, asyncio.Task[None]] = {}  # the newest listing of each exam's results
        self._wake = asyncio.Event()  # another choice may be due
        self.by_link: frozenset[str] = frozenset()  # those of the chosen exams that no listing has
        self.by_link_changed = asyncio.Event()
        self._unknown: dict[str, None] = {}  # exams to ask for, in this order; one leaves it once it was
        self._unknown_wake = asyncio.Event()
        self._absent: TTLCache[str, None] = TTLCache(ABSENT_MAX, timings.absent_s)

    # Watchers and exams.

    def watch(self, exam_id: str) -> None:
        """One watcher more; the results are loaded in the background."""
        self._watches.add(exam_id)
        self._wake.set()
        self._ask_for(exam_id)

    def unwatch(self, exam_id: str) -> None:
        """One watcher fewer."""
        self._watches.drop(exam_id)
        self.touch(exam_id)

    def touch(self, exam_id: str) -> None:
        """Somebody wanted this exam a moment ago. Only published ones are remembered: anybody can make up
        ids."""
        if self._cache.exam(exam_id) is not None:
            self._watches.remember(exam_id)
        self._wake.set()

    def load_of(self, exam_id: str) -> ExamLoad:
        """Where this exam's results are."""
        if self._cache.results(exam_id) is not None:
            return ExamLoad.LOADED
        if self._cache.is_absent(exam_id):
            return ExamLoad.LOADING if exam_id in self._unknown else ExamLoad.ABSENT
        return ExamLoad.NO_ROOM if exam_id in self._left_out else ExamLoad.LOADING

    # Listings.

    async def run(self) -> None:
        """The duty: loads the exams that are watched most, and drops those that have to make room."""
        while True:
            self._wake.clear()
            self._choose()
            for exam_id in self._open() - self._cache.loaded_exam_ids() - self._loads.keys():
                self._begin(exam_id, self._load(exam_id))
            await asyncio.sleep(self._timings.choose_pause_s)  # however many come and go
            await self._wake.wait()

    async def look_up(self) -> None:
        """The duty: asks for the exams that no listing has; again, while somebody waits for one of them."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.look_again_s):
                    await self._unknown_wake.wait()
            self._unknown_wake.clear()
            if not self._unknown:
                self._unknown = dict.fromkeys(
                    exam_id for exam_id in self._watches.wanted()[:UNKNOWN_MAX] if self._is_unknown(exam_id)
                )
            while self._unknown:
                exam_id = next(iter(self._unknown))
                try:
                    await self.look_at(exam_id)
                except (BackendUnreachable, ApiRefused) as error:
                    logger.info("the exam %s could not be looked up: %s", exam_id, error)
                finally:
                    self._unknown.pop(exam_id, None)
                await asyncio.sleep(self._timings.look_pause_s)

    async def look_at(self, exam_id: str) -> bool:
        """Takes over the exam as the API has it now; whether it is there. Raises as GuestApi does."""
        exam = await self._workers.run(functools.partial(self._api.get_exam, exam_id))
        self._unknown.pop(exam_id, None)
        if exam is None or not exam.is_published:
            self._absent[exam_id] = None
            self._cache.note_absent(exam_id)
        else:
            self._absent.pop(exam_id, None)
            self._cache.put_exam(exam)
        self._wake.set()
        return exam is not None

    def _ask_for(self, exam_id: str) -> None:
        if len(self._unknown) >= UNKNOWN_MAX or not self._is_unknown(exam_id) or exam_id in self._absent:
            return
        self._unknown[exam_id] = None
        self._unknown_wake.set()

    def _is_unknown(self, exam_id: str) -> bool:
        return self._cache.exam(exam_id) is None

    async def list_exams(self) -> None:
        """Merges a whole listing of the exams. Raises as GuestApi does.

        An exam of which it has a newer version was changed unheard, so its results may have come out unheard:
        they are listed again.
        """
        mark = self._cache.begin_exams()
        exams = await self._workers.read(self._api.list_exams())
        # The listing comes from an index that lags behind (DynamoDB's global secondary indexes are never
        # consistent); getExam reads the table itself.
        unlisted = await _all(
            self._workers.run(functools.partial(self._api.get_exam, exam_id))
            for exam_id in self._cache.unlisted_exam_ids(mark, exams)
        )
        versions = {
            exam_id: self._version_of(exam_id)
            for exam_id in self._cache.loaded_exam_ids() | self._loads.keys()
        }
        self._cache.finish_exams(mark, [*exams, *(exam for exam in unlisted if exam is not None)])
        for exam_id, version in versions.items():
            if self._version_of(exam_id) not in (version, None):
                self.reload(exam_id)
        self._monitor.count(listings=1)
        self._wake.set()

    async def refresh(self) -> None:
        """Merges whole listings of the exams and of all results that are held. Raises as GuestApi does."""
        await self.list_exams()
        self._choose()
        begun = {exam_id: self._begin(exam_id, self._list_results(exam_id)) for exam_id in self._open()}
        await _all(self._newest(exam_id, load) for exam_id, load in begun.items())

    def reload(self, exam_id: str) -> None:
        """This exam was published, or its hour came: its results may have changed unheard before."""
        self._choose()
        if exam_id in self._open():
            self._begin(exam_id, self._load(exam_id))
        self._wake.set()

    def exams_changed(self) -> None:
        """Exams came or went: other ones may be loaded."""
        self._wake.set()

    async def close(self) -> None:
        """Ends the listings under way."""
        loads = list(self._loads.values())
        for load in loads:
            load.cancel()
        await asyncio.gather(*loads, return_exceptions=True)

    def _version_of(self, exam_id: str) -> int | None:
        exam = self._cache.exam(exam_id)
        return None if exam is None else exam.version

    def _open(self) -> frozenset[str]:
        """The chosen exams that have results to load."""
        return self._chosen - self._cache.held_back().keys()

    def _choose(self) -> None:
        held = self._cache.loaded_exam_ids() | self._loads.keys()
        self._chosen, self._left_out = self._watches.choose(
            held, lambda exam_id: self._cache.exam(exam_id) is not None
        )
        for exam_id in held - self._chosen:
            if exam_id in self._loads:
                self._loads.pop(exam_id).cancel()
            self._cache.forget_results(exam_id)
        by_link = self._cache.by_link_ids()
        if by_link:
            wanted = set(self._watches.wanted())
            for exam_id in by_link:
                if exam_id not in wanted:
                    self._cache.forget_exam(exam_id)
        chosen_by_link = self._chosen.intersection(by_link)
        if chosen_by_link != self.by_link:
            self.by_link = chosen_by_link
            self.by_link_changed.set()

    def _begin(self, exam_id: str, listing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Replaces a listing that was begun before: events may be missing since then."""
        if exam_id in self._loads:
            self._loads[exam_id].cancel()
        load = self._loads[exam_id] = asyncio.create_task(listing)
        load.add_done_callback(functools.partial(self._end, exam_id))
        return load

    async def _newest(self, exam_id: str, load: asyncio.Task[None]) -> None:
        """Waits for this listing or, if another one has replaced it, for that. Raises what that raises."""
        while True:
            await asyncio.wait([load])
            if not load.cancelled():
                load.result()
                return
            replacement = self._loads.get(exam_id)
            if replacement is None or replacement is load:
                return  # the exam is not held any more
            load = replacement

    def _end(self, exam_id: str, load: asyncio.Task[None]) -> None:
        if self._loads.get(exam_id) is load:
            del self._loads[exam_id]
            self._wake.set()  # a listing that failed leaves an exam to be loaded
        if not load.cancelled():
            load.exception()  # retrieved: whoever waited for it may have been cancelled since

    async def _load(self, exam_id: str) -> None:
        """Lists one exam's results until that succeeds."""
        for pause_s in growing_pauses_s(self._timings.first_pause_s, self._timings.longest_pause_s):
            try:
                await self._list_results(exam_id)
            except BackendUnreachable as error:
                logger.info("the results of %s are listed again soon: %s", exam_id, error)
            except ApiRefused as refusal:
                logger.warning("the API refused the results of %s: %s", exam_id, refusal)
                pause_s = self._timings.refused_pause_s
            except Exception:
                logger.exception("the results of %s could not be loaded", exam_id)
            else:
                return
            await asyncio.sleep(pause_s)

    async def _list_results(self, exam_id: str) -> None:
        mark = self._cache.begin_results(exam_id)
        self._cache.finish_results(mark, await self._workers.read(self._api.list_results(exam_id)))
        self._monitor.count(listings=1)


async def _all(awaitables: Iterable[Awaitable[_T]]) -> list[_T]:
    """All results, once every one has come. Raises the first error; what was cancelled alone is left out."""
    outcomes = await asyncio.gather(*awaitables, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
