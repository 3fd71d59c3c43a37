"""The gate's cookies: the session's, what continues it after a restart, a visitor's before there is one, and
a known device's.

All are opaque, HttpOnly and SameSite=Strict; over https they have the __Host- prefix (RFC 6265bis).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from starlette.datastructures import Headers
from starlette.responses import Response

__all__ = [
    "DEVICE",
    "SEALED",
    "SESSION",
    "VISITOR",
    "cookie_of",
    "drop_cookie",
    "key_of",
    "new_cookie_value",
    "opened_value",
    "set_cookie",
]

SESSION = "exam_results_teacher"
SEALED = "exam_results_sealed"
VISITOR = "exam_results_visitor"
DEVICE = "exam_results_device"
# Ours have 43 characters; a refresh token of Cognito, sealed, has about 2,600. Browsers store 4,096.
_LENGTHS_MAX = {SESSION: 64, VISITOR: 64, DEVICE: 1_000, SEALED: 4_000}

# A value sealed up to so far in the future was sealed before the clock was set back.
CLOCK_STEP_MAX_S = 2 * 3600.0


def new_cookie_value() -> str:
    """256 random bits, base64url-encoded."""
    return secrets.token_urlsafe(32)


def key_of(value: str) -> str:
    """The hash under which the server stores what belongs to a cookie; it never stores the cookie itself."""
    return hashlib.sha256(value.encode()).hexdigest()


def cookie_of(scope: Mapping[str, Any], name: str, *, is_https: bool) -> str | None:
    """The cookie's value, None without one. Over https only a __Host- name counts."""
    wanted = _full_name(name, is_https=is_https)
    for header in Headers(raw=scope["headers"]).getlist("cookie"):
        for part in header.split(";"):
            found, _, quoted = part.strip().partition("=")
            value = quoted.strip('"')  # Starlette quotes what contains "=", as seals do
            if found == wanted and value and len(value) <= _LENGTHS_MAX[name]:
                return value
    return None


def opened_value(
    fernet: Fernet, value: str, now_s: float, *, good_for_s: float
) -> tuple[bytes, float] | None:
    """What was sealed with this key into a cookie, and how long ago, below 0 if the clock was set back since.

    None for anything else, and for what is older than `good_for_s`. `now_s` is epoch seconds.
    """
    try:
        content = fernet.decrypt(value)
        age_s = now_s - fernet.extract_timestamp(value)
    except InvalidToken:
        return None
    return (content, age_s) if -CLOCK_STEP_MAX_S <= age_s <= good_for_s else None


def set_cookie(
    response: Response, name: str, value: str, *, is_https: bool, max_age_s: int | None = None
) -> None:
    """Set a cookie that lasts until the browser is closed, or for `max_age_s`; the server decides when a
    session ends."""
    response.set_cookie(
        _full_name(name, is_https=is_https),
        value,
        max_age=max_age_s,
        secure=is_https,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, name: str, *, is_https: bool) -> None:
    """Delete the cookie."""
    response.delete_cookie(
        _full_name(name, is_https=is_https), secure=is_https, httponly=True, samesite="strict"
    )


def _full_name(name: str, *, is_https: bool) -> str:
    return f"__Host-{name}" if is_https else name
