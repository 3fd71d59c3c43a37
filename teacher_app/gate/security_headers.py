"""The security headers of every answer: stricter on the gate's own pages than on Streamlit's."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders

__all__ = ["add_security_headers"]

_ON_THE_DASHBOARD = {
    "default-src": "'self'",
    # The one inline script of Streamlit's page, by its hash; its components come as blobs.
    "script-src": "'self' blob: 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='",
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
_ON_THE_GATE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # With “no-referrer” browsers would send “Origin: null” with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_HSTS = ("Strict-Transport-Security", "max-age=31536000")


def add_security_headers(headers: MutableHeaders, *, is_gate_page: bool, is_https: bool) -> None:
    """Adds to an answer's headers; a cache rule that is there already stays, except on the gate's pages."""
    put: Callable[[str, str], None] = headers.__setitem__
    policy = _ON_THE_GATE if is_gate_page else _ON_THE_DASHBOARD
    put("Content-Security-Policy", "; ".join(f"{name} {sources}" for name, sources in policy.items()))
    for name, value in _ALWAYS:
        put(name, value)
    if is_https:
        put(*_HSTS)
    if is_gate_page:
        put("Cache-Control", "no-store")
