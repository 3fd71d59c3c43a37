"""Minutes of trouble in milliseconds: two student processes, their networks, their viewers.

Everything between the API and the page's fold is the project's own code: the real-time protocol (both ends),
feed, cache, hub, channels. Clock, network and API are simulated. A run depends on its seed alone.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

from shared.identity.guest import GuestCredentials
from shared.live import appsync_client
from shared.live import feed as feed_module
from shared.live import workers as workers_module
from shared.live.cache import Change, ExamCache, ResultsChanged, ResultsLoaded
from shared.live.feed import Feed
from shared.live.status import FeedState
from shared.live.timings import FeedTimings
from shared.model.exam import Result
from shared.settings import BackendSettings
from student_app.stream.hub import LiveHub
from tests.simulation.api import ModelApi
from tests.simulation.network import PAGE_ROWS, Guest, GuestRequests, Network, Unsigned
from tests.simulation.page import STALE_S, STALLED_MAX_S, Page
from tests.simulation.virtual_time import VirtualLoop

__all__ = ["Fault", "Figures", "simulate", "simulated_network"]

START_S = 1_780_000_000.0
TIMINGS = FeedTimings(poll_live_s=60.0)
# How old what is shown as live may be: until a half-open connection is noticed, and late events have come.
CACHE_AGE_MAX_S = 20.0
PAGE_AGE_MAX_S = CACHE_AGE_MAX_S + STALE_S + 2.0
SETTLED_S = (
    45.0  # after the network is whole: silence is noticed, the longest pause has passed, all is listed
)
SETTLED_AFTER_LOSSES_S = (
    SETTLED_S + TIMINGS.poll_live_s + TIMINGS.poll_offline_s
)  # only a listing finds those
STEPS = 120
PAGES_MAX = 6


class Fault(AssertionError):
    """Something that must never be was. The text says what and when."""


@dataclass(slots=True)
class Figures:
    """What happened, so that a quiet run is not mistaken for a safe one."""

    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, more: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + more


@contextlib.contextmanager
def simulated_network() -> Iterator[dict[str, Network]]:
    """Within the block, feeds reach the simulated networks by their real-time addresses."""
    networks: dict[str, Network] = {}

    async def connect(url: str, **options: Any) -> Any:
        return await networks[url].connect(url, **options)

    with (
        mock.patch.object(appsync_client, "connect", connect),
        mock.patch.object(appsync_client, "guest_authentication", return_value=Unsigned()),
        mock.patch.object(
            feed_module,
            "GuestApi",
            lambda settings, _guest, **_options: GuestRequests(networks[settings.realtime_url]),
        ),
        mock.patch.object(workers_module, "PAGE_MAX", PAGE_ROWS),
    ):
        yield networks


def simulate(seed: int, networks: dict[str, Network]) -> Figures:
    """One run. Raises Fault."""
    random.seed(seed)  # the feed's pauses
    choose = random.Random(seed)
    figures = Figures()
    networks.clear()
    latencies = _own(choose)
    loop = VirtualLoop(lambda: latencies.choice((0.001, 0.02, 0.2)))
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            runner.run(_World(choose, networks, figures).run())
        except Fault as fault:
            raise Fault(f"seed {seed}, second {loop.time():.1f}: {fault}") from None
    figures.seconds = loop.time()
    return figures


class _Student:
    """A student process. What its cache is told is checked as it comes."""

    def __init__(self, name: str, network: Network, room: int, faults: list[str]) -> None:
        self.network, self._name, self._room, self._faults = network, name, room, faults
        self._starts = 0
        self.is_running = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._starts += 1
        self._newest: dict[str, int] = {}

        def now_s() -> float:
            return START_S + loop.time()

        self.cache = ExamCache(now_s, loop.time)
        self.cache.add_listener(self._note)
        settings = BackendSettings("local-1", "http://simulated/graphql", self._name, "p", "c", "i")
        guest = cast("GuestCredentials", Guest())
        self.feed = Feed(
            settings, guest, self.cache, exams_loaded_max=self._room, now_s=now_s, timings=TIMINGS
        )
        epoch = f"{self._name}{self._starts}"
        self.hub = LiveHub(
            self.cache, self.feed, streams_max=99, streams_per_address_max=99, epoch=epoch, wall_s=now_s
        )
        self._running = contextlib.AsyncExitStack()
        await self._running.enter_async_context(self.feed)
        await self._running.enter_async_context(self.hub)
        self.is_running = True

    async def stop(self) -> None:
        self.is_running = False
        for socket in list(self.network.sockets):
            socket.cut()
        await self._running.aclose()

    def _note(self, change: Change) -> None:
        if isinstance(change, ResultsLoaded):
            results = self.cache.results(change.exam_id)
            self._see(() if results is None else results.rows)
        elif isinstance(change, ResultsChanged):
            self._see(change.upserts)

    def _see(self, rows: tuple[Result, ...]) -> None:
        for row in rows:
            if (row.id, row.version, row.grade) not in self.network.api.ever_public:
                self._faults.append(f"{self._name} holds {row}, which was never public")
            if row.version < self._newest.get(row.id, 0):
                self._faults.append(f"{self._name} went back to {row} from {self._newest[row.id]}")
            self._newest[row.id] = row.version


class _World:
    def __init__(self, choose: random.Random, networks: dict[str, Network], figures: Figures) -> None:
        self._choose, self._figures = choose, figures
        self._networks = networks
        self._pages: list[Page] = []
        self._faults: list[str] = []
        self._is_lossy = choose.random() < 0.3

    async def run(self) -> None:
        choose = self._choose
        loop = asyncio.get_running_loop()
        self._api = ModelApi(_own(choose), loop)
        self._students = [self._new_student(name) for name in ("north", "south")]
        for student in self._students:
            await student.start()
        for _ in range(STEPS):
            await asyncio.sleep(choose.expovariate(2.0))
            await self._do_something()
            self._check_moment(loop.time())
        for student in self._students:
            student.network.heal()
        await self._check_settled(loop)
        for student in self._students:
            for name in ("connections", "losses", "failures", "events", "listings"):
                self._figures.count(name, getattr(student.feed.counters, name))
            await student.stop()

    def _new_student(self, name: str) -> _Student:
        choose = self._choose
        network = Network(
            self._api,
            _own(choose),
            lost=0.1 if self._is_lossy else 0.0,
            doubled=choose.choice((0.0, 0.2)),
            reordered=choose.choice((0.0, 0.3)),
            failing=choose.choice((0.0, 0.1)),
            answers_pings=choose.random() < 0.5,
        )
        self._networks[name] = network
        return _Student(name, network, choose.choice((1, 10, 10)), self._faults)

    async def _do_something(self) -> None:
        choose, student = self._choose, self._choose.choice(self._students)
        acts = {
            "change": 60, "new page": 4, "page cut": 4, "page stalled": 3, "page reloaded": 2,
            "connection cut": 3, "connection half-open": 2, "network down": 2, "restart": 1,
        }  # fmt: skip
        (act,) = choose.choices(list(acts), list(acts.values()))
        self._figures.count(act)
        page = choose.choice(self._pages) if self._pages else None
        match act:
            case "change":
                self._api.change_something()
            case "new page" if len(self._pages) < PAGES_MAX and self._api.exam_ids:
                exam_id = choose.choice(self._api.exam_ids)
                self._pages.append(Page(exam_id, _own(choose), self._hubs))
            case "page cut" if page is not None:
                page.cut()
            case "page stalled" if page is not None:
                page.stall()
            case "page reloaded" if page is not None:
                page.reload()
            case "connection cut":
                for socket in list(student.network.sockets):
                    socket.cut()
            case "connection half-open":
                for socket in student.network.sockets:
                    socket.is_silent = True
            case "network down":
                student.network.is_down = True
                for socket in student.network.sockets:
                    socket.is_silent = True
                asyncio.get_running_loop().call_later(choose.uniform(1, 15), student.network.come_back)
            case "restart":
                await student.stop()
                await student.start()

    def _hubs(self) -> list[LiveHub]:
        return [student.hub for student in self._students if student.is_running]

    # What must hold.

    def _check_moment(self, now_s: float) -> None:
        for page in self._pages:
            if page.went_back is not None:
                self._faults.append(f"a page went back: {page.went_back}")
            for id_, shown in (page.rows or {}).items():
                if (id_, *shown) not in self._api.ever_public:
                    self._faults.append(f"a page shows {id_} {shown}, which was never public")
            if not self._is_lossy and page.says_it_is_live and page.rows is not None:
                self._check_age("a page", page.exam_id, page.rows, now_s - PAGE_AGE_MAX_S)
        for student in self._students:
            if not self._is_lossy and student.feed.status.state is FeedState.LIVE:
                for exam_id in student.cache.loaded_exam_ids():
                    rows = _held(student.cache, exam_id)
                    self._check_age("a cache", exam_id, rows, now_s - CACHE_AGE_MAX_S)
        if self._faults:
            raise Fault(self._faults[0])

    def _check_age(self, who: str, exam_id: str, rows: "dict[str, tuple[int, str]]", since_s: float) -> None:
        """Whoever says that it is live has all that was so at `since_s` or later."""
        if since_s < 0:
            return
        window = self._api.states_since(since_s)
        exams = [state.get(exam_id) for state in window]
        if all(exam is None for exam in exams):
            self._faults.append(f"{who} says that it is live, and has {exam_id}, withdrawn long ago")
            return
        known = [exam[1] for exam in exams if exam is not None]
        for id_, (version, _) in known[0].items() if len(known) == len(exams) else ():
            is_steady = all(id_ in state for state in known)
            if is_steady and rows.get(id_, (0, ""))[0] < version:
                self._faults.append(f"{who} says that it is live, without {id_} at version {version}")
        for id_ in rows:
            if not any(id_ in state for state in known):
                self._faults.append(f"{who} says that it is live, and has {id_}, removed long ago")

    async def _check_settled(self, loop: asyncio.AbstractEventLoop) -> None:
        """Once nothing fails any more, everything becomes equal to the API, and stays so."""
        deadline_s = loop.time() + (SETTLED_AFTER_LOSSES_S if self._is_lossy else SETTLED_S)
        await asyncio.sleep(STALLED_MAX_S)
        while (difference := self._difference()) is not None:
            if loop.time() > deadline_s:
                raise Fault(f"still different: {difference}")
            await asyncio.sleep(2.0)
            self._check_moment(loop.time())
        await asyncio.sleep(TIMINGS.index_lag_s + 5.0)
        if (difference := self._difference()) is not None:
            raise Fault(f"different again: {difference}")

    def _difference(self) -> str | None:
        public = self._api.public
        for student in self._students:
            if student.feed.status.state is not FeedState.LIVE:
                return f"{student.feed.status}"
            exams = {exam.id: exam.version for exam in student.cache.exams().exams}
            if exams != {exam_id: version for exam_id, (version, _) in public.items()}:
                return f"exams {exams}, not {public}"
            for exam_id in student.cache.loaded_exam_ids():
                if _held(student.cache, exam_id) != public[exam_id][1]:
                    return f"results {_held(student.cache, exam_id)}, not {public[exam_id][1]}"
        for page in self._pages:
            wanted = public[page.exam_id][1] if page.exam_id in public else None
            if not page.says_it_is_live and page.load != "NO_ROOM":
                return f"a page of {page.exam_id} is not live"
            if page.load != "NO_ROOM" and page.rows != wanted:
                return f"a page shows {page.rows}, not {wanted}"
        return None


def _own(choose: random.Random) -> random.Random:
    """One of its own for each part, so that what one part draws does not depend on when the others do."""
    return random.Random(choose.random())


def _held(cache: ExamCache, exam_id: str) -> "dict[str, tuple[int, str]]":
    results = cache.results(exam_id)
    return {} if results is None else {row.id: (row.version, row.grade) for row in results.rows}
