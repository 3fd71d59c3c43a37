"""The teacher's local time; the server may be in another time zone."""

from __future__ import annotations

import datetime as dt

import streamlit as st

__all__ = ["local_now"]


def local_now() -> dt.datetime:
    """Now, in the browser's time zone, or in the server's if the browser does not report one."""
    now = dt.datetime.now(dt.UTC)
    behind_utc_min = st.context.timezone_offset
    if behind_utc_min is None:
        return now.astimezone()
    return now.astimezone(dt.timezone(dt.timedelta(minutes=-behind_utc_min)))
