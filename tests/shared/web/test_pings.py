"""Each open WebSocket is pinged once in every interval, and no timer is left when none is open."""

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import Callable

from shared.web.pings import Pings

EVERY_S = 20.0


class Timers:
    """A loop's timers, with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._loop.close()  # only its name is needed, for handles
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, asyncio.TimerHandle, Callable[[], None]]] = []

    def call_later(self, delay_s: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        due_s = self.now_s + delay_s
        handle = asyncio.TimerHandle(due_s, act, [], self._loop)
        heapq.heappush(self._due, (due_s, next(self._numbers), handle, act))
        return handle

    def pass_until(self, end_s: float) -> None:
        while self._due and self._due[0][0] <= end_s + 1e-6:
            self.now_s, _, handle, act = heapq.heappop(self._due)
            if not handle.cancelled():
                act()
        self.now_s = end_s

    @property
    def waiting_count(self) -> int:
        return sum(not handle.cancelled() for _, _, handle, _ in self._due)


class WebSocket:
    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self.pinged_s: list[float] = []

    def ping(self) -> None:
        self.pinged_s.append(self._timers.now_s)


def opened(pings: Pings, timers: Timers, count: int) -> list[WebSocket]:
    websockets = [WebSocket(timers) for _ in range(count)]
    for websocket in websockets:
        pings.add(websocket)
    return websockets


def test_every_connection_is_pinged_once_in_each_interval() -> None:
    """Whenever it was opened."""
    timers = Timers()
    pings = Pings(EVERY_S, call_later=timers.call_later)
    websockets = opened(pings, timers, 30)
    timers.pass_until(7.0)
    websockets += opened(pings, timers, 17)
    timers.pass_until(7.0 + 5 * EVERY_S)
    for websocket in websockets:
        assert websocket.pinged_s[0] <= 7.0 + EVERY_S
        pauses_s = [after - before for before, after in itertools.pairwise(websocket.pinged_s)]
        assert len(pauses_s) >= 4
        assert all(abs(pause_s - EVERY_S) < 0.01 for pause_s in pauses_s)


def test_connections_that_are_opened_at_once_are_not_pinged_at_once() -> None:
    timers = Timers()
    websockets = opened(Pings(EVERY_S, call_later=timers.call_later), timers, 1000)
    timers.pass_until(EVERY_S)
    at_once = Counter(websocket.pinged_s[0] for websocket in websockets)
    assert max(at_once.values()) == 50


def test_with_all_the_connections_there_is_one_timer_and_without_any_none() -> None:
    timers = Timers()
    pings = Pings(EVERY_S, call_later=timers.call_later)
    websockets = opened(pings, timers, 3)
    timers.pass_until(EVERY_S)
    assert timers.waiting_count == 1
    for websocket in [*websockets, websockets[0]]:
        pings.discard(websocket)
    assert timers.waiting_count == 0
    (late,) = opened(pings, timers, 1)
    timers.pass_until(2 * EVERY_S)
    assert len(late.pinged_s) == 1
    assert [len(websocket.pinged_s) for websocket in websockets] == [1, 1, 1]


def test_a_connection_that_ends_in_its_turn_does_not_disturb_the_others() -> None:
    timers = Timers()
    pings = Pings(EVERY_S, call_later=timers.call_later)

    class Ending(WebSocket):
        def ping(self) -> None:
            super().ping()
            pings.discard(self)

    ending = [Ending(timers) for _ in range(40)]
    for websocket in ending:
        pings.add(websocket)
    staying = opened(pings, timers, 40)
    timers.pass_until(EVERY_S)
    assert all(len(websocket.pinged_s) == 1 for websocket in [*ending, *staying])
