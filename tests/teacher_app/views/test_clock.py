"""Receipts show the teacher's local time."""

import datetime as dt
from types import SimpleNamespace

import pytest

from teacher_app.views import clock


def browser(behind_utc_min: int | None, zone: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(context=SimpleNamespace(timezone_offset=behind_utc_min, timezone=zone))


@pytest.mark.parametrize(
    ("behind_utc_min", "hours_ahead"), [(-120, 2), (0, 0), (210, -3.5), (-840, 14), (660, -11)]
)
def test_the_browsers_time_zone_is_used_and_not_the_servers(
    monkeypatch: pytest.MonkeyPatch, behind_utc_min: int, hours_ahead: float
) -> None:
    monkeypatch.setattr(clock, "st", browser(behind_utc_min))
    now = clock.local_now()
    assert now.utcoffset() == dt.timedelta(hours=hours_ahead)
    assert abs(now - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


def test_without_a_browser_time_zone_the_servers_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "st", browser(None))
    assert clock.local_now().utcoffset() == dt.datetime.now().astimezone().utcoffset()


def test_a_named_zone_is_used_with_its_changes_in_the_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "st", browser(-120, "Europe/Berlin"))
    summer, winter = (dt.datetime(2026, month, 1, tzinfo=clock.local_zone()) for month in (7, 12))
    assert (summer.utcoffset(), winter.utcoffset()) == (dt.timedelta(hours=2), dt.timedelta(hours=1))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe/Berlin\x00", "UTC+2"])
def test_a_zone_that_is_not_known_here_leaves_the_offset(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setattr(clock, "st", browser(-120, zone))
    assert clock.local_now().utcoffset() == dt.timedelta(hours=2)
