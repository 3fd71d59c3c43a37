"""An hour in words, for pages without scripts."""

import datetime as dt
import time
from collections.abc import Iterator

import pytest

from shared.model.hours import hour_text, until_text


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server in Berlin."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("utc", "text"),
    [
        ("2026-06-05T12:00", "Friday 5 June 2026, 14:00 CEST"),
        ("2026-12-05T12:00", "Saturday 5 December 2026, 13:00 CET"),
        ("2026-10-25T00:30", "Sunday 25 October 2026, 02:30 CEST"),
        ("2026-10-25T01:30", "Sunday 25 October 2026, 02:30 CET"),
    ],
    ids=["summer", "winter", "before the clock goes back", "an hour later"],
)
@pytest.mark.usefixtures("berlin")
def test_an_hour_is_named_with_the_zone_of_its_own_season(utc: str, text: str) -> None:
    assert hour_text(dt.datetime.fromisoformat(f"{utc}+00:00")) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "in a moment"),
        (59, "in a moment"),
        (60, "in 1 minute"),
        (7500, "in 2 hours 5 minutes"),
        (86_400, "in 1 day"),
        (86_400 * 3 + 3600 + 120, "in 3 days 1 hour"),
    ],
)
def test_how_far_off_it_is_has_two_units_at_most(seconds: float, text: str) -> None:
    assert until_text(seconds) == text
