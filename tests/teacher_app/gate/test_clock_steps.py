"""Setting the computer's clock, or letting it sleep, ends no session early, and lets none go on for ever."""

import random
from collections.abc import Iterator

import pytest

from shared.identity import steady_clock
from teacher_app.gate.cookies import CLOCK_STEP_MAX_S
from teacher_app.gate.gate import CHECK_AFTER_S
from teacher_app.gate.known_devices import KnownDevices
from teacher_app.gate.sealed_sessions import RENEW_AFTER_S
from teacher_app.gate.sessions import LIFETIME_S
from tests.teacher_app.gate.fake_pool import Clock
from tests.teacher_app.gate.gate_client import GateBrowser, Site, gate_site

IDLE_MINUTES = 30
HOUR_S = 3600.0
SEALED = "exam_results_sealed"


@pytest.fixture
def site() -> Iterator[Site]:
    with gate_site(
        session_key="a-key-of-more-than-thirty-two-characters", session_idle_minutes=IDLE_MINUTES
    ) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[GateBrowser]:
    with site.browser() as browser:
        browser.sign_in()
        yield browser


def is_signed_in(browser: GateBrowser) -> bool:
    browser.open("/exams")
    return browser.path == "/exams"


def is_signed_in_after_a_restart(site: Site, browser: GateBrowser) -> bool:
    with site.second() as second, second.browser() as there:
        there.cookies.update(browser.cookies)
        return is_signed_in(there)


@pytest.mark.parametrize("step_s", [-12 * HOUR_S, -HOUR_S, HOUR_S, 12 * HOUR_S])
def test_setting_the_clock_ends_no_session(site: Site, browser: GateBrowser, step_s: float) -> None:
    site.time_of_day.advance(step_s)
    assert is_signed_in(browser)


@pytest.mark.parametrize("step_s", [-12 * HOUR_S, -HOUR_S, HOUR_S])
def test_setting_the_clock_extends_no_session(site: Site, browser: GateBrowser, step_s: float) -> None:
    site.time_of_day.advance(step_s)
    site.clock.advance(IDLE_MINUTES * 60.0 + 1.0)
    assert not is_signed_in(browser)


def test_the_pool_is_asked_as_often_after_the_clock_was_set_back(site: Site, browser: GateBrowser) -> None:
    site.time_of_day.advance(-HOUR_S)
    site.pool.revoke("ada")
    site.clock.advance(CHECK_AFTER_S)
    assert not is_signed_in(browser)


def test_a_restart_after_the_clock_was_set_back_ends_no_session(site: Site, browser: GateBrowser) -> None:
    site.time_of_day.advance(-HOUR_S)
    assert is_signed_in_after_a_restart(site, browser)
    assert is_signed_in(browser)  # its seal is new: it has the present time
    site.clock.advance(RENEW_AFTER_S)
    assert is_signed_in_after_a_restart(site, browser)


def test_a_seal_from_far_in_the_future_continues_nothing(site: Site, browser: GateBrowser) -> None:
    site.time_of_day.advance(-CLOCK_STEP_MAX_S - 1.0)
    assert not is_signed_in_after_a_restart(site, browser)


def test_a_restart_after_the_clock_was_set_back_starts_no_new_working_day(
    site: Site, browser: GateBrowser
) -> None:
    site.time_of_day.advance(-HOUR_S)
    with site.second() as second, second.browser() as there:
        there.cookies.update(browser.cookies)
        for _ in range(int(LIFETIME_S / (IDLE_MINUTES * 60.0))):
            assert is_signed_in(there)
            site.clock.advance(IDLE_MINUTES * 60.0)
        assert is_signed_in(there)
        site.clock.advance(1.0)
        assert not is_signed_in(there)


def test_a_known_browser_is_known_after_the_clock_was_set_back() -> None:
    clock = Clock()
    devices = KnownDevices(b"k" * 32, clock)
    cookie = devices.remember(["ada"])
    clock.advance(-HOUR_S)
    assert devices.device_of(cookie, "ada") is not None
    assert devices.device_of(cookie, "grace") is None


@pytest.mark.parametrize("seed", range(20))
def test_over_a_day_on_which_the_clock_is_set_again_and_again_only_rest_ends_a_session(
    site: Site, seed: int
) -> None:
    chance = random.Random(seed)
    with site.browser() as browser:
        browser.sign_in()
        used_s = 0.0
        while True:
            rest_s = chance.choice((5.0, 70.0, 600.0, IDLE_MINUTES * 60.0, IDLE_MINUTES * 60.0 + 1.0))
            site.time_of_day.advance(chance.choice((-HOUR_S, -40.0, 0.0, 40.0, HOUR_S)))
            site.clock.advance(rest_s)
            used_s += rest_s
            must_be_over = rest_s > IDLE_MINUTES * 60.0 or used_s > LIFETIME_S
            assert is_signed_in(browser) is not must_be_over
            if must_be_over:
                return
            assert browser.cookies[SEALED]


def test_the_steady_clock_never_goes_back() -> None:
    times = [steady_clock.steady_s() for _ in range(1000)]
    assert times == sorted(times)
