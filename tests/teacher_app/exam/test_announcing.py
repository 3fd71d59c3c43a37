"""The hour that a teacher chooses, through the year's changes of the clock."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teacher_app.exam.announcing import default_hour, hours_of, zone_name

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"]
BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("zone", "day", "time", "moments"),
    [
        ("Europe/Berlin", "2026-06-20", "14:00", ["2026-06-20T12:00"]),
        ("Europe/Berlin", "2026-12-20", "14:00", ["2026-12-20T13:00"]),
        ("America/New_York", "2026-03-08", "12:00", ["2026-03-08T16:00"]),
        ("Asia/Kolkata", "2026-03-08", "00:15", ["2026-03-07T18:45"]),
        ("Europe/Berlin", "2026-03-29", "02:30", []),
        ("Europe/Berlin", "2026-10-25", "02:30", ["2026-10-25T00:30", "2026-10-25T01:30"]),
        ("America/Santiago", "2026-09-06", "00:30", []),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", ["2026-04-04T14:45", "2026-04-04T15:15"]),
        ("Pacific/Apia", "2011-12-30", "12:00", []),
    ],
    ids=[
        "summer",
        "winter",
        "noon of the day on which clocks go forward",
        "just after midnight",
        "the hour that is left out",
        "the hour that comes twice",
        "midnight left out",
        "half an hour twice",
        "a day left out",
    ],
)
def test_a_time_of_a_day_is_one_moment_none_or_two(
    zone: str, day: str, time: str, moments: list[str]
) -> None:
    found = hours_of(dt.date.fromisoformat(day), dt.time.fromisoformat(time), ZoneInfo(zone))
    assert found == [utc(moment) for moment in moments]


@given(st.integers(0, 2 * 366 * 24 * 60), st.sampled_from(ZONES))
def test_every_moment_is_among_those_that_its_own_clock_shows(minutes: int, name: str) -> None:
    minute = utc("2026-01-01T00:00") + dt.timedelta(minutes=minutes)
    shown = minute.astimezone(ZoneInfo(name))
    assert minute in hours_of(shown.date(), shown.time(), ZoneInfo(name))


def test_the_hour_that_is_offered_leaves_time_to_look_again() -> None:
    for now, offered in (("13:00", "14:00"), ("13:29", "14:00"), ("13:31", "15:00"), ("22:45", "00:00")):
        then = dt.datetime(2026, 6, 20, *map(int, now.split(":")), 17, tzinfo=BERLIN)
        assert default_hour(then).strftime("%H:%M") == offered
        assert default_hour(then) > then


def test_a_zone_has_a_name() -> None:
    assert zone_name(BERLIN) == "Europe/Berlin"
    assert zone_name(dt.timezone(dt.timedelta(hours=2))) == "UTC+02:00"
