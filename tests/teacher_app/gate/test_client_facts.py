"""Forwarding headers are trusted from the right, for exactly as many proxies as are configured."""

from typing import Any

import pytest

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


def test_the_address_is_trusted_from_our_own_proxies_only() -> None:
    forwarded = {"X-Forwarded-For": "6.6.6.6, 1.1.1.1"}
    assert facts(forwarded).address == "10.9.9.9"
    assert facts(forwarded, proxies=1).address == "1.1.1.1"


def test_https_is_recognised_from_the_socket_the_setting_or_a_trusted_proxy_only() -> None:
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
def test_only_a_page_of_this_host_has_our_origin(headers: dict[str, str], is_own: bool) -> None:
    assert facts(headers).has_own_origin is is_own


def test_what_a_request_does_not_say_is_not_made_up() -> None:
    assert facts({}) == ClientFacts("10.9.9.9", is_https=False, host="", origin=None, fetch_site=None)


def test_over_https_a_plain_http_page_of_the_same_host_is_foreign() -> None:
    headers = {"Host": "exams.example", "Origin": "http://exams.example"}
    assert not facts(headers, is_always_https=True).has_own_origin
