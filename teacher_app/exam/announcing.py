"""The hour at which an announced exam's results come out: chosen by a teacher as a day and a time."""

from __future__ import annotations

import datetime as dt

__all__ = ["ANNOUNCED_DAYS_MAX", "default_hour", "hours_of", "zone_name"]

ANNOUNCED_DAYS_MAX = 366  # the API refuses later hours: a year mistyped would hide the results for years


def default_hour(now: dt.datetime) -> dt.datetime:
    """The next full hour that is at least half an hour away; in the zone of `now`."""
    return (now + dt.timedelta(minutes=90)).replace(minute=0, second=0, microsecond=0)


def hours_of(date: dt.date, time: dt.time, zone: dt.tzinfo) -> list[dt.datetime]:
    """The moments, in UTC, at which clocks in this zone show this time on this day.

    One, as a rule. None where the clocks are put forward past it, two where they are put back to it.
    """
    shown = dt.datetime.combine(date, time)
    moments = {shown.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1)}
    return sorted(one for one in moments if one.astimezone(zone).replace(tzinfo=None, fold=0) == shown)


def zone_name(zone: dt.tzinfo) -> str:
    """Such as “Europe/Berlin”; “UTC+02:00” of one that has only an offset."""
    return str(getattr(zone, "key", None) or zone.tzname(None) or zone)
