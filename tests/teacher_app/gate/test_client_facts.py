"""Forwarding headers are believed from the right, for exactly as many proxies as are configured."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teacher_app.gate.client_facts import ClientFacts, facts_of


def facts(
    headers: dict[str, str], proxies: int = 0, scheme: str = "http", peer: str = "10.9.9.9", **options: bool
) -> ClientFacts:
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": scheme,
        "client": (peer, 1234),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    return facts_of(scope, proxies, is_always_https=options.get("is_always_https", False))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "10.9.9.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.9.9.9"),
        (1, "", "10.9.9.9"),
    ],
)
def test_the_address_is_the_one_that_our_outermost_proxy_saw(
    proxies: int, forwarded: str, address: str
) -> None:
    assert facts({"X-Forwarded-For": forwarded}, proxies).address == address


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=5))
def test_nothing_that_a_client_sends_before_our_proxy_changes_its_address(forged: list[str]) -> None:
    chain = ", ".join([*forged, "1.1.1.1"])
    assert facts({"X-Forwarded-For": chain}, proxies=1).address == "1.1.1.1"


def test_one_ipv6_household_counts_as_one_address() -> None:
    first = facts({}, peer="2001:db8:1:2:aaaa::1").address
    assert first == facts({}, peer="2001:db8:1:2:bbbb::2").address
    assert first != facts({}, peer="2001:db8:1:3::1").address
    assert facts({}, peer="::ffff:10.0.0.1").address == "10.0.0.1"


def test_an_address_that_is_none_stays_short() -> None:
    assert len(facts({"X-Forwarded-For": "x" * 5000}, proxies=1).address) == 64


def test_https_is_known_from_the_socket_the_setting_or_a_trusted_proxy_only() -> None:
    assert facts({}, scheme="https").is_https
    assert facts({}, scheme="wss").is_https
    assert facts({}, is_always_https=True).is_https
    assert facts({"X-Forwarded-Proto": "https"}, proxies=1).is_https
    assert facts({"X-Forwarded-Proto": "http, https"}, proxies=1).is_https
    assert not facts({"X-Forwarded-Proto": "https"}).is_https
    assert not facts({}).is_https


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"Host": "exams.example", "Origin": "http://exams.example"}, True),
        ({"Host": "exams.example:8501", "Origin": "http://exams.example:8501"}, True),
        ({"Host": "exams.example", "Origin": "https://exams.example"}, True),
        ({"Host": "exams.example", "Origin": "http://evil.example"}, False),
        ({"Host": "exams.example", "Origin": "http://exams.example.evil.example"}, False),
        ({"Host": "exams.example", "Origin": "http://exams.example:81"}, False),
        ({"Host": "exams.example", "Origin": "null"}, False),
        ({"Host": "exams.example", "Origin": "ftp://exams.example"}, False),
        ({"Host": "exams.example", "Origin": "http://[broken"}, False),
        ({"Host": "", "Origin": "http://"}, False),
        ({"Host": "exams.example"}, False),
        ({"Host": "exams.example", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Host": "exams.example", "Sec-Fetch-Site": "same-site"}, False),
        ({"Host": "exams.example", "Sec-Fetch-Site": "cross-site"}, False),
        (
            {"Host": "exams.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
            False,
        ),
    ],
)
def test_only_a_page_of_this_very_host_has_our_origin(headers: dict[str, str], is_own: bool) -> None:
    assert facts(headers).has_own_origin is is_own


def test_over_https_a_plain_http_page_of_the_same_host_is_foreign() -> None:
    headers = {"Host": "exams.example", "Origin": "http://exams.example"}
    assert not facts(headers, is_always_https=True).has_own_origin
