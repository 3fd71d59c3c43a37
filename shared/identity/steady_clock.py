"""A clock that nobody sets: it measures how long ago something was, whatever becomes of the time of day."""

from __future__ import annotations

import time

__all__ = ["steady_s"]

# Linux's monotonic clock stands still while the computer sleeps. A session that slept is a session at rest.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady_s() -> float:
    """Seconds since some moment. Those in which the computer slept count."""
    return time.clock_gettime(_CLOCK)
