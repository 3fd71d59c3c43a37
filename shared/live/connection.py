"""The feed's connection: made again whenever it is lost, and everything listed that may have been missed.

    OFFLINE ──connected, every subscription acknowledged──► CATCHING_UP ──whole listings merged──► LIVE
       ▲                                                      │  ▲                                  │
       │                                                      │  └──an event could not be read──────┤
       └─────────────── lost, silent, ended or refused ───────┴─────────────────────────────────────┘

Each connection begins in the same order, so that no change falls between: subscribe, wait for every
start_ack, list the exams and the results that are held, and merge. Events that come meanwhile are merged by
the same rules; late ones, of changes from before, are made good by one more listing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from botocore.credentials import Credentials

from shared.api.operations import GUEST_SUBSCRIPTIONS, GuestEvent
from shared.identity.guest import GuestCredentials
from shared.live.appsync_client import RealtimeConnection
from shared.live.cache import ExamCache
from shared.live.events import apply_event
from shared.live.loader import Loader
from shared.live.poller import Poller
from shared.live.status import FeedMonitor, FeedState
from shared.live.supervision import forever, growing_pauses_s, run_until_first
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.errors import ApiRefused, BackendUnreachable, ExamResultsError, FieldInvalid
from shared.settings import BackendSettings

__all__ = ["FeedConnection"]

logger = logging.getLogger(__name__)

_EXAM_EVENTS = {GuestEvent.EXAM_UPDATED, GuestEvent.EXAM_PUBLISHED, GuestEvent.EXAM_REMOVED}


class FeedConnection:
    """One duty: stay connected, and stay current."""

    def __init__(
        self,
        settings: BackendSettings,
        guest: GuestCredentials,
        cache: ExamCache,
        loader: Loader,
        poller: Poller,
        workers: Workers,
        monitor: FeedMonitor,
        timings: FeedTimings,
    ) -> None:
        self._settings, self._guest, self._cache = settings, guest, cache
        self._loader, self._poller, self._workers = loader, poller, workers
        self._monitor, self._timings = monitor, timings
        self._used: Credentials | None = None  # by the last connection
        self._gap = asyncio.Event()  # something was missed that no listing has made good yet
        self._unsure: set[str] | None = None  # exams of which rows came while late events may come

    async def run(self) -> None:
        """The duty: connects again and again; after a refusal once with fresh credentials, then late."""
        pauses_s, refusals = self._pauses_s(), 0
        while True:
            connections = self._monitor.counters.connections
            try:
                await self._connect_once()
            except ExamResultsError as error:
                was_live = self._monitor.counters.connections > connections
                if was_live:
                    pauses_s, refusals = self._pauses_s(), 0
                self._monitor.count(**{"losses" if was_live else "failures": 1})
                is_refusal = isinstance(error, ApiRefused)
                refusals += is_refusal
                is_refused = is_refusal and refusals > 1
                self._monitor.set_state(FeedState.OFFLINE, str(error), is_refused=is_refused)
                pause_s = self._timings.refused_pause_s if is_refused else next(pauses_s)
                if is_refusal:
                    logger.warning("the API refused the feed: %s", error)
                    if not is_refused:
                        await self._renew_credentials()
            await asyncio.sleep(pause_s)

    async def _connect_once(self) -> None:
        """One connection until it is lost; always raises."""
        credentials = self._used = await self._workers.run(self._guest.current)
        connection = RealtimeConnection(self._settings, credentials, self.on_event, self._timings.realtime)
        self._unsure = set()
        try:
            await connection.open(GUEST_SUBSCRIPTIONS)
            await run_until_first(connection.lost(), self._stay_current(), self._settle())
        finally:
            silent_s = asyncio.get_running_loop().time() - connection.heard_at
            is_live = self._monitor.status.state is FeedState.LIVE
            self._monitor.set_state(
                FeedState.OFFLINE,
                "the connection was lost",
                as_of_s=self._monitor.now_s() - silent_s if is_live else None,
            )
            await connection.close()

    async def _stay_current(self) -> None:
        """Lists everything at first, and again after each gap. Raises ApiRefused."""
        reason, relist_pause_s, was_live = None, 0.0, False
        while True:
            self._monitor.set_state(FeedState.CATCHING_UP, reason)
            await asyncio.sleep(relist_pause_s)
            self._gap.clear()
            await self._catch_up()
            self._poller.note_exams_changed()
            if not self._gap.is_set():
                self._monitor.count(connections=int(not was_live))
                was_live = True
                self._monitor.set_state(FeedState.LIVE)
            listed_at = asyncio.get_running_loop().time()
            await self._gap.wait()
            reason = "an event could not be read"
            relist_pause_s = self._timings.relist_pause_s - (asyncio.get_running_loop().time() - listed_at)

    async def _settle(self) -> NoReturn:
        """Lists once more the results of exams of which rows came soon after the connection.

        A row may have been deleted before deletions were heard, and a late event of an earlier change brings
        it back: nothing in the event tells it from a new row.
        """
        await asyncio.sleep(self._timings.late_events_s)
        unsure, self._unsure = self._unsure or set(), None
        for exam_id in sorted(unsure):
            self._loader.reload(exam_id)
        await forever()

    async def _catch_up(self) -> None:
        """Lists everything that is held until all of it has come. Raises ApiRefused."""
        for pause_s in self._pauses_s():
            try:
                await self._loader.refresh()
            except BackendUnreachable as error:
                logger.info("catching up again: %s", error)
                await asyncio.sleep(pause_s)
            else:
                return

    def on_event(self, field: str, row: Mapping[str, Any] | None) -> None:
        """Merges one event; None is one that cannot be read."""
        try:
            if row is None:
                raise ValueError("an event without a row")
            before = self._cache.exam(str(row.get("id")))
            event = apply_event(self._cache, field, row)
        except (KeyError, TypeError, ValueError, AttributeError, FieldInvalid) as error:
            logger.warning("an event of %s cannot be read, everything is listed again: %r", field, error)
            self._monitor.count(gaps=1)
            self._gap.set()
            return
        self._monitor.count(events=1)
        if event is GuestEvent.RESULTS_PUT and self._unsure is not None:
            self._unsure.add(row["examId"])
        if event in _EXAM_EVENTS:
            self._loader.exams_changed()
            self._poller.note_exams_changed()
        # After a version that was not heard, results may have come out unheard.
        is_gap = before is not None and int(row["version"]) > before.version + 1
        if event is GuestEvent.EXAM_PUBLISHED or (event in _EXAM_EVENTS and is_gap):
            self._loader.reload(row["id"])

    async def _renew_credentials(self) -> None:
        """Those of the last connection, unless a request that was refused beside it has renewed them."""
        used = self._used
        if used is None:
            return
        try:
            await self._workers.run(lambda: self._guest.renew(used))
        except ExamResultsError as error:
            logger.info("guest credentials were not renewed: %s", error)

    def _pauses_s(self) -> Iterator[float]:
        return growing_pauses_s(self._timings.first_pause_s, self._timings.longest_pause_s)
