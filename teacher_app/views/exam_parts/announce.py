"""The hour of an announced exam: chosen in the teacher's zone, and what follows from it in words."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from shared.model.exam import Exam
from shared.model.hours import hour_text, until_text
from teacher_app.exam.announcing import ANNOUNCED_DAYS_MAX, default_hour, hours_of, zone_name
from teacher_app.views.buttons import storing_button
from teacher_app.views.clock import local_now, local_zone

__all__ = ["ask_for_hour", "local_hour_text"]


def local_hour_text(hour: dt.datetime) -> str:
    """Such as “Monday 30 November 2026, 14:00 CET (Europe/Berlin)”."""
    zone = local_zone()
    return f"{hour_text(hour, zone)} ({zone_name(zone)})"


def ask_for_hour(exam: Exam, verb: str) -> dt.datetime | None:
    """Fields for a day and a time, and a button that begins with `verb`. The hour, once it was pressed."""
    now, zone = local_now(), local_zone()
    offered = exam.release_at.astimezone(zone) if exam.release_at else default_hour(now)
    days, times = st.columns(2)
    date = days.date_input(
        "Day",
        max(offered, now).date(),
        min_value=now.date(),
        max_value=now.date() + dt.timedelta(days=ANNOUNCED_DAYS_MAX - 1),
        format="YYYY-MM-DD",
        key=f"announce-day-{exam.id}",
    )
    time = times.time_input(
        f"Time ({zone_name(zone)})",
        offered.time(),
        step=dt.timedelta(minutes=5),
        key=f"announce-time-{exam.id}",
    )
    hour = _one_of(hours_of(date, time, zone), exam) if isinstance(date, dt.date) and time else None
    is_to_come = hour is not None and hour > now
    if hour is not None and is_to_come:
        st.markdown(
            f"Students get the results on **{local_hour_text(hour)}**, "
            f"{until_text((hour - now).total_seconds())}. Their pages show it in their own time zone."
        )
    elif hour is not None:
        st.warning("That hour has passed. Choose a later one, or publish now.", icon=":material/schedule:")
    announce = storing_button(
        f"{verb} {hour_text(hour, zone)}" if hour is not None and is_to_come else verb,
        key=f"announce-{exam.id}",
        icon=":material/schedule:",
        disabled=not is_to_come,
    )
    return hour if announce.take() else None


def _one_of(hours: list[dt.datetime], exam: Exam) -> dt.datetime | None:
    """Where the clock was changed, a time may come twice, or not at all."""
    if not hours:
        st.warning(
            "There is no such time on that day: the clocks are put forward past it. Choose another one.",
            icon=":material/schedule:",
        )
        return None
    if len(hours) == 1:
        return hours[0]
    zone = local_zone()
    return st.radio(
        "The clocks are put back that day, so this time comes twice. Which one?",
        hours,
        format_func=lambda hour: f"{hour.astimezone(zone):%H:%M %Z}",
        horizontal=True,
        key=f"announce-which-{exam.id}",
    )
