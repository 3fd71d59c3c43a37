"""What a request says about its sender: address, scheme and origin, believing only the configured proxies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from shared.web.client_address import client_address, forwarded_entries

__all__ = ["ClientFacts", "facts_of"]


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """`address` groups IPv6 by /64. `host` is the Host header; `origin` is None when none was sent."""

    address: str
    is_https: bool
    host: str
    origin: str | None
    fetch_site: str | None

    @property
    def has_own_origin(self) -> bool:
        """Whether the request comes from a page of this site.

        Browsers send Origin with a form's POST and with a WebSocket handshake. Without it, Sec-Fetch-Site may
        still prove that the page is ours: scripts cannot forge it.
        """
        if self.origin is None:
            return self.fetch_site == "same-origin"
        try:
            origin = urlsplit(self.origin)
        except ValueError:
            return False
        # A proxy that terminates TLS may not say so: plain http is refused only where https is certain.
        schemes = {"https"} if self.is_https else {"http", "https"}
        return origin.scheme in schemes and bool(self.host) and origin.netloc == self.host


def facts_of(scope: Mapping[str, Any], trusted_proxies: int, *, is_always_https: bool) -> ClientFacts:
    """The facts of an ASGI HTTP or WebSocket scope. `is_always_https`: a trusted setting says so."""
    headers = Headers(raw=scope["headers"])
    scheme = str(scope["scheme"])
    if trusted_proxies > 0:
        schemes = forwarded_entries(headers, "x-forwarded-proto")
        if schemes:
            scheme = schemes[-min(trusted_proxies, len(schemes))]
    return ClientFacts(
        address=client_address(scope, trusted_proxies),
        is_https=is_always_https or scheme in {"https", "wss"},
        host=headers.get("host", ""),
        origin=headers.get("origin"),
        fetch_site=headers.get("sec-fetch-site"),
    )
