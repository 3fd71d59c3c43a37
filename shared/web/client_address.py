"""The address of a client, by which limits count. X-Forwarded-For is believed only from our own proxies.

`trusted_proxies` is how many entries, from the right, our own proxies wrote. With none, forwarding headers
are ignored: anybody can send them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

__all__ = ["address_group", "client_address", "forwarded_entries"]

IPV6_GROUP_BITS = 64  # one household or one machine has a whole /64: it counts as one address
TEXT_LENGTH_MAX = 64  # of a forwarded entry that is no IP address


def client_address(scope: Mapping[str, Any], trusted_proxies: int) -> str:
    """The client's address for an ASGI HTTP or WebSocket scope: that of its /64 network for IPv6."""
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    if trusted_proxies > 0:
        chain = forwarded_entries(Headers(raw=scope["headers"]), "x-forwarded-for")
        # Fewer entries than proxies: the request bypassed them, so only its own address is certain.
        if len(chain) >= trusted_proxies:
            address = chain[-trusted_proxies]
    return address_group(address)


def address_group(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 address.

    Some proxies write a port behind it ("192.0.2.1:5000", "[2001:db8::1]:5000"), which the client chooses.
    """
    host = address.partition("]")[0].removeprefix("[")
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:TEXT_LENGTH_MAX]
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, IPV6_GROUP_BITS), strict=False))


def forwarded_entries(headers: Headers, name: str) -> list[str]:
    """The entries of a list header such as X-Forwarded-Proto, in order, however many lines it came in."""
    return [entry.strip() for value in headers.getlist(name) for entry in value.split(",") if entry.strip()]
