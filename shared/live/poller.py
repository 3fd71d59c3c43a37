"""Listings by the clock: without a connection, as a backstop beside it, and when the index has caught up."""

from __future__ import annotations

import asyncio
import logging
import random

from shared.live.loader import Loader
from shared.live.status import FeedMonitor, FeedState
from shared.live.supervision import growing_pauses_s
from shared.live.timings import FeedTimings
from shared.model.errors import ApiRefused, BackendUnreachable, ExamResultsError

__all__ = ["Poller"]

logger = logging.getLogger(__name__)


class Poller:
    """Two duties over one loader."""

    def __init__(self, loader: Loader, monitor: FeedMonitor, timings: FeedTimings) -> None:
        self._loader, self._monitor, self._timings = loader, monitor, timings
        self._index_lags = asyncio.Event()

    async def poll(self) -> None:
        """The duty: lists everything often while offline, seldom while connected, never while refused."""
        time_s = asyncio.get_running_loop().time
        listed_at = time_s()
        while True:
            poll_s = self._timings.poll_offline_s
            await asyncio.sleep(random.uniform(poll_s / 2, poll_s))  # noqa: S311  # no secret
            status = self._monitor.status
            is_connected = status.state is not FeedState.OFFLINE
            if status.is_refused or (is_connected and time_s() - listed_at < self._timings.poll_live_s):
                continue
            listed_at, begun_at_s = time_s(), self._monitor.now_s()
            try:
                await self._loader.refresh()
            except ExamResultsError as error:
                logger.info("a polled listing failed: %s", error)
                continue
            status = self._monitor.status
            if status.state is FeedState.OFFLINE:
                self._monitor.set_state(FeedState.OFFLINE, status.reason, as_of_s=begun_at_s)

    def note_exams_changed(self) -> None:
        """A listing may not show the newest exams yet: they are listed again after a while."""
        self._index_lags.set()

    async def follow_index(self) -> None:
        """The duty: lists the exams once more when their index has surely caught up."""
        while True:
            await self._index_lags.wait()
            self._index_lags.clear()
            await asyncio.sleep(self._timings.index_lag_s)
            for pause_s in growing_pauses_s(self._timings.first_pause_s, self._timings.longest_pause_s):
                try:
                    await self._loader.list_exams()
                except BackendUnreachable as error:
                    logger.info("the exams are listed again soon: %s", error)
                except ApiRefused as refusal:
                    logger.warning("the API refused the list of exams: %s", refusal)
                    break
                else:
                    break
                await asyncio.sleep(pause_s)
