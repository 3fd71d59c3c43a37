"""The teacher's local time; the server may be in another time zone. And what happens at an hour."""

from __future__ import annotations

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

__all__ = ["local_now", "local_zone", "run_again_at"]

# A browser's timer holds 24 days at most, and stands still while the computer sleeps.
WAIT_MAX_S = 3600.0
LATE_S = 0.2  # rather than too early, when nothing has changed yet


def local_now() -> dt.datetime:
    """Now, in the browser's time zone, or in the server's if the browser does not report one."""
    return dt.datetime.now(local_zone())


def local_zone() -> dt.tzinfo:
    """The browser's time zone, with its changes in the year where the browser names it; the server's if the
    browser does not report one."""
    with contextlib.suppress(ValueError, OSError, ZoneInfoNotFoundError):  # not named, or not known here
        return ZoneInfo(st.context.timezone or "")
    behind_utc_min = st.context.timezone_offset
    if behind_utc_min is None:
        return dt.datetime.now().astimezone().tzinfo or dt.UTC
    return dt.timezone(dt.timedelta(minutes=-behind_utc_min))


def run_again_at(hour: dt.datetime) -> None:
    """Draw the page anew once that hour has come, without a press. Call it in each run until then."""
    now = local_now()
    wait_s = min(max(0.0, (hour - now).total_seconds()) + LATE_S, WAIT_MAX_S)
    st.fragment(_run_again, run_every=wait_s)(now + dt.timedelta(seconds=wait_s))


def _run_again(due: dt.datetime) -> None:
    if local_now() >= due:  # not in the run that calls run_again_at()
        st.rerun()
