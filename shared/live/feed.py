"""The live feed: one thread, one socket, and a cache that stays equal to what the API publishes.

    OFFLINE ──connected, every subscription acknowledged──► CATCHING_UP ──whole listings merged──► LIVE
       ▲                                                        │                                   │
       └──────────────── lost, silent, ended or refused ────────┴───────────────────────────────────┘

Each connection begins in the same order, so that no change falls between: subscribe, wait for every
start_ack, list the exams and the results that are held, and merge; events that come meanwhile are merged by
the same rules. While the socket is away the listings are polled instead; while it is there they are read
again now and then, as a backstop.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from shared.api.calls import GuestApi
from shared.api.http import Patience
from shared.api.operations import GUEST_SUBSCRIPTIONS
from shared.identity.guest import GuestCredentials
from shared.live.appsync_client import RealtimeConnection, RealtimeTimings
from shared.live.cache import ExamCache
from shared.live.watches import Watches
from shared.model.errors import ApiRefused, BackendUnreachable, ExamResultsError, FieldInvalid, NotAllowed
from shared.model.exam import exam_from_wire, result_from_wire
from shared.settings import BackendSettings

__all__ = ["ExamLoad", "Feed", "FeedCounters", "FeedState", "FeedStatus", "FeedTimings"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")


class FeedState(StrEnum):
    """How current the cache is."""

    OFFLINE = "OFFLINE"
    CATCHING_UP = "CATCHING_UP"
    LIVE = "LIVE"


class ExamLoad(StrEnum):
    """Where one watched exam's results are."""

    LOADED = "LOADED"
    LOADING = "LOADING"
    ABSENT = "ABSENT"  # no such published exam; should it be published, it is loaded
    CROWDED = "CROWDED"  # other exams have more watchers, and there is no room; loaded when there is


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """`since_s`: when this state began. `as_of_s`: the cache was right at this moment, None if it never was.

    Both are epoch seconds. `reason` says why the feed is not live; `is_refused` that the API turned this
    guest away, so that it is asked again only after minutes.
    """

    state: FeedState
    since_s: float
    as_of_s: float | None
    reason: str | None = None
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class FeedCounters:
    """What happened since the start, for /metrics."""

    connections: int = 0  # that became live
    losses: int = 0  # of live connections
    failures: int = 0  # connections that never became live
    events: int = 0
    gaps: int = 0  # events that could not be read; each brings a new listing
    listings: int = 0  # whole listings merged, of exams or of one exam's results


@dataclass(frozen=True, slots=True)
class FeedTimings:
    """All in seconds. Pauses are drawn between half and all of what is given, so that feeds do not move in
    step."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 15.0
    refused_pause_s: float = 300.0
    poll_live_s: float = 300.0  # the backstop
    poll_offline_s: float = 30.0
    relist_pause_s: float = (
        5.0  # least time between two listings, should one unreadable event follow the other
    )
    keep_unwatched_s: float = 600.0
    cancel_again_s: float = 2.5  # longer than a connection takes to close
    realtime: RealtimeTimings = field(default_factory=RealtimeTimings)
    # A closing feed waits for a request under way: so each is short, and the feed itself asks again.
    patience: Patience = field(
        default_factory=lambda: Patience(connect_timeout_s=3.0, read_timeout_s=4.0, deadline_s=0.0)
    )


class Feed:
    """Keeps an ExamCache equal to what is published. start() it, close() it; any thread may call its methods.

    `now_s` gives epoch seconds. At most `exams_loaded_max` exams' results are held: those with most watchers.
    """

    def __init__(
        self,
        settings: BackendSettings,
        guest: GuestCredentials,
        cache: ExamCache,
        *,
        exams_loaded_max: int = 200,
        now_s: Callable[[], float] = time.time,
        timings: FeedTimings = FeedTimings(),  # frozen
    ) -> None:
        self._settings = settings
        self._guest = guest
        self._cache = cache
        self._now_s = now_s
        self._timings = timings
        self._api = GuestApi(settings, guest, patience=timings.patience)
        self._workers = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="exam-feed-listing")
        self._status_changed = threading.Condition()  # guards _status, _counters, _watches and _listeners
        self._status = FeedStatus(FeedState.OFFLINE, now_s(), None, "not started")
        self._counters = FeedCounters()
        self._watches = Watches(exams_loaded_max, timings.keep_unwatched_s)
        self._chosen: frozenset[str] = frozenset()
        self._listeners: tuple[Callable[[FeedStatus], None], ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = threading.Event()
        # A daemon: a dashboard that dies without close() must not be kept alive by its feed.
        self._thread = threading.Thread(target=self._run_thread, name="exam-feed", daemon=True)
        # Of the loop's thread alone:
        self._wake: asyncio.Event
        self._stop: asyncio.Event
        self._refresh_wanted: asyncio.Event
        self._refreshing: asyncio.Lock
        self._loads: dict[str, asyncio.Task[None]] = {}
        self._stale: set[str] = set()  # loaded exams whose results must be listed again

    def start(self) -> None:
        """Begins; returns at once. Call it once."""
        self._thread.start()

    def close(self, deadline_s: float = 5.0) -> bool:
        """Ends the thread and the socket; False if they did not end in time. May be called again."""
        self._closing.set()
        self._call_in_loop(lambda: self._stop.set())
        if self._thread.ident is None:
            self._release()
            return True
        self._thread.join(deadline_s)
        if self._thread.is_alive():
            logger.error("the feed did not end within %.1f s", deadline_s)
        return not self._thread.is_alive()

    def __enter__(self) -> Feed:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # What anybody may ask.

    @property
    def status(self) -> FeedStatus:
        """How current the cache is. While it is live it is right as of now."""
        status = self._status
        return replace(status, as_of_s=self._now_s()) if status.state is FeedState.LIVE else status

    @property
    def counters(self) -> FeedCounters:
        """What happened since the start."""
        return self._counters

    def wait_for_state(self, state: FeedState, deadline_s: float) -> bool:
        """Waits until the feed is in this state; False if it was not in time."""
        with self._status_changed:
            return self._status_changed.wait_for(lambda: self._status.state is state, deadline_s)

    def add_listener(self, listener: Callable[[FeedStatus], None]) -> Callable[[], None]:
        """Calls `listener` on the feed's thread at each change of state. What it returns ends that."""
        with self._status_changed:
            self._listeners = (*self._listeners, listener)

        def remove() -> None:
            with self._status_changed:
                self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return remove

    def watch(self, exam_id: str) -> ExamLoad:
        """Somebody wants this exam's results. Returns at once; they are loaded in the background."""
        with self._status_changed:
            self._watches.add(exam_id, time.monotonic())
        self._call_in_loop(lambda: self._wake.set())
        return self.load_of(exam_id)

    def unwatch(self, exam_id: str) -> None:
        """One who wanted this exam's results left. They are kept for a while as long as there is room."""
        with self._status_changed:
            self._watches.drop(exam_id, time.monotonic())
        self._call_in_loop(lambda: self._wake.set())

    def watchers(self, exam_id: str) -> int:
        """How many watch this exam."""
        with self._status_changed:
            return self._watches.watchers(exam_id)

    def load_of(self, exam_id: str) -> ExamLoad:
        """Where this exam's results are."""
        if self._cache.results(exam_id) is not None:
            return ExamLoad.LOADED
        if self._cache.is_absent(exam_id):
            return ExamLoad.ABSENT
        with self._status_changed:
            chosen = self._watches.chosen(self._chosen, time.monotonic(), self._cache.is_absent)
        return ExamLoad.LOADING if exam_id in chosen else ExamLoad.CROWDED

    # The thread.

    def _run_thread(self) -> None:
        try:
            asyncio.run(self._run())
        finally:
            self._release()

    def _release(self) -> None:
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._api.close()

    async def _run(self) -> None:
        self._wake, self._stop, self._refresh_wanted = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._refreshing = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        if self._closing.is_set():
            return
        duties = [
            asyncio.create_task(duty) for duty in (self._stay_connected(), self._load_watched(), self._poll())
        ]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({stopping, *duties}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._loop = None
            self._set_status(FeedState.OFFLINE, "closed")
            await self._end([stopping, *duties, *self._loads.values()])

    async def _end(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Cancels until all have ended: before Python 3.12, asyncio.wait_for, with which gql waits, may give
        its result in the place of the cancellation."""
        running = set(tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=self._timings.cancel_again_s)
        for task in tasks:
            if not task.cancelled() and (fault := task.exception()) is not None:
                logger.error("the feed stopped over a fault of its own", exc_info=fault)

    def _call_in_loop(self, act: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # closed at this very moment
                loop.call_soon_threadsafe(act)

    async def _stay_connected(self) -> NoReturn:
        failures = refusals = 0
        while True:
            was_live_before = self._counters.connections
            try:
                await self._live_once()
            except (NotAllowed, ApiRefused) as error:
                refusal: ExamResultsError | None = error
            except ExamResultsError as error:
                refusal, reason = None, str(error)
            except Exception as error:
                # Whatever it is, students are better off with another try than with a dead feed.
                logger.exception("the feed's connection failed over a fault of its own")
                refusal, reason = None, repr(error)
            if self._counters.connections > was_live_before:
                failures = refusals = 0
                self._count(losses=1)
            else:
                self._count(failures=1)
            if refusal is not None:
                refusals += 1
                reason = str(refusal)
                logger.warning("the API refused the feed: %s", reason)
            self._set_status(FeedState.OFFLINE, reason, is_refused=refusals > 1)
            pause_s = min(self._timings.longest_pause_s, self._timings.first_pause_s * 2**failures)
            if refusals == 1:
                await self._renew_credentials()
            elif refusals > 1:
                pause_s = self._timings.refused_pause_s
            failures += 1
            await asyncio.sleep(_jittered(pause_s))

    async def _live_once(self) -> None:
        credentials = await self._in_worker(self._guest.current)
        connection = RealtimeConnection(self._settings, credentials, self._on_event, self._timings.realtime)
        losing: asyncio.Task[NoReturn] | None = None
        catching: asyncio.Task[None] | None = None
        try:
            await connection.open(GUEST_SUBSCRIPTIONS)
            losing = asyncio.create_task(connection.lost())
            self._set_status(FeedState.CATCHING_UP, None)
            catching = asyncio.create_task(self._catch_up())
            await asyncio.wait({losing, catching}, return_when=asyncio.FIRST_COMPLETED)
            if not losing.done():
                catching.result()
                self._count(connections=1)
                self._set_status(FeedState.LIVE, None)
            # Not awaited itself: a cancellation would go to it alone, and be lost if the connection just was.
            await asyncio.wait({losing})
            losing.result()
        finally:
            silent_s = asyncio.get_running_loop().time() - connection.heard_at
            if self._status.state is FeedState.LIVE:
                self._set_status(
                    FeedState.OFFLINE, "the connection was lost", as_of_s=self._now_s() - silent_s
                )
            try:
                for task in (losing, catching):
                    if task is not None:
                        task.cancel()
                        await asyncio.gather(task, return_exceptions=True)
            finally:
                await connection.close()

    async def _catch_up(self) -> None:
        """Lists everything that is held, again and again until all of it came. Raises NotAllowed."""
        failures = 0
        while True:
            try:
                await self._refresh()
                return
            except BackendUnreachable as error:
                logger.info("catching up again: %s", error)
                pause_s = min(self._timings.longest_pause_s, self._timings.first_pause_s * 2**failures)
                failures += 1
                await asyncio.sleep(_jittered(pause_s))

    async def _refresh(self) -> None:
        """Whole listings of the exams and of all results that are held. Raises as GuestApi does."""
        async with self._refreshing:
            mark = self._cache.begin_exams()
            exams = await self._in_worker_listing(self._api.list_exams())
            self._cache.finish_exams(mark, exams)
            self._count(listings=1)
            for load in self._loads.values():
                load.cancel()  # begun before this refresh was wanted: events may be missing in between
            self._stale |= self._cache.loaded_exam_ids()
            loads = self._begin_loads()
            if loads:
                await asyncio.wait(loads)
            for load in loads:
                if not load.cancelled():  # one that is cancelled is not wanted any more
                    load.result()

    # Results of watched exams.

    async def _load_watched(self) -> NoReturn:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._begin_loads()

    def _begin_loads(self) -> list[asyncio.Task[None]]:
        """Drops what is not wanted any more, begins to list what is, and gives the listings under way."""
        loaded = self._cache.loaded_exam_ids()
        with self._status_changed:
            chosen = self._watches.chosen(
                loaded | self._loads.keys(), time.monotonic(), self._cache.is_absent
            )
        self._chosen = frozenset(chosen)
        for exam_id in (loaded | self._loads.keys()) - self._chosen:
            if exam_id in self._loads:
                self._loads[exam_id].cancel()
            self._cache.forget_results(exam_id)
        for exam_id in chosen:
            is_wanted = exam_id not in loaded or exam_id in self._stale
            under_way = self._loads.get(exam_id)
            if (
                is_wanted
                and self._cache.exam(exam_id) is not None
                and (under_way is None or under_way.cancelling())
            ):
                self._stale.discard(exam_id)
                load = asyncio.create_task(self._load(exam_id))
                self._loads[exam_id] = load
                load.add_done_callback(functools.partial(self._end_load, exam_id))
        return [load for load in self._loads.values() if not load.cancelling()]

    def _end_load(self, exam_id: str, load: asyncio.Task[None]) -> None:
        if self._loads.get(exam_id) is load:
            del self._loads[exam_id]
        if not load.cancelled():
            load.exception()  # told to whoever waits for it; a load that nobody waits for is begun again
        if exam_id in self._stale:
            self._wake.set()

    async def _load(self, exam_id: str) -> None:
        try:
            mark = self._cache.begin_results(exam_id)
            rows = await self._in_worker_listing(self._api.list_results(exam_id))
            self._cache.finish_results(mark, rows)
            self._count(listings=1)
        except ExamResultsError as error:
            logger.info("the results of %s are listed again soon: %s", exam_id, error)
            asyncio.get_running_loop().call_later(_jittered(self._timings.first_pause_s * 4), self._wake.set)
            self._stale.add(exam_id)
            raise

    async def _poll(self) -> NoReturn:
        """The backstop: a new listing now and then, more often while the socket is away, at once after a
        gap."""
        loop = asyncio.get_running_loop()
        listed_at = loop.time()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_jittered(self._timings.poll_offline_s)):
                    await self._refresh_wanted.wait()
            status, since_listed_s = self._status, loop.time() - listed_at
            if self._refresh_wanted.is_set():
                await asyncio.sleep(self._timings.relist_pause_s - since_listed_s)
                self._refresh_wanted.clear()
            elif status.is_refused or (
                status.state is not FeedState.OFFLINE and since_listed_s < self._timings.poll_live_s
            ):
                continue
            listed_at, begun_at_s = loop.time(), self._now_s()
            try:
                await self._refresh()
            except ExamResultsError as error:
                logger.info("the backstop's listing failed: %s", error)
                continue
            if self._status.state is FeedState.OFFLINE:
                self._set_status(FeedState.OFFLINE, self._status.reason, as_of_s=begun_at_s)

    # Events.

    def _on_event(self, name: str, row: Mapping[str, Any] | None) -> None:
        try:
            if row is None:
                raise ValueError("an event without a row")
            self._merge_event(name, row)
        except (KeyError, TypeError, ValueError, AttributeError, FieldInvalid) as error:
            logger.warning("an event of %s cannot be read, everything is listed again: %r", name, error)
            self._count(gaps=1)
            self._refresh_wanted.set()
        else:
            self._count(events=1)

    def _merge_event(self, name: str, row: Mapping[str, Any]) -> None:
        if name in {"onUpdateExam", "onPublishExam"}:
            exam = exam_from_wire(row)
            self._cache.put_exam(exam)
            if name == "onPublishExam":
                # Its results may have changed unheard while it was a draft.
                self._stale.add(exam.id)
                self._wake.set()
        elif name in {"onUnpublishExam", "onDeleteExam"}:
            self._cache.remove_exam(row["id"], int(row["version"]))
        elif name in {"onCreateResults", "onUpdateResults"}:
            self._cache.put_results(row["examId"], [result_from_wire(row)])
        elif name == "onCreateResultsBatch":
            self._cache.put_results(row["examId"], [result_from_wire(item) for item in row["items"]])
        elif name == "onDeleteResults":
            self._cache.remove_results(row["examId"], [(row["id"], int(row["version"]))])
        elif name == "onDeleteResultsBatch":
            gone = [(item["id"], int(item["version"])) for item in row["items"]]
            self._cache.remove_results(row["examId"], gone)

    # Small things.

    async def _renew_credentials(self) -> None:
        try:
            used = await self._in_worker(self._guest.current)
            await self._in_worker(lambda: self._guest.renew(used))
        except ExamResultsError as error:
            logger.info("guest credentials were not renewed: %s", error)

    async def _in_worker(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    async def _in_worker_listing(self, rows: Iterable[_T]) -> list[_T]:
        """All rows of a listing, read by a worker; one that nobody waits for any more stops at its next
        row."""
        is_abandoned = threading.Event()

        def read() -> list[_T]:
            listed = []
            for row in rows:
                if is_abandoned.is_set():
                    break
                listed.append(row)
            return listed

        try:
            return await self._in_worker(read)
        finally:
            is_abandoned.set()

    def _count(self, **more: int) -> None:
        counters = self._counters
        self._counters = replace(
            counters, **{name: getattr(counters, name) + number for name, number in more.items()}
        )

    def _set_status(
        self, state: FeedState, reason: str | None, *, is_refused: bool = False, as_of_s: float | None = None
    ) -> None:
        now_s = self._now_s()
        with self._status_changed:
            before = self._status
            if as_of_s is None:
                as_of_s = now_s if state is FeedState.LIVE else before.as_of_s
            since_s = before.since_s if state is before.state else now_s
            self._status = FeedStatus(state, since_s, as_of_s, reason, is_refused)
            self._status_changed.notify_all()
            listeners = self._listeners
        if before.state is not state or before.as_of_s != as_of_s:
            for listener in listeners:
                try:
                    listener(self._status)
                except Exception:
                    # The feed goes on whatever a listener makes of it.
                    logger.exception("a listener of the feed failed")


def _jittered(pause_s: float) -> float:
    return random.uniform(pause_s / 2, pause_s)  # noqa: S311  # no secret
