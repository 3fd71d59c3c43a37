"""What the feed says of itself: how current the cache is, where each exam's results are, and its counters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = ["ExamLoad", "FeedCounters", "FeedMonitor", "FeedState", "FeedStatus", "StatusListener"]

logger = logging.getLogger(__name__)


class FeedState(StrEnum):
    """How current the cache is."""

    OFFLINE = "OFFLINE"
    CATCHING_UP = "CATCHING_UP"
    LIVE = "LIVE"


class ExamLoad(StrEnum):
    """Where one exam's results are."""

    LOADED = "LOADED"
    LOADING = "LOADING"
    ABSENT = "ABSENT"  # no such published exam; should it be published, it is loaded
    NO_ROOM = "NO_ROOM"  # other exams have more watchers; loaded as soon as there is room


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


StatusListener = Callable[[FeedStatus], None]


@dataclass(frozen=True, slots=True)
class FeedCounters:
    """What happened since the start, for /metrics."""

    connections: int = 0  # that became live
    losses: int = 0  # of live connections
    failures: int = 0  # connections that never became live
    events: int = 0
    gaps: int = 0  # events that could not be read; each brings a new listing
    listings: int = 0  # whole listings merged, of exams or of one exam's results


class FeedMonitor:
    """Keeps the feed's status and counters. Written on the feed's loop; any thread may read them: both are
    immutable and replaced as a whole. `now_s` returns epoch seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.now_s = now_s
        self._status = FeedStatus(FeedState.OFFLINE, now_s(), None, "not started")
        self._counters = FeedCounters()
        self._listeners: tuple[StatusListener, ...] = ()

    @property
    def status(self) -> FeedStatus:
        """How current the cache is. While the feed is live, it is right as of now."""
        status = self._status
        return replace(status, as_of_s=self.now_s()) if status.state is FeedState.LIVE else status

    @property
    def counters(self) -> FeedCounters:
        """What happened since the start."""
        return self._counters

    def count(self, **more: int) -> None:
        """Adds to counters, by their names."""
        counters = self._counters
        self._counters = replace(
            counters, **{name: getattr(counters, name) + number for name, number in more.items()}
        )

    def set_state(
        self,
        state: FeedState,
        reason: str | None = None,
        *,
        is_refused: bool = False,
        as_of_s: float | None = None,
    ) -> None:
        """Changes the status and calls the listeners if the state or `as_of_s` is another one.

        Unless given, `as_of_s` is now where the old or the new state is LIVE, and stays as it is otherwise.
        """
        before, now_s = self._status, self.now_s()
        if as_of_s is None:
            as_of_s = now_s if FeedState.LIVE in {before.state, state} else before.as_of_s
        since_s = before.since_s if state is before.state else now_s
        self._status = FeedStatus(state, since_s, as_of_s, reason, is_refused)
        if before.state is state and before.as_of_s == as_of_s:
            return
        for listener in self._listeners:
            try:
                listener(self._status)
            except Exception:
                # The feed goes on whatever happens to a listener.
                logger.exception("a listener of the feed failed")

    def add_listener(self, listener: StatusListener) -> Callable[[], None]:
        """Calls `listener` on the feed's loop at each change of state. The function returned ends that."""
        self._listeners = (*self._listeners, listener)

        def remove() -> None:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return remove
