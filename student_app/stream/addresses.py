"""Whose request is it: the address that limits are counted by."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

__all__ = ["client_address"]

IPV6_GROUP_BITS = 64  # one household or one machine holds a whole /64: it counts as one


def client_address(scope: Mapping[str, Any], trusted_proxies: int) -> str:
    """The client's address; of X-Forwarded-For only what our own proxies wrote is believed.

    `trusted_proxies` counts them: with none, the header is ignored, since anybody can send it.
    """
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    if trusted_proxies > 0:
        values = Headers(raw=scope["headers"]).getlist("x-forwarded-for")
        chain = [entry.strip() for value in values for entry in value.split(",") if entry.strip()]
        if len(chain) >= trusted_proxies:
            address = chain[-trusted_proxies]
    try:
        ip = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return address[:64]
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, IPV6_GROUP_BITS), strict=False))
    return str(ip)
