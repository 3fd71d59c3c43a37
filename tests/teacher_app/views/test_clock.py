"""Receipts show the teacher's local time."""

import datetime as dt
from types import SimpleNamespace

import pytest

from teacher_app.views import clock


@pytest.mark.parametrize(
    ("behind_utc_min", "hours_ahead"), [(-120, 2), (0, 0), (210, -3.5), (-840, 14), (660, -11)]
)
def test_the_browsers_time_zone_is_used_and_not_the_servers(
    monkeypatch: pytest.MonkeyPatch, behind_utc_min: int, hours_ahead: float
) -> None:
    browser = SimpleNamespace(context=SimpleNamespace(timezone_offset=behind_utc_min))
    monkeypatch.setattr(clock, "st", browser)
    now = clock.local_now()
    assert now.utcoffset() == dt.timedelta(hours=hours_ahead)
    assert abs(now - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


def test_without_a_browser_time_zone_the_servers_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "st", SimpleNamespace(context=SimpleNamespace(timezone_offset=None)))
    assert clock.local_now().utcoffset() == dt.datetime.now().astimezone().utcoffset()
