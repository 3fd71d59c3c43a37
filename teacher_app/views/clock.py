"""The time where the teacher sits: the server may stand in another zone."""

from __future__ import annotations

import datetime as dt

import streamlit as st

__all__ = ["local_now"]


def local_now() -> dt.datetime:
    """Now, by the browser's clock zone; by the server's where the browser does not tell."""
    now = dt.datetime.now(dt.UTC)
    behind_utc_min = st.context.timezone_offset
    if behind_utc_min is None:
        return now.astimezone()
    return now.astimezone(dt.timezone(dt.timedelta(minutes=-behind_utc_min)))
