"""The teacher's local time; the server may be in another time zone."""

from __future__ import annotations

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

__all__ = ["local_now", "local_zone"]


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
