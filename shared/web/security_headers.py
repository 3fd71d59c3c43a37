"""The security headers of both dashboards' answers."""

from __future__ import annotations

import enum
import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.installed import package_folder

__all__ = ["Page", "SecurityHeaders", "add_security_headers"]

COMPONENT = "streamlit_autorefresh"  # the one component that Streamlit puts into a frame of our page
COMPONENT_PATH = f"/component/{COMPONENT}."


class Page(enum.Enum):
    """What a policy is for."""

    STREAMLIT = enum.auto()  # Streamlit's page and whatever it loads
    FORM = enum.auto()  # a page of our own: no inline script, no inline style
    FRAMED_COMPONENT = enum.auto()  # a component's page, framed by Streamlit's


_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HSTS = "max-age=31536000"


def add_security_headers(
    headers: MutableHeaders,
    page: Page,
    *,
    referrer_policy: str,
    is_https: bool = False,
    script_hashes: str = "",
) -> None:
    """Add them to an answer; `is_https` only when the dashboard itself is certain of it. `script_hashes` are
    the CSP sources of our own inline scripts in Streamlit's page."""
    headers["Content-Security-Policy"] = _policy(page, script_hashes)
    headers["X-Frame-Options"] = "SAMEORIGIN" if page is Page.FRAMED_COMPONENT else "DENY"
    headers["Referrer-Policy"] = referrer_policy
    for name, value in _HEADERS.items():
        headers[name] = value
    if is_https:
        headers["Strict-Transport-Security"] = _HSTS


class SecurityHeaders:
    """ASGI middleware that adds them to every answer; HSTS is left to the proxy, which terminates HTTPS."""

    def __init__(self, app: ASGIApp, referrer_policy: str, script_hashes: str = "") -> None:
        self._app = app
        self._script_hashes = script_hashes
        self._referrer_policy = referrer_policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_framed = str(scope.get("path", "")).startswith(COMPONENT_PATH)
        page = Page.FRAMED_COMPONENT if is_framed else Page.STREAMLIT

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_security_headers(
                    headers, page, referrer_policy=self._referrer_policy, script_hashes=self._script_hashes
                )
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


@cache
def _policy(page: Page, script_hashes: str) -> str:
    match page:
        case Page.STREAMLIT:
            directives = {
                "default-src": "'self'",
                # Streamlit's page has one inline script; its components come as blobs.
                "script-src": " ".join(
                    filter(
                        None,
                        (
                            "'self' blob:",
                            _inline_script_hashes("streamlit", "static/index.html"),
                            script_hashes,
                        ),
                    )
                ),
                "style-src": "'self' 'unsafe-inline'",
                "img-src": "'self' data: blob:",
                "font-src": "'self' data:",
                "connect-src": "'self'",
                "worker-src": "'self' blob:",
                "object-src": "'none'",
                "base-uri": "'self'",
                "form-action": "'self'",
                "frame-ancestors": "'none'",
            }
        case Page.FORM:
            directives = {
                "default-src": "'none'",
                "script-src": "'self'",
                "style-src": "'self'",
                "img-src": "'self'",
                "font-src": "'self'",
                "base-uri": "'none'",
                "form-action": "'self'",
                "frame-ancestors": "'none'",
            }
        case Page.FRAMED_COMPONENT:
            directives = {
                "default-src": "'none'",
                "script-src": f"'self' {_inline_script_hashes(COMPONENT, 'frontend/build/index.html')}",
                "style-src": "'self' 'unsafe-inline'",
                "base-uri": "'none'",
                "form-action": "'none'",
                "frame-ancestors": "'self'",
            }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _inline_script_hashes(package: str, page: str) -> str:
    """CSP hash sources that allow exactly the inline scripts of an installed package's page."""
    html = (package_folder(package) / page).read_bytes()
    scripts = re.findall(rb"<script>(.*?)</script>", html, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
