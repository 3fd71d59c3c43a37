"""The security headers of every answer of the student dashboard."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from base64 import b64encode
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders"]

COMPONENT_PATH = "/component/streamlit_autorefresh."

_POLICY = (
    "default-src 'self'; "
    # The one inline script of Streamlit's page, by its hash; its components come as blobs.
    "script-src 'self' blob: 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # An exam's or a student's own address is nobody else's business.
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def _framed_headers() -> tuple[tuple[str, str], ...]:
    """For streamlit-autorefresh, which Streamlit puts into a frame of our own page; its scripts stand in its
    page and are allowed one by one."""
    # Found, not imported: Streamlit knows a component that is imported while it runs.
    package = importlib.util.find_spec("streamlit_autorefresh")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("streamlit_autorefresh")
    page = Path(package.origin).with_name("frontend") / "build" / "index.html"
    scripts = re.findall(rb"<script>(.*?)</script>", page.read_bytes(), re.DOTALL)
    hashes = " ".join(f"'sha256-{b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    replaced = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
    return tuple((name, replaced.get(name, value)) for name, value in _HEADERS)


class SecurityHeaders:
    """ASGI middleware that adds them; HSTS is the proxy's, which alone knows of HTTPS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._framed = _framed_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_framed = str(scope.get("path", "")).startswith(COMPONENT_PATH)
        added = self._framed if is_framed else _HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added:
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
