"""The gate's two cookies: the session's, and the visitor's before there is a session. Opaque, never readable
by scripts, never sent from other sites; over https bound to this very host."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

__all__ = ["SESSION", "VISITOR", "cookie_of", "drop_cookie", "key_of", "new_cookie_value", "set_cookie"]

SESSION = "exam_results_teacher"
VISITOR = "exam_results_visitor"
_LENGTH_MAX = 64  # ours are 43 characters; longer ones are nobody's


def new_cookie_value() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def key_of(value: str) -> str:
    """Under which the server keeps what belongs to a cookie: memory never holds the cookie itself."""
    return hashlib.sha256(value.encode()).hexdigest()


def cookie_of(scope: Mapping[str, Any], name: str, *, is_https: bool) -> str | None:
    """The cookie's value. Over https only the name that a plain-http neighbour cannot set is read."""
    wanted = _full_name(name, is_https=is_https)
    for header in Headers(raw=scope["headers"]).getlist("cookie"):
        jar: SimpleCookie = SimpleCookie()
        for part in header.split(";"):
            # One part at a time: somebody else's malformed cookie must not hide ours.
            if part.strip().startswith(f"{wanted}="):
                try:
                    jar.load(part.strip())
                except CookieError:
                    continue
        if wanted in jar and 0 < len(jar[wanted].value) <= _LENGTH_MAX:
            return jar[wanted].value
    return None


def set_cookie(response: Response, name: str, value: str, *, is_https: bool) -> None:
    """Until the browser is closed: the server knows when the session ends."""
    response.set_cookie(
        _full_name(name, is_https=is_https),
        value,
        path="/",
        secure=is_https,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, name: str, *, is_https: bool) -> None:
    """Has the browser forget the cookie."""
    response.delete_cookie(
        _full_name(name, is_https=is_https), path="/", secure=is_https, httponly=True, samesite="strict"
    )


def _full_name(name: str, *, is_https: bool) -> str:
    return f"__Host-{name}" if is_https else name
