"""The hours at which announced exams' results come out, in words."""

from __future__ import annotations

import datetime as dt

from shared.model.text import date_text

__all__ = ["hour_text", "until_text"]

_MINUTES = {"day": 24 * 60, "hour": 60, "minute": 1}


def hour_text(hour: dt.datetime, zone: dt.tzinfo | None = None) -> str:
    """Such as “Monday 30 November 2026, 14:00 CET”: in this zone, by default the server's, which is named."""
    local = hour.astimezone(zone)
    return f"{local:%A} {date_text(local)}, {local:%H:%M %Z}"


def until_text(seconds: float) -> str:
    """Such as “in 2 hours 5 minutes”: the two largest units, in whole minutes. Below one, “in a moment”."""
    minutes = max(0, int(seconds // 60))
    parts = []
    for name, size in _MINUTES.items():
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return f"in {' '.join(parts[:2])}" if parts else "in a moment"
