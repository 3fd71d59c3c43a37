"""A session outlives its process, for the browser that it belongs to, until it ends anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.model.errors import BackendUnreachable
from teacher_app.gate.form_tokens import FormTokens
from teacher_app.gate.known_devices import KnownDevices
from teacher_app.gate.sealed_sessions import RENEW_AFTER_S, SealedSession, SessionSeal
from tests.teacher_app.gate.fake_pool import PASSWORD
from tests.teacher_app.gate.gate_client import GateBrowser, Site, gate_site

KEY = "a-key-of-more-than-thirty-two-characters"
SESSION, SEALED = "exam_results_teacher", "exam_results_sealed"
IDLE_MINUTES = 10


@pytest.fixture
def site() -> Iterator[Site]:
    with gate_site(session_key=KEY, session_idle_minutes=IDLE_MINUTES) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[GateBrowser]:
    with site.browser() as browser:
        browser.sign_in()
        assert browser.path == "/"
        yield browser


@contextmanager
def moved(
    site: Site, browser: GateBrowser, *, cookies: tuple[str, ...] = (SESSION, SEALED)
) -> Iterator[GateBrowser]:
    """The same browser at another process, with these of its cookies."""
    with site.second() as second, second.browser() as there:
        for name in cookies:
            there.cookies.set(name, browser.cookies[name])
        yield there


def dashboard_of(browser: GateBrowser) -> str:
    browser.open("/exams")
    return browser.answer.text if browser.path == "/exams" else ""


def test_after_a_restart_the_browser_is_still_signed_in(site: Site, browser: GateBrowser) -> None:
    with moved(site, browser) as there:
        assert dashboard_of(there) == "dashboard of ada at /exams"
        assert dashboard_of(there) == "dashboard of ada at /exams"
    assert site.pool.calls.count("resume") == 1


def test_the_first_page_after_a_restart_is_the_one_that_was_asked_for_and_a_use(
    site: Site, browser: GateBrowser
) -> None:
    with moved(site, browser) as there:
        for _ in range(2):
            site.clock.advance(IDLE_MINUTES * 60.0 - 1.0)
            answer = there.request("GET", "/exams")
            assert (answer.status_code, answer.text) == (200, "dashboard of ada at /exams")


def test_without_a_key_a_session_ends_with_its_process() -> None:
    with gate_site() as site, site.browser() as browser:
        browser.sign_in()
        with moved(site, browser) as there:
            assert dashboard_of(there) == ""


@pytest.mark.parametrize("kept", [SESSION, SEALED])
def test_one_cookie_without_the_other_continues_nothing(site: Site, browser: GateBrowser, kept: str) -> None:
    with moved(site, browser, cookies=(kept,)) as there:
        assert dashboard_of(there) == ""


def test_a_seal_of_another_session_continues_nothing(site: Site, browser: GateBrowser) -> None:
    with site.browser() as other:
        other.sign_in("grace")
        with moved(site, browser) as there:
            there.cookies.set(SEALED, other.cookies[SEALED])
            assert dashboard_of(there) == ""


def test_the_refresh_token_cannot_be_read_in_the_cookies(site: Site, browser: GateBrowser) -> None:
    (token,) = site.pool.accounts["ada"].live_refresh_tokens
    assert all(token not in value for value in browser.cookies.values())
    stranger = SessionSeal("another-key-of-more-than-32-characters", site.clock, idle_s=600.0)
    assert stranger.open("any", browser.cookies[SEALED]) is None


def test_what_ends_in_one_process_ends_in_the_others(site: Site, browser: GateBrowser) -> None:
    with moved(site, browser) as there:
        assert dashboard_of(there) != ""
        browser.open("/sign-out")
        browser.send()
        site.clock.advance(60.0)  # the other process asks the user pool now and then
        assert dashboard_of(there) == ""
    with moved(site, there) as later:
        assert dashboard_of(later) == ""


def test_a_session_that_the_pool_revoked_is_not_continued_and_the_pool_is_asked_once(
    site: Site, browser: GateBrowser
) -> None:
    site.pool.revoke("ada")
    with moved(site, browser) as there:
        assert dashboard_of(there) == ""
        assert dashboard_of(there) == ""
    assert site.pool.calls.count("resume") == 1


def test_a_session_that_ended_by_rest_is_not_continued(site: Site, browser: GateBrowser) -> None:
    site.clock.advance(IDLE_MINUTES * 60.0 + 1.0)
    with moved(site, browser) as there:
        assert dashboard_of(there) == ""


def test_each_page_extends_it_for_a_later_restart(site: Site, browser: GateBrowser) -> None:
    for _ in range(3):
        site.clock.advance(IDLE_MINUTES * 60.0 - 1.0)
        assert dashboard_of(browser) != ""
    with moved(site, browser) as there:
        assert dashboard_of(there) != ""


def test_the_seal_is_renewed_at_most_once_a_minute(site: Site, browser: GateBrowser) -> None:
    first = browser.cookies[SEALED]
    dashboard_of(browser)
    assert browser.cookies[SEALED] == first
    site.clock.advance(RENEW_AFTER_S)
    dashboard_of(browser)
    assert browser.cookies[SEALED] != first


def test_over_https_the_seal_is_renewed_and_read_under_its_own_name() -> None:
    with (
        gate_site(session_key=KEY, has_secure_cookies=True) as site,
        site.browser("https://exams.example") as browser,
    ):
        browser.sign_in()
        names = sorted(browser.cookies)
        first = browser.cookies[f"__Host-{SEALED}"]
        for pause_s, is_renewed in ((0.0, False), (RENEW_AFTER_S, True)):
            site.clock.advance(pause_s)
            dashboard_of(browser)
            assert sorted(browser.cookies) == names
            assert (browser.cookies[f"__Host-{SEALED}"] != first) is is_renewed
        with site.second() as second, second.browser("https://exams.example") as there:
            for name in (f"__Host-{SESSION}", f"__Host-{SEALED}"):
                there.cookies.set(name, browser.cookies[name])
            assert dashboard_of(there) != ""


def test_a_browser_that_lost_its_seal_gets_another_with_the_next_page(
    site: Site, browser: GateBrowser
) -> None:
    del browser.cookies[SEALED]
    assert dashboard_of(browser) != ""
    with moved(site, browser) as there:
        assert dashboard_of(there) != ""


def test_what_an_earlier_version_made_with_the_key_is_still_good() -> None:
    """An update of the dashboard signs nobody out, forgets no device and refuses no form."""
    seal = SessionSeal(KEY, lambda: 1_800_000_010.0, idle_s=600.0)
    sealed = (
        "gAAAAABrSdIAgduaq3WWPMqU4ymMwsbb42eohwPNmlP9AfNlaj77mex8dpPW7RwkN-8-r2r0Wyt0bocx0gW9Tj5QRN56xBP2NQ8q"
        "My5KnW9OeP7LnAR2xgLt40z6MGnQNSRkNVyKdOH6"
    )
    assert seal.open("session", sealed) == SealedSession("refresh token", 70.0, 10.0)
    device = (
        "gAAAAABrSdIAE5JjDDhQUTb8aS1KQyCruTgWOeku93vOr9D0YnFuecLNgsIHrN0z-i0ChB2p_FhxY3dn2zbpLMHAH64Zmz8VutyfdM0A"
        "DFt8ulNkQnQDcss="
    )
    assert KnownDevices(seal.device_key, lambda: 1_800_000_010.0).device_of(device, "ada") is not None
    token = "649cbb12ef0d1d5c83ce3ed2bae0894e46a32491d8f9856f747e9c0933978d3d"
    assert FormTokens(seal.form_key).is_valid(token, "cookie")


def test_a_restart_does_not_extend_the_working_day(site: Site, browser: GateBrowser) -> None:
    for _ in range(12 * 60 // (IDLE_MINUTES - 1)):
        site.clock.advance((IDLE_MINUTES - 1) * 60.0)
        dashboard_of(browser)
    with moved(site, browser) as there:
        assert dashboard_of(there) != ""
        site.clock.advance((IDLE_MINUTES - 1) * 60.0)
        assert dashboard_of(there) == ""


def test_while_the_pool_does_not_answer_the_page_waits_and_then_goes_on(
    site: Site, browser: GateBrowser
) -> None:
    with moved(site, browser) as there:
        site.pool.trouble = BackendUnreachable("pool", "no answer")
        there.open("/exams")
        assert there.answer.status_code == 503
        assert "http-equiv='refresh'" in there.answer.text
        answer = there.request("GET", "/media/x.png")
        assert (answer.status_code, answer.text) == (503, "The sign-in service does not answer.\n")
        assert there.request("GET", "/static/js/a.js").status_code == 200
        assert there.open("/sign-in").inputs["username"]["value"] == ""
        site.pool.trouble = None
        assert dashboard_of(there) == "dashboard of ada at /exams"


def test_a_form_that_was_open_during_the_restart_can_still_be_sent(site: Site, browser: GateBrowser) -> None:
    form = browser.open("/account/password").forms[0]
    with moved(site, browser) as there:
        there.open("/account/password")
        answer = there.request(
            "POST",
            "/account/password",
            data={**form["fields"], "password": PASSWORD, "new_password": "x", "new_password_again": "x"},
            headers={"Origin": "http://exams.example"},
        )
    assert "This page was open too long" not in answer.text


def test_signing_out_deletes_both_cookies(site: Site, browser: GateBrowser) -> None:
    browser.open("/sign-out")
    browser.send()
    assert SESSION not in browser.cookies
    assert SEALED not in browser.cookies
