"""Connections for exams by link: the API sends their events only to those who name the exam.

Each exam that somebody watches has a connection of its own, since AppSync allows a hundred subscriptions on
one. It begins as the feed's does: subscribe, wait for every start_ack, then read exam and results again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import NoReturn

from shared.api.operations import guest_subscriptions_of
from shared.identity.guest import GuestCredentials
from shared.live.appsync_client import EventHandler, RealtimeConnection
from shared.live.loader import Loader
from shared.live.supervision import forever, growing_pauses_s, run_until_first
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.errors import ExamResultsError
from shared.settings import BackendSettings

__all__ = ["ByLinkConnections"]

logger = logging.getLogger(__name__)


class ByLinkConnections:
    """One duty: hear of every exam by link whose results are held. `on_event` is the feed's own handler."""

    def __init__(
        self,
        settings: BackendSettings,
        guest: GuestCredentials,
        loader: Loader,
        workers: Workers,
        timings: FeedTimings,
        on_event: EventHandler,
    ) -> None:
        self._settings, self._guest, self._on_event = settings, guest, on_event
        self._loader, self._workers, self._timings = loader, workers, timings

    async def run(self) -> None:
        """The duty: a connection for each of these exams, as they come and go."""
        following: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                self._loader.by_link_changed.clear()
                wanted = self._loader.by_link
                for exam_id in following.keys() - wanted:
                    following.pop(exam_id).cancel()
                for exam_id in wanted - following.keys():
                    following[exam_id] = asyncio.create_task(self._follow(exam_id))
                await self._loader.by_link_changed.wait()
        finally:
            for task in following.values():
                task.cancel()
            await asyncio.gather(*following.values(), return_exceptions=True)

    async def _follow(self, exam_id: str) -> None:
        pauses_s, time_s = self._pauses_s(), asyncio.get_running_loop().time
        while True:
            begun_at = time_s()
            try:
                await self._connect_once(exam_id)
            except ExamResultsError as error:
                logger.info("the exam %s is listened to again soon: %s", exam_id, error)
            except Exception:
                logger.exception("the exam %s could not be listened to", exam_id)
            if time_s() - begun_at > self._timings.longest_pause_s:
                pauses_s = self._pauses_s()
            await asyncio.sleep(next(pauses_s))

    def _pauses_s(self) -> Iterator[float]:
        return growing_pauses_s(self._timings.first_pause_s, self._timings.longest_pause_s)

    async def _connect_once(self, exam_id: str) -> None:
        """One connection until it is lost; always raises."""
        credentials = await self._workers.run(self._guest.current)
        connection = RealtimeConnection(self._settings, credentials, self._on_event, self._timings.realtime)
        try:
            await connection.open(guest_subscriptions_of(exam_id))
            await run_until_first(connection.lost(), self._stay_current(exam_id))
        finally:
            await connection.close()

    async def _stay_current(self, exam_id: str) -> NoReturn:
        """Reads the exam and its results again, and the results once more: as in FeedConnection, a late event
        may bring back a row. Raises as GuestApi does."""
        await self._loader.look_at(exam_id)
        self._loader.reload(exam_id)
        await asyncio.sleep(self._timings.late_events_s)
        self._loader.reload(exam_id)
        await forever()
