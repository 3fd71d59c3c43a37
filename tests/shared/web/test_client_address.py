"""Forwarding headers are trusted from the right, for exactly as many proxies as are configured."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.client_address import client_address


def scope(peer: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", entry.encode()) for entry in forwarded]
    return {"type": "http", "client": (peer, 5000), "headers": headers}


def test_without_proxies_no_client_can_choose_its_address() -> None:
    assert client_address(scope("192.0.2.1", "198.51.100.7"), 0) == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        (["198.51.100.7"], 1, "198.51.100.7"),
        (["10.9.9.9, 198.51.100.7"], 1, "198.51.100.7"),  # what the client wrote itself is on the left
        (["198.51.100.7, 203.0.113.1"], 2, "198.51.100.7"),
        (["10.9.9.9", "198.51.100.7"], 1, "198.51.100.7"),
        ([], 1, "192.0.2.1"),  # it bypassed the proxy
        (["198.51.100.7"], 2, "192.0.2.1"),
        (["10.9.9.9, 198.51.100.7, 203.0.113.1"], 2, "198.51.100.7"),
        ([""], 1, "192.0.2.1"),
    ],
)
def test_only_what_our_proxies_wrote_is_trusted(forwarded: list[str], proxies: int, address: str) -> None:
    assert client_address(scope("192.0.2.1", *forwarded), proxies) == address


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=5))
def test_nothing_that_a_client_sends_before_our_proxy_changes_its_address(forged: list[str]) -> None:
    assert client_address(scope("192.0.2.1", ", ".join([*forged, "1.1.1.1"])), 1) == "1.1.1.1"


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("198.51.100.7:40001", "198.51.100.7"),
        ("[2001:db8:1:2::9]:40001", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:40001", "198.51.100.7"),
        ("[fe80::1%eth0]:40001", "fe80::/64"),
        ("unknown:40001", "unknown"),
    ],
)
def test_the_port_that_some_proxies_write_is_no_part_of_the_address(entry: str, address: str) -> None:
    """The client chooses it: each port would be a new address, and no limit would hold."""
    assert client_address(scope("192.0.2.1", entry), 1) == address


def test_one_household_of_ipv6_is_one_address() -> None:
    assert client_address(scope("2001:db8:1:2:aaaa::1"), 0) == client_address(scope("2001:db8:1:2::9"), 0)
    assert client_address(scope("2001:db8:1:3::1"), 0) != client_address(scope("2001:db8:1:2::1"), 0)
    assert client_address(scope("::ffff:192.0.2.1"), 0) == "192.0.2.1"
    assert client_address(scope("fe80::1%eth0"), 0) == client_address(scope("fe80::2"), 0)


def test_an_odd_address_is_kept_short() -> None:
    assert len(client_address(scope("192.0.2.1", "x" * 5000), 1)) == 64
