"""A real dashboard process: access control over HTTP and over Streamlit's WebSocket."""

import contextlib
from collections.abc import Iterator

import httpx
import pytest

from tests.backend_process import PASSWORD, RunningBackend
from tests.dashboard_process import TeacherDashboard
from tests.teacher_app.gate.gate_client import GateBrowser
from tests.wire.gate_dashboard import (
    COOKIE,
    StreamlitPage,
    handshake_status,
    new_name,
    wire_browser,
)

SECURE_COOKIE = f"__Host-{COOKIE}"


@pytest.fixture(scope="module")
def behind_proxy(backend: RunningBackend) -> Iterator[TeacherDashboard]:
    """A dashboard that trusts one proxy in front of it."""
    with TeacherDashboard({**backend.settings, "EXAM_RESULTS_TRUSTED_PROXIES": "1"}) as running:
        yield running


def signed_in(browser: GateBrowser, name: str) -> str:
    """The cookie set by the sign-in."""
    browser.sign_in(name, PASSWORD)
    return browser.cookies[COOKIE]


@pytest.mark.parametrize(
    "path", ["/", "/exam?id=1", "/_stcore/metrics", "/media/some.pdf", "/component/x/y.js"]
)
def test_without_a_session_nothing_is_served(browser: GateBrowser, path: str) -> None:
    """A page redirects to sign-in; anything else is refused in one line, including Streamlit's own paths."""
    browser.open(path)
    assert browser.path.partition("?")[0] == "/sign-in"
    refused = browser.request("GET", path)
    assert (refused.status_code, refused.text) == (401, "Sign in first.\n")


def test_without_a_session_the_websocket_is_refused(dashboard: TeacherDashboard) -> None:
    assert handshake_status(dashboard, cookie=None) == 403
    assert handshake_status(dashboard, cookie="A" * 43) == 403


def test_with_a_session_the_page_connects_to_streamlit(
    dashboard: TeacherDashboard, browser: GateBrowser, name: str
) -> None:
    with StreamlitPage(dashboard, signed_in(browser, name)) as page:
        assert f"{name} has 0 exams and typed “”." in page.rerun()


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1", "http://localhost"]
)
def test_a_websocket_from_another_origin_is_refused_even_with_a_session(
    dashboard: TeacherDashboard, browser: GateBrowser, name: str, origin: str | None
) -> None:
    cookie = signed_in(browser, name)
    assert handshake_status(dashboard, cookie, origin) == 403
    assert handshake_status(dashboard, cookie, "own") == 101


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example"])
def test_a_form_from_another_origin_changes_nothing(
    browser: GateBrowser, name: str, origin: str | None
) -> None:
    signed_in(browser, name)
    page = browser.open("/account")
    fields = page.forms[0]["fields"]
    headers = {} if origin is None else {"Origin": origin}
    refused = browser.request("POST", "/sign-out", data=fields, headers=headers)
    assert refused.status_code == 403
    assert browser.open("/account").title.startswith("Your account")


def test_the_session_cookie_is_hidden_from_scripts_and_other_sites(browser: GateBrowser, name: str) -> None:
    browser.open("/sign-in")
    page = browser.page
    answer = browser.request(
        "POST",
        page.forms[0]["action"],
        data={**page.forms[0]["fields"], "username": name, "password": PASSWORD},
        headers={"Origin": str(browser.client.base_url).rstrip("/")},
    )
    assert answer.status_code == 303
    attributes = cookie_attributes(answer, COOKIE)
    assert attributes >= {"httponly", "samesite=strict", "path=/"}
    assert "secure" not in attributes
    assert not any(part.startswith(("expires", "max-age", "domain")) for part in attributes)


def test_behind_a_trusted_proxy_with_https_the_cookie_is_secure_and_bound_to_the_host(
    behind_proxy: TeacherDashboard, name: str
) -> None:
    """Neither the cookie without the prefix nor an http page of the same host gives access."""
    host = behind_proxy.host
    own = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Origin": f"https://{host}"}
    with wire_browser(behind_proxy.url) as browser:
        form = browser.open("/sign-in", **{name: text for name, text in own.items() if name != "Origin"})
        visitor = next(value for key, value in browser.cookies.items() if key.startswith("__Host-"))
        answer = browser.request(
            "POST",
            form.forms[0]["action"],
            data={**form.forms[0]["fields"], "username": name, "password": PASSWORD},
            headers={**own, "Cookie": f"__Host-exam_results_visitor={visitor}"},
        )
        assert answer.status_code == 303, answer.text
        assert cookie_attributes(answer, SECURE_COOKIE) >= {"secure", "httponly", "samesite=strict", "path=/"}
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        value = answer.cookies[SECURE_COOKIE]

        def status(cookie: str, **headers: str) -> int:
            return browser.request(
                "GET", "/account", headers={**own, "Cookie": cookie, **headers}
            ).status_code

        assert status(f"{SECURE_COOKIE}={value}") == 200
        assert status(f"{COOKIE}={value}") == 401
        assert status(f"{SECURE_COOKIE}={value}", **{"X-Forwarded-Proto": "http"}) == 401


def test_without_a_trusted_proxy_forwarding_headers_are_ignored(browser: GateBrowser) -> None:
    answer = browser.request(
        "GET", "/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    )
    assert "strict-transport-security" not in answer.headers
    assert "secure" not in answer.headers["set-cookie"].lower()


def test_a_name_is_throttled_after_five_failures_from_any_address(
    behind_proxy: TeacherDashboard, name: str
) -> None:
    """Even with the right password, from another address or typed in capitals; others are not throttled."""
    with browser_at(behind_proxy, "198.51.100.1") as browser:
        for _ in range(5):
            assert browser.sign_in(name, "Wrong-password-1").alert == "The name or the password is not right."
            assert browser.answer.status_code == 401
        assert browser.sign_in(name, PASSWORD).alert.startswith("Too many attempts. Wait ")
        assert browser.answer.status_code == 429
        assert 0 < int(browser.answer.headers["retry-after"]) <= 5
    with browser_at(behind_proxy, "198.51.100.2") as browser:
        assert browser.sign_in(name.upper(), PASSWORD).alert.startswith("Too many attempts.")
        assert browser.sign_in(new_name(), PASSWORD).alert == "The name or the password is not right."


def test_an_address_that_tried_thirty_names_is_throttled_and_its_neighbour_is_not(
    behind_proxy: TeacherDashboard, name: str
) -> None:
    """A slow machine allows one or two more: an address is credited one attempt a minute."""
    with browser_at(behind_proxy, "203.0.113.1") as browser:
        statuses: list[int] = []
        while len(statuses) < 35 and 429 not in statuses:
            browser.sign_in(new_name(), "Wrong-password-1")
            statuses.append(browser.answer.status_code)
        assert set(statuses[:30]) == {401}
        assert statuses[-1] == 429
        assert browser.sign_in(name, PASSWORD).alert.startswith("Too many attempts.")
    with browser_at(behind_proxy, "203.0.113.2") as browser:
        browser.sign_in(name, PASSWORD)
        assert browser.answer.status_code == 200
        assert browser.path == "/"


def browser_at(dashboard: TeacherDashboard, address: str) -> contextlib.AbstractContextManager[GateBrowser]:
    return wire_browser(dashboard.url, X_Forwarded_For=address)


def cookie_attributes(answer: httpx.Response, name: str) -> set[str]:
    """The attributes, in lower case, with which the answer sets the cookie `name`."""
    for header in answer.headers.get_list("set-cookie"):
        pair, *attributes = (part.strip() for part in header.split(";"))
        if pair.startswith(f"{name}=") and pair != f"{name}=":
            return {attribute.lower() for attribute in attributes}
    raise AssertionError(f"no cookie {name} in {answer.headers}")
