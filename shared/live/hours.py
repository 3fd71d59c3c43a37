"""The hours of announced exams: the API sends nothing when one comes, so the feed asks at the moment.

What counts is the API's clock. Its answers say how far off an hour is, whatever time it is here; a moment
before the hour the feed asks once more, which makes good what a clock has lost since; and at the hour it is
the API that says whether results are public.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Collection, Iterator

from shared.live.cache import Change, ExamCache, ExamListChanged
from shared.live.loader import Loader
from shared.live.supervision import growing_pauses_s
from shared.live.timings import FeedTimings
from shared.model.errors import ApiRefused, BackendUnreachable

__all__ = ["Hours"]

logger = logging.getLogger(__name__)

LONGEST_SLEEP_S = 60.0  # a listing may correct an hour without a word
SHORTEST_SLEEP_S = 0.02  # between two questions about an hour that the API does not see yet
ASKED_ALONE_MAX = 10  # of more exams of one hour all are listed


class Hours:
    """One duty over the cache's exams that are held back."""

    def __init__(self, cache: ExamCache, loader: Loader, timings: FeedTimings) -> None:
        self._cache, self._loader, self._timings = cache, loader, timings
        self._late_s = random.uniform(0, timings.hour_spread_s)  # noqa: S311  # no secret
        self._known: frozenset[str] = frozenset()  # held back when last looked at
        self._checked: dict[str, int] = {}  # id -> the version whose hour was checked a moment before
        self._again: list[tuple[float, str]] = []  # when to list an exam's results once more
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """The duty: asks at each hour, and loads what is watched."""
        stop_listening = self._cache.add_listener(self._note)
        pauses_s = self._pauses_s()
        try:
            while True:
                self._changed.clear()
                try:
                    await self._ask(self._due())
                except (BackendUnreachable, ApiRefused) as error:
                    logger.info("the hours are asked for again soon: %s", error)
                    await asyncio.sleep(next(pauses_s))
                else:
                    pauses_s = self._pauses_s()
                self._load()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._sleep_s()):
                        await self._changed.wait()
        finally:
            stop_listening()

    def _note(self, change: Change) -> None:
        if isinstance(change, ExamListChanged):
            self._changed.set()

    def _due(self) -> list[str]:
        return [one for one, left_s in self._cache.held_back().items() if self._wait_s(one, left_s) <= 0]

    async def _ask(self, exam_ids: Collection[str]) -> None:
        """Takes in what the API says about these exams. Raises as GuestApi does."""
        if len(exam_ids) > ASKED_ALONE_MAX:
            await self._loader.list_exams()
        elif exam_ids:
            are_there = await asyncio.gather(*map(self._loader.look_at, exam_ids))
            if not all(are_there):  # withdrawn unheard: a listing takes out what is in one
                await self._loader.list_exams()
        for exam_id in exam_ids:
            exam = self._cache.exam(exam_id)
            if exam is not None:
                self._checked[exam_id] = exam.version

    def _load(self) -> None:
        """Lists the results of exams that are held back no longer: now, and again after a while."""
        now_s = asyncio.get_running_loop().time()
        held_back = frozenset(self._cache.held_back())
        let_go = [one for one in self._known - held_back if self._cache.exam(one) is not None]
        self._again += [(now_s + pause_s, one) for one in let_go for pause_s in self._timings.hour_again_s]
        for exam_id in [*let_go, *(one for at_s, one in self._again if at_s <= now_s)]:
            self._loader.reload(exam_id)
        self._again = [(at_s, one) for at_s, one in self._again if at_s > now_s]
        self._checked = {one: version for one, version in self._checked.items() if one in held_back}
        self._known = held_back

    def _wait_s(self, exam_id: str, left_s: float) -> float:
        """Until the API is to be asked about this exam."""
        exam = self._cache.exam(exam_id)
        is_checked = exam is not None and self._checked.get(exam_id) == exam.version
        return left_s + self._late_s if is_checked else left_s - self._timings.hour_check_s

    def _sleep_s(self) -> float:
        now_s = asyncio.get_running_loop().time()
        waits_s = [self._wait_s(one, left_s) for one, left_s in self._cache.held_back().items()]
        waits_s += [at_s - now_s for at_s, _ in self._again]
        return max(SHORTEST_SLEEP_S, min([LONGEST_SLEEP_S, *waits_s]))

    def _pauses_s(self) -> Iterator[float]:
        return growing_pauses_s(self._timings.first_pause_s, self._timings.longest_pause_s)
