"""What a request tells of its sender: address, scheme and origin, believing only the configured proxies.

The count of trusted proxies says how many entries of X-Forwarded-For, from the right, were written by our
own proxies. With none, both forwarding headers are ignored: anybody can send them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

__all__ = ["ClientFacts", "facts_of"]

_IPV6_GROUP_BITS = 64  # one household or one machine holds a whole /64: it counts as one address


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
        """Whether the request comes from a page of this very site.

        Every browser sends Origin with a form's POST and with a WebSocket handshake; what sends none may
        still show by Sec-Fetch-Site, which scripts cannot forge, that it is ours.
        """
        if self.origin is None:
            return self.fetch_site == "same-origin"
        try:
            origin = urlsplit(self.origin)
        except ValueError:
            return False
        # A proxy that ends TLS may not tell us so: only where https is certain is plain http refused.
        schemes = {"https"} if self.is_https else {"http", "https"}
        return origin.scheme in schemes and bool(self.host) and origin.netloc == self.host


def facts_of(scope: Mapping[str, Any], trusted_proxies: int, *, is_always_https: bool) -> ClientFacts:
    """The facts of an ASGI HTTP or WebSocket scope."""
    headers = Headers(raw=scope["headers"])
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    scheme = str(scope.get("scheme", "http"))
    if trusted_proxies > 0:
        chain = _entries(headers.getlist("x-forwarded-for"))
        # Fewer entries than proxies: the request came round them, so only its own address is known.
        if len(chain) >= trusted_proxies:
            address = chain[-trusted_proxies]
        schemes = _entries(headers.getlist("x-forwarded-proto"))
        if schemes:
            scheme = schemes[-min(trusted_proxies, len(schemes))]
    return ClientFacts(
        address=_grouped(address),
        is_https=is_always_https or scheme in {"https", "wss"},
        host=headers.get("host", ""),
        origin=headers.get("origin"),
        fetch_site=headers.get("sec-fetch-site"),
    )


def _entries(values: list[str]) -> list[str]:
    return [entry.strip() for value in values for entry in value.split(",") if entry.strip()]


def _grouped(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address[:64]
    if ip.version == 6:
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, _IPV6_GROUP_BITS), strict=False))
    return str(ip)
