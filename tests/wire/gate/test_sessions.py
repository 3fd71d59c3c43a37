"""How sessions of a dashboard process last and end: renewal, idle time, sign-out here and everywhere."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pyotp
import pytest

from deploy.local.backend.cognito import http
from deploy.local.backend.cognito.request_fields import Fields
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from tests.backend_process import PASSWORD, RunningBackend
from tests.dashboard_process import TeacherDashboard
from tests.teacher_app.gate.gate_client import GateBrowser
from tests.teacher_app.probe_app import CLOCK_VARIABLE
from tests.wire.gate_dashboard import (
    COOKIE,
    TEMPORARY,
    Operator,
    StreamlitPage,
    handshake_status,
    new_name,
    reset_code,
    wire_browser,
)

NEW_PASSWORD = "Another-horse-8-battery"
ENDED = "The session has ended."
IDLE_MINUTES = 30


class MovedClock:
    """How far the dashboard's process is ahead of real time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ahead_s = 0.0
        self.advance(0.0)

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(self._ahead_s))
        fresh.replace(self._path)  # the process never reads half a number


@pytest.fixture
def other_browser(dashboard: TeacherDashboard) -> Iterator[GateBrowser]:
    with wire_browser(dashboard.url) as browser:
        yield browser


def signed_in(browser: GateBrowser, name: str, password: str = PASSWORD) -> str:
    """The cookie set by the sign-in."""
    browser.sign_in(name, password)
    assert browser.path == "/", browser.page.alert
    return browser.cookies[COOKIE]


def is_signed_in(browser: GateBrowser) -> bool:
    browser.open("/account")
    return browser.path == "/account"


def test_a_temporary_password_gives_no_access_until_it_is_replaced(
    dashboard: TeacherDashboard, browser: GateBrowser, operator: Operator
) -> None:
    name = new_name()
    operator.invite(name)
    browser.sign_in(name, TEMPORARY)
    assert browser.path == "/new-password"
    assert COOKIE not in browser.cookies
    assert handshake_status(dashboard, cookie=None) == 403

    browser.send(new_password="short", new_password_again="short")
    assert (browser.path, browser.answer.status_code) == ("/new-password", 422)
    browser.send(new_password=PASSWORD, new_password_again=PASSWORD)
    assert browser.path == "/"
    assert handshake_status(dashboard, browser.cookies[COOKIE]) == 101


def test_a_forgotten_password_is_reset_with_the_mailed_code(
    backend: RunningBackend, browser: GateBrowser, operator: Operator, dashboard: TeacherDashboard
) -> None:
    name = new_name()
    operator.invite(name)
    browser.sign_in(name, TEMPORARY)
    browser.send(new_password=PASSWORD, new_password_again=PASSWORD)
    with wire_browser(dashboard.url) as forgetful:
        forgetful.open("/forgotten-password")
        forgetful.send(username=name)
        code = reset_code(backend.data_dir, name)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        forgetful.send(code=wrong, new_password=NEW_PASSWORD, new_password_again=NEW_PASSWORD)
        assert forgetful.answer.status_code == 422
        forgetful.send(code=code, new_password=NEW_PASSWORD, new_password_again=NEW_PASSWORD)
        assert forgetful.page.notice == "Your new password is set. Sign in with it."
        signed_in(forgetful, name, NEW_PASSWORD)


def test_an_authenticator_is_set_up_required_and_turned_off(
    browser: GateBrowser, other_browser: GateBrowser, name: str
) -> None:
    signed_in(browser, name)
    browser.open("/account/authenticator")
    browser.send(password=PASSWORD, action="begin")
    secret = browser.page.html.partition('class="secret-key">')[2].partition("<")[0].replace(" ", "")
    app = pyotp.TOTP(secret)
    browser.send(code=app.now(), action="confirm")
    assert browser.page.notice.startswith("The authenticator app is on")

    other_browser.sign_in(name, PASSWORD)
    assert other_browser.path == "/authenticator-code"
    assert COOKIE not in other_browser.cookies
    other_browser.send(code="000000x")
    assert (other_browser.path, other_browser.answer.status_code) == ("/authenticator-code", 422)

    browser.open("/account/authenticator")
    browser.send(password=PASSWORD, action="turn-off")
    assert browser.page.notice.startswith("The authenticator app is off")
    signed_in(other_browser, name)


def test_a_reload_and_a_second_tab_stay_signed_in(browser: GateBrowser, name: str) -> None:
    signed_in(browser, name)
    assert is_signed_in(browser)
    assert is_signed_in(browser)
    browser.open("/sign-in")
    assert browser.path == "/"


def test_signing_out_ends_this_browser_its_pages_and_its_refresh_token(
    dashboard: TeacherDashboard,
    browser: GateBrowser,
    other_browser: GateBrowser,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = recorded(monkeypatch, "RevokeToken")
    cookie = signed_in(browser, name)
    signed_in(other_browser, name)
    with StreamlitPage(dashboard, cookie) as page:
        assert ENDED not in page.rerun()
        browser.open("/sign-out")
        browser.send()
        assert browser.page.notice == "You are signed out."
        assert calls.wait(10.0)
        assert ENDED in page.rerun()
    assert handshake_status(dashboard, cookie) == 403
    assert not is_signed_in(browser)
    assert is_signed_in(other_browser)


def test_signing_out_everywhere_ends_every_browser_and_every_page_of_this_teacher(
    dashboard: TeacherDashboard,
    backend: RunningBackend,
    browser: GateBrowser,
    other_browser: GateBrowser,
    name: str,
) -> None:
    """In the pool, too: another program's token is revoked. Other teachers stay signed in."""
    signed_in(browser, name)
    other_cookie = signed_in(other_browser, name)
    elsewhere = backend.sign_in(name)
    neighbour = new_name()
    backend.create_teacher(neighbour)
    with wire_browser(dashboard.url) as third, StreamlitPage(dashboard, other_cookie) as page:
        signed_in(third, neighbour)
        browser.open("/account")
        browser.send(1)
        assert browser.page.notice == "You are signed out here and everywhere else."
        assert ENDED in page.rerun()
        assert handshake_status(dashboard, other_cookie) == 403
        assert not is_signed_in(other_browser)
        assert is_signed_in(third)
    refused = third_party_call(backend, elsewhere.access_token)
    assert refused == "NotAuthorizedException"


def test_a_session_ended_elsewhere_ends_here_at_the_next_interaction(
    dashboard: TeacherDashboard, browser: GateBrowser, operator: Operator, name: str
) -> None:
    """The page says so and offers a link; after signing in through it, the same page continues."""
    cookie = signed_in(browser, name)
    with StreamlitPage(dashboard, cookie) as page:
        assert ENDED not in page.rerun()
        operator.sign_out_everywhere(name)
        written = page.rerun()
        assert ENDED in written
        (link,) = [text for text in written if text.startswith("/sign-in?resume=")]
        assert handshake_status(dashboard, cookie) == 403
        assert not is_signed_in(browser)

        browser.open(link)
        browser.send(username=name, password=PASSWORD)
        assert browser.page.title.startswith("Signed in again")
        assert f"{name} has 0 exams and typed “”." in page.rerun()


def test_a_changed_password_ends_the_other_browsers(
    browser: GateBrowser, other_browser: GateBrowser, name: str
) -> None:
    signed_in(browser, name)
    signed_in(other_browser, name)
    browser.open("/account/password")
    browser.send(password=PASSWORD, new_password=NEW_PASSWORD, new_password_again=NEW_PASSWORD)
    assert browser.page.notice == "Your password is changed."
    assert is_signed_in(browser)
    assert not is_signed_in(other_browser)
    assert other_browser.sign_in(name, PASSWORD).alert == "The name or the password is not right."
    signed_in(other_browser, name, NEW_PASSWORD)


@pytest.fixture
def moved(backend: RunningBackend, tmp_path: Path) -> Iterator[tuple[TeacherDashboard, MovedClock]]:
    """A dashboard with a movable clock and a short idle limit."""
    clock = MovedClock(tmp_path / "ahead")
    settings = {
        **backend.settings,
        "EXAM_RESULTS_SESSION_IDLE_MINUTES": str(IDLE_MINUTES),
        CLOCK_VARIABLE: str(tmp_path / "ahead"),
    }
    with TeacherDashboard(settings) as dashboard:
        yield dashboard, clock


def test_tokens_are_renewed_before_they_expire_and_inactivity_ends_a_session(
    moved: tuple[TeacherDashboard, MovedClock], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's reruns and requests extend the session; an open page alone does not."""
    dashboard, clock = moved
    with ExitStack() as stack:
        browser = stack.enter_context(wire_browser(dashboard.url))
        cookie = signed_in(browser, name)
        page = stack.enter_context(StreamlitPage(dashboard, cookie))
        renewals = recorded(monkeypatch, "InitiateAuth")

        clock.advance(28 * 60)
        assert ENDED not in page.rerun()
        clock.advance(26 * 60)  # 54 minutes: six are left
        assert is_signed_in(browser)
        assert not renewals.is_set()
        clock.advance(2 * 60)  # 56 minutes: four are left
        assert f"{name} has 0 exams and typed “”." in page.rerun()
        assert renewals.is_set()

        clock.advance((IDLE_MINUTES - 1) * 60)
        assert handshake_status(dashboard, cookie) == 101  # no interaction
        clock.advance(2 * 60)
        assert handshake_status(dashboard, cookie) == 403
        assert not is_signed_in(browser)
        assert ENDED in page.rerun()


def recorded(monkeypatch: pytest.MonkeyPatch, operation: str) -> threading.Event:
    """Set once the backend has answered a call of `operation`."""
    is_called = threading.Event()
    answer = http.OPEN_OPERATIONS[operation]

    def answer_and_notify(pool: UserPoolContext, fields: Fields) -> dict[str, object]:
        try:
            return answer(pool, fields)
        finally:
            is_called.set()

    monkeypatch.setitem(http.OPEN_OPERATIONS, operation, answer_and_notify)
    return is_called


def third_party_call(backend: RunningBackend, access_token: str) -> str:
    """The error type with which the user pool refuses another program's token."""
    answer = httpx.post(
        backend.url,
        headers={
            "X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser",
            "Content-Type": "application/x-amz-json-1.1",
        },
        json={"AccessToken": access_token},
        trust_env=False,
    )
    assert answer.status_code == 400
    return str(answer.json()["__type"])
