"""How long the feed waits, and how often it asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.api.http import Patience
from shared.live.appsync_client import RealtimeTimings

__all__ = ["FeedTimings"]


@dataclass(frozen=True, slots=True)
class FeedTimings:
    """All in seconds. Pauses are drawn between half and all of what is given, so that feeds do not move in
    step."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 15.0
    refused_pause_s: float = 60.0
    poll_live_s: float = 300.0  # the backstop
    poll_offline_s: float = 30.0
    relist_pause_s: float = 5.0  # at least, between two listings after events that could not be read
    index_lag_s: float = 5.0  # by then a listing shows what changed before: its index follows the table
    late_events_s: float = 5.0  # by then the events of what changed before a connection have come
    absent_s: float = 15.0  # before somebody new makes the feed ask for an absent exam again
    look_again_s: float = 5.0  # for such an exam, while somebody waits for it
    look_pause_s: float = 0.05  # at least, between two exams that are asked for by their ids
    choose_pause_s: float = 0.1  # at least, between two choices of the exams to hold
    keep_unwatched_s: float = 600.0
    hour_check_s: float = 5.0  # before an exam's hour, the API is asked once more how far off it is
    hour_spread_s: float = 0.1  # processes that wait for one hour ask within this time after it
    # After an hour its results are listed again: changes made just before it are in no event for guests, and
    # the API's own machines may differ by seconds on whether it has come.
    hour_again_s: tuple[float, ...] = (1.0, 5.0)
    cancel_again_s: float = 2.5  # longer than a connection takes to close
    realtime: RealtimeTimings = field(default_factory=RealtimeTimings)
    # Closing waits for requests under way: so each is short, and the feed itself asks again.
    patience: Patience = field(
        default_factory=lambda: Patience(connect_timeout_s=3.0, read_timeout_s=4.0, deadline_s=0.0)
    )
