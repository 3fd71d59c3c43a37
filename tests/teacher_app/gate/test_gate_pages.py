"""The gate's pages in a browser without scripts, with an in-memory user pool."""

from collections.abc import Iterator

import pytest

from shared.model.errors import (
    AccountNotUsable,
    BackendUnreachable,
    ExamResultsError,
    PasswordResetRequired,
    PasswordSetSignInAgain,
    SessionEnded,
    SignInThrottled,
)
from teacher_app.gate.cookies import key_of
from teacher_app.gate.open_pages import OpenPage
from tests.teacher_app.gate.fake_pool import CODE, PASSWORD
from tests.teacher_app.gate.gate_client import GateBrowser, Site, gate_site

NEW = "Quite-another-1"


@pytest.fixture
def site() -> Iterator[Site]:
    with gate_site() as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[GateBrowser]:
    with site.browser() as browser:
        yield browser


# Signing in


def test_signing_in_leads_to_the_dashboard_and_a_reload_stays_there(browser: GateBrowser) -> None:
    browser.open("/")
    assert browser.path == "/sign-in"
    browser.send(username="ada", password=PASSWORD)
    assert browser.answer.text == "dashboard of ada at /"
    browser.open("/")
    assert browser.answer.text == "dashboard of ada at /"


def test_signing_in_leads_to_the_requested_page(browser: GateBrowser) -> None:
    browser.open("/review?exam=1&x=a%20b")
    assert browser.path.startswith("/sign-in?next=")
    browser.send(username="ada", password=PASSWORD)
    assert browser.path == "/review?exam=1&x=a%20b"


def test_signing_in_never_redirects_to_another_site(browser: GateBrowser) -> None:
    browser.open("/sign-in?next=https%3A%2F%2Fevil.example%2F")
    browser.send(username="ada", password=PASSWORD)
    assert browser.answer.url == "http://exams.example/"


def test_spaces_around_a_name_and_a_password_are_ignored(site: Site, browser: GateBrowser) -> None:
    """As they are copied with them; no password begins or ends with a space."""
    browser.sign_in(" ada ", f" {PASSWORD} ")
    assert browser.path == "/"


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_look_the_same(
    browser: GateBrowser, username: str, password: str
) -> None:
    page = browser.sign_in(username, password)
    assert browser.answer.status_code == 401
    assert page.alert == "The name or the password is not right."
    assert page.title.startswith("Error: ")
    assert page.inputs["username"]["value"] == username
    assert "value" not in page.inputs["password"]
    assert page.inputs["password"]["aria-invalid"] == "true"
    assert password not in browser.answer.text.replace(username, "")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"username": "", "password": "x"}, "Type your name."),
        ({"username": "ada", "password": ""}, "Type your password."),
    ],
)
def test_an_empty_field_is_named(site: Site, browser: GateBrowser, fields: dict[str, str], text: str) -> None:
    browser.open("/sign-in")
    assert browser.send(**fields).alert == text
    assert site.pool.calls == []


@pytest.mark.parametrize(
    ("trouble", "status", "text"),
    [
        (
            BackendUnreachable("pool", "secret details"),
            503,
            "The sign-in service cannot be reached just now.",
        ),
        (SignInThrottled(120.0), 429, "Too many attempts. Wait 2 minutes, then try again."),
        (SignInThrottled(), 429, "Too many attempts. Wait a few minutes, then try again."),
        (AccountNotUsable("This account is switched off."), 403, "This account is switched off."),
        (PasswordResetRequired(), 403, "This account needs a new password: ask for a code."),
        (ExamResultsError("something new"), 500, "something new"),
    ],
)
def test_each_error_says_what_to_do(
    site: Site, browser: GateBrowser, trouble: ExamResultsError, status: int, text: str
) -> None:
    site.pool.trouble = trouble
    page = browser.sign_in()
    assert browser.answer.status_code == status
    assert page.alert.startswith(text)
    assert "secret details" not in browser.answer.text
    assert ("/forgotten-password" in page.links) is True


def test_the_sixth_attempt_waits_and_says_how_long(site: Site, browser: GateBrowser) -> None:
    for _ in range(5):
        browser.sign_in("ada", "wrong")
    page = browser.sign_in()
    assert browser.answer.status_code == 429
    assert browser.answer.headers["retry-after"] == "5"
    assert page.alert == "Too many attempts. Wait 5 seconds, then try again."
    assert site.pool.calls == ["sign_in"] * 5
    site.clock.advance(5.0)
    browser.sign_in()
    assert browser.path == "/"


def test_an_address_that_tries_many_names_is_throttled_and_others_are_not(site: Site) -> None:
    with site.browser(address="10.6.6.6") as attacker, site.browser(address="10.0.0.2") as teacher:
        for number in range(30):
            attacker.sign_in(f"guess-{number}", "wrong")
        assert attacker.sign_in("guess-30", "wrong").alert.startswith("Too many attempts.")
        teacher.sign_in()
        assert teacher.path == "/"


def test_a_browser_that_is_known_is_not_kept_out_by_strangers(site: Site, browser: GateBrowser) -> None:
    """Neither by those who try its teacher's name nor by those who share its address; others are."""
    browser.sign_in()
    browser.open("/account")
    browser.send()  # signs out
    with site.browser() as neighbour, site.browser(address="10.6.6.6") as stranger:
        for number in range(30):
            neighbour.sign_in(f"guess-{number}", "wrong")
        for _ in range(5):
            stranger.sign_in("ada", "wrong")
        assert neighbour.sign_in("ada").alert.startswith("Too many attempts.")
        browser.sign_in("ada")
        assert browser.path == "/"
        assert neighbour.sign_in("ada").alert.startswith("Too many attempts."), "it is known for itself only"


def test_the_session_cookie_changes_at_each_sign_in_and_the_old_one_is_invalid(
    site: Site, browser: GateBrowser
) -> None:
    page_id = open_page_of(site, browser)
    browser.open(f"/sign-in?resume={page_id}")
    browser.send(password=PASSWORD)
    first = browser.cookies["exam_results_teacher"]
    browser.open(f"/sign-in?resume={page_id}")
    assert browser.path == "/"
    browser.open("/account")
    browser.send()
    browser.sign_in()
    assert browser.cookies["exam_results_teacher"] != first
    with site.browser() as thief:
        thief.open("/", Cookie=f"exam_results_teacher={first}")
        assert thief.path == "/sign-in"


def test_a_signed_in_teacher_skips_the_sign_in_page(browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/sign-in?next=/exams")
    assert browser.path == "/exams"


# Form tokens


def test_a_form_without_our_token_is_refused_and_can_be_sent_again(site: Site, browser: GateBrowser) -> None:
    browser.open("/sign-in")
    page = browser.send(username="ada", password=PASSWORD, form_token="0" * 64)
    assert browser.answer.status_code == 403
    assert page.alert == "This page was open too long, or cookies are off. Please try again."
    assert site.pool.calls == []
    browser.send(password=PASSWORD)
    assert browser.path == "/"


def test_another_browsers_token_is_refused(site: Site, browser: GateBrowser) -> None:
    with site.browser() as other:
        token = other.open("/sign-in").forms[0]["fields"]["form_token"]
    browser.open("/sign-in")
    assert browser.send(username="ada", password=PASSWORD, form_token=token).alert.startswith("This page")


def test_a_browser_without_cookies_gets_an_explanation(browser: GateBrowser) -> None:
    browser.open("/sign-in")
    browser.cookies.clear()
    assert "cookies are off" in browser.send(username="ada", password=PASSWORD).alert


@pytest.mark.parametrize(
    "path", ["/account/password", "/account/authenticator", "/sign-out", "/sign-out/everywhere"]
)
def test_no_account_form_takes_effect_without_our_token(site: Site, browser: GateBrowser, path: str) -> None:
    browser.sign_in()
    site.pool.calls.clear()
    browser.request("POST", path, data={"form_token": "0"}, headers={"Origin": "http://exams.example"})
    assert set(site.pool.calls) <= {"has_authenticator"}
    browser.open("/")
    assert browser.path == "/"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 20_000, 413),
        ("application/x-www-form-urlencoded", b"username=%ff%fe", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(50)), 400),
    ],
)
def test_requests_that_no_page_of_ours_sends_are_refused(
    browser: GateBrowser, content_type: str, body: bytes, status: int
) -> None:
    headers = {"Origin": "http://exams.example", "Content-Type": content_type}
    assert browser.request("POST", "/sign-in", content=body, headers=headers).status_code == status


# Choosing the first password


def test_a_temporary_password_must_be_replaced_before_anything_else(site: Site, browser: GateBrowser) -> None:
    site.pool.accounts["ada"].is_temporary = True
    browser.open("/exams")
    page = browser.send(username="ada", password=PASSWORD)
    assert browser.path == "/new-password"
    assert page.inputs["username"]["value"] == "ada"
    assert page.inputs["username"]["autocomplete"] == "username"
    assert page.inputs["new_password"]["autocomplete"] == "new-password"
    browser.open("/")
    assert browser.path == "/sign-in"
    browser.open("/new-password")
    browser.send(new_password=NEW, new_password_again=NEW)
    assert browser.path == "/exams"
    assert site.pool.accounts["ada"].password == NEW


def test_the_rules_are_listed_and_the_server_names_those_that_are_missing(
    site: Site, browser: GateBrowser
) -> None:
    site.pool.accounts["ada"].is_temporary = True
    page = browser.sign_in()
    assert "at least 12 characters" in page.html
    page = browser.send(new_password="short", new_password_again="short")
    assert browser.answer.status_code == 422
    assert "at least 12 characters" in page.alert
    assert "a capital letter" in page.alert
    assert "a lower-case letter" not in page.alert
    assert site.pool.calls == ["sign_in"]


def test_two_different_new_passwords_are_refused(site: Site, browser: GateBrowser) -> None:
    site.pool.accounts["ada"].is_temporary = True
    browser.sign_in()
    page = browser.send(new_password=NEW, new_password_again=NEW + "x")
    assert page.alert == "The two passwords differ. Type the same twice."
    assert NEW not in browser.answer.text


def test_after_the_pool_refuses_a_password_another_can_be_entered_at_once(
    site: Site, browser: GateBrowser
) -> None:
    site.pool.accounts["ada"].is_temporary = True
    browser.sign_in()
    refused = "pool-refuses-This-1"
    page = browser.send(new_password=refused, new_password_again=refused)
    assert page.alert == "The password was refused: it was in a leak."
    browser.send(new_password=NEW, new_password_again=NEW)
    assert browser.path == "/"


@pytest.mark.parametrize(
    ("trouble", "notice"),
    [
        (PasswordSetSignInAgain(), "Your new password is set. Sign in with it."),
        (SessionEnded(), "That took too long. Please sign in again."),
    ],
)
def test_a_new_password_without_a_session_leads_back_to_sign_in(
    site: Site, browser: GateBrowser, trouble: ExamResultsError, notice: str
) -> None:
    site.pool.accounts["ada"].is_temporary = True
    browser.sign_in()
    site.pool.trouble = trouble
    assert browser.send(new_password=NEW, new_password_again=NEW).notice == notice
    assert browser.path.startswith("/sign-in")


@pytest.mark.parametrize("path", ["/new-password", "/authenticator-code"])
def test_a_step_without_a_preceding_sign_in_starts_over(browser: GateBrowser, path: str) -> None:
    browser.open(path)
    assert browser.path == "/sign-in?notice=start-again"


def test_an_expired_step_starts_over(site: Site, browser: GateBrowser) -> None:
    site.pool.accounts["ada"].is_temporary = True
    browser.sign_in()
    site.clock.advance(3600.0)
    browser.send(new_password=NEW, new_password_again=NEW)
    assert browser.path == "/sign-in?notice=start-again"
    assert site.pool.accounts["ada"].is_temporary


def test_a_planted_visitor_cookie_gives_access_to_no_step(site: Site, browser: GateBrowser) -> None:
    """An attacker who plants a cookie in a teacher's browser cannot set the new password."""
    site.pool.accounts["ada"].is_temporary = True
    browser.open("/sign-in")
    planted = browser.cookies["exam_results_visitor"]
    browser.send(username="ada", password=PASSWORD)
    with site.browser() as attacker:
        attacker.open("/new-password", Cookie=f"exam_results_visitor={planted}")
        assert attacker.path == "/sign-in?notice=start-again"


# The authenticator code


def test_with_an_authenticator_the_password_alone_gives_no_access(site: Site, browser: GateBrowser) -> None:
    site.pool.accounts["ada"].has_authenticator = True
    page = browser.sign_in()
    assert browser.path == "/authenticator-code"
    assert page.inputs["code"]["autocomplete"] == "one-time-code"
    assert page.inputs["code"]["inputmode"] == "numeric"
    browser.open("/")
    assert browser.path == "/sign-in"
    browser.open("/authenticator-code")
    assert browser.send(code="").alert == "Type the code that your app shows."
    assert browser.send(code="000000").alert == "This code is not right. Type the newest one."
    browser.send(code="123 456")
    assert browser.path == "/"


def test_attempts_at_codes_are_limited(site: Site, browser: GateBrowser) -> None:
    site.pool.accounts["ada"].has_authenticator = True
    browser.sign_in()
    for number in range(4):
        browser.send(code=f"00000{number}")
    page = browser.send(code=CODE)
    assert page.alert.startswith("Too many attempts.")
    assert site.pool.calls == ["sign_in", *["answer_authenticator"] * 4]


def test_a_challenge_that_the_pool_has_dropped_starts_over(site: Site, browser: GateBrowser) -> None:
    site.pool.accounts["ada"].has_authenticator = True
    browser.sign_in()
    site.pool.trouble = SessionEnded()
    browser.send(code=CODE)
    assert browser.path == "/sign-in?notice=start-again"


# Forgotten password


def test_a_forgotten_password_is_replaced_with_a_code(site: Site, browser: GateBrowser) -> None:
    browser.open("/forgotten-password")
    page = browser.send(username="ada")
    assert browser.path == "/forgotten-password/code?notice=code-sent"
    assert page.inputs["username"]["value"] == "ada"
    assert "a***@s***" in page.html
    page = browser.send(code="000000", new_password=NEW, new_password_again=NEW)
    assert page.alert == "This code is not right. Type the newest one."
    page = browser.send(code=CODE, new_password=NEW, new_password_again=NEW)
    assert page.notice == "Your new password is set. Sign in with it."
    browser.send(username="ada", password=NEW)
    assert browser.path == "/"


def test_a_code_from_the_operator_skips_the_first_page(site: Site, browser: GateBrowser) -> None:
    browser.open("/forgotten-password/code")
    browser.send(username="ada", code=CODE, new_password=NEW, new_password_again=NEW)
    assert site.pool.accounts["ada"].password == NEW


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"username": "", "code": CODE}, "Type your name."),
        ({"username": "ada", "code": ""}, "Type the code that was sent to you."),
        ({"username": "ada", "code": CODE}, "This password is not accepted yet."),
    ],
)
def test_missing_fields_beside_the_code_are_named(
    browser: GateBrowser, fields: dict[str, str], text: str
) -> None:
    browser.open("/forgotten-password/code")
    assert browser.send(**fields, new_password="", new_password_again="").alert.startswith(text)


def test_code_requests_for_a_name_are_limited(site: Site, browser: GateBrowser) -> None:
    for _ in range(3):
        browser.open("/forgotten-password")
        browser.send(username="ada")
    browser.open("/forgotten-password")
    page = browser.send(username="ada")
    assert browser.answer.status_code == 429
    assert page.alert == "Too many attempts. Wait 60 seconds, then try again."
    assert site.pool.calls == ["forgot_password"] * 3


def test_one_address_may_request_codes_for_many_names_up_to_a_limit(site: Site, browser: GateBrowser) -> None:
    """A school often shares one address; one that asks for thirty is no longer plausible."""
    for number in range(30):
        browser.open("/forgotten-password")
        browser.send(username=f"teacher {number}")
        assert browser.path.startswith("/forgotten-password/code")
    browser.open("/forgotten-password")
    browser.send(username="ada")
    assert browser.answer.status_code == 429
    with site.browser(address="10.0.0.2") as elsewhere:
        elsewhere.open("/forgotten-password")
        elsewhere.send(username="ada")
        assert elsewhere.path.startswith("/forgotten-password/code")


def test_guesses_of_a_password_code_are_limited(site: Site, browser: GateBrowser) -> None:
    browser.open("/forgotten-password/code")
    for number in range(6):
        browser.send(username="ada", code=f"00000{number}", new_password=NEW, new_password_again=NEW)
    assert browser.page.alert.startswith("Too many attempts.")
    assert site.pool.calls == ["confirm_forgot_password"] * 5


def test_an_unreachable_pool_is_reported_when_a_code_is_requested(site: Site, browser: GateBrowser) -> None:
    browser.open("/forgotten-password")
    """And costs no attempt: after repeated tries a code is still sent once the pool is back."""
    site.pool.trouble = BackendUnreachable("pool", "no answer")
    for _ in range(5):
        assert browser.send(username="ada").alert.startswith("The sign-in service cannot be reached")
    browser.open("/forgotten-password")
    assert browser.send(username="").alert == "Type your name."
    site.pool.trouble = None
    browser.send(username="ada")
    assert browser.path.startswith("/forgotten-password/code")


# The account


def test_the_account_page_shows_who_is_signed_in_and_links_to_every_change(browser: GateBrowser) -> None:
    browser.sign_in()
    page = browser.open("/account")
    assert "ada@s.example" in page.html
    assert {"/account/password", "/account/authenticator", "/"} <= set(page.links)
    assert [form["action"] for form in page.forms] == ["/sign-out", "/sign-out/everywhere"]


def test_the_account_page_works_while_the_pool_is_unreachable(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    site.pool.trouble = BackendUnreachable("pool", "no answer")
    page = browser.open("/account")
    assert "Not known just now" in page.html
    browser.open("/account/authenticator")
    assert browser.page.alert.startswith("The sign-in service cannot be reached")


def test_changing_the_password_requires_the_current_one_and_ends_other_sessions(site: Site) -> None:
    with site.browser() as browser, site.browser(address="10.0.0.2") as elsewhere:
        browser.sign_in()
        elsewhere.sign_in()
        browser.open("/account/password")
        page = browser.send(password="", new_password=NEW, new_password_again=NEW)
        assert page.alert == "Type your present password."
        page = browser.send(password="wrong", new_password=NEW, new_password_again=NEW)
        assert page.alert == "The present password is not right."
        page = browser.send(password=PASSWORD, new_password=NEW, new_password_again=NEW)
        assert page.notice == "Your password is changed."
        assert browser.path == "/account?notice=password-changed"
        elsewhere.open("/")
        assert elsewhere.path == "/sign-in"


def test_guesses_of_the_current_password_are_limited(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/account/password")
    for _ in range(6):
        browser.send(password="wrong", new_password=NEW, new_password_again=NEW)
    assert browser.page.alert.startswith("Too many attempts.")
    assert site.pool.calls.count("change_password") == 5


def test_password_managers_find_the_change_password_page(browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/.well-known/change-password")
    assert browser.path == "/account/password"


def test_the_authenticator_is_set_up_with_a_picture_or_a_key_and_turned_off_again(
    site: Site, browser: GateBrowser
) -> None:
    browser.sign_in()
    browser.open("/account/authenticator")
    assert browser.send(action="begin", password="").alert == "Type your password."
    assert browser.send(action="begin", password="wrong").alert == "The password is not right."
    page = browser.send(action="begin", password=PASSWORD)
    assert "ABCD EFGH IJ" in page.html
    assert "<svg" in page.html
    assert "otpauth://totp/Exam results:ada?secret=ABCDEFGHIJ" in page.links
    assert browser.send(action="confirm", code="").alert == "Type the code that your app shows."
    assert browser.send(action="confirm", code="000000").alert.startswith("This code is not right.")
    assert not site.pool.accounts["ada"].has_authenticator
    page = browser.send(action="confirm", code=CODE)
    assert page.notice.startswith("The authenticator app is on")
    assert site.pool.accounts["ada"].has_authenticator
    browser.open("/account/authenticator")
    assert "ABCD" not in browser.answer.text
    assert browser.send(action="turn-off", password="wrong").alert == "The password is not right."
    assert site.pool.accounts["ada"].has_authenticator
    page = browser.send(action="turn-off", password=PASSWORD)
    assert page.notice.startswith("The authenticator app is off")
    assert not site.pool.accounts["ada"].has_authenticator


def test_confirming_the_password_leaves_no_second_session_in_the_pool(
    site: Site, browser: GateBrowser
) -> None:
    browser.sign_in()
    browser.open("/account/authenticator")
    browser.send(action="begin", password=PASSWORD)
    assert len(site.pool.accounts["ada"].live_refresh_tokens) == 1


def test_setting_up_the_authenticator_can_be_cancelled(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/account/authenticator")
    browser.send(action="begin", password=PASSWORD)
    browser.send(1, action="cancel")
    assert browser.path == "/account"
    assert "ABCD" not in browser.open("/account/authenticator").html
    assert not site.pool.accounts["ada"].has_authenticator


def test_a_confirmation_without_a_secret_starts_over(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/account/authenticator")
    browser.send(action="confirm", code=CODE)
    assert browser.path == "/account/authenticator"
    assert not site.pool.accounts["ada"].has_authenticator


@pytest.mark.parametrize("path", ["/account", "/account/password", "/account/authenticator"])
def test_a_session_that_ends_meanwhile_leads_to_sign_in(site: Site, browser: GateBrowser, path: str) -> None:
    browser.sign_in()
    browser.open(path)
    site.pool.revoke("ada")
    if path == "/account/password":
        browser.send(password=PASSWORD, new_password=NEW, new_password_again=NEW)
    else:
        browser.open(path)
    assert browser.path == "/sign-in?notice=session-ended"
    browser.open("/")
    assert browser.path == "/sign-in"


# Signing out


def test_signing_out_ends_the_session_here_and_in_the_pool(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    cookie = browser.cookies["exam_results_teacher"]
    browser.open("/sign-out")
    assert browser.send().notice == "You are signed out."
    assert "exam_results_teacher" not in browser.cookies
    assert site.pool.accounts["ada"].live_refresh_tokens == set()
    with site.browser() as thief:
        thief.open("/", Cookie=f"exam_results_teacher={cookie}")
        assert thief.path == "/sign-in"


def test_opening_the_sign_out_page_does_not_sign_out(browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/sign-out")
    browser.open("/")
    assert browser.path == "/"


def test_signing_out_here_leaves_the_other_browser_signed_in(site: Site) -> None:
    with site.browser() as here, site.browser() as there:
        here.sign_in()
        there.sign_in()
        here.open("/account")
        here.send()
        there.open("/")
        assert there.path == "/"


def test_signing_out_everywhere_ends_every_browser_of_this_teacher_only(site: Site) -> None:
    with site.browser() as here, site.browser() as there, site.browser() as grace:
        here.sign_in()
        there.sign_in()
        grace.sign_in("grace")
        here.open("/account")
        assert here.send(1).notice == "You are signed out here and everywhere else."
        there.open("/")
        assert there.path == "/sign-in"
        grace.open("/")
        assert grace.path == "/"
    assert site.pool.accounts["ada"].live_refresh_tokens == set()


def test_signing_out_everywhere_reports_failure_if_the_pool_is_unreachable(
    site: Site, browser: GateBrowser
) -> None:
    browser.sign_in()
    browser.open("/account")
    site.pool.trouble = BackendUnreachable("pool", "no answer")
    assert browser.send(1).alert.startswith("The sign-in service cannot be reached")
    browser.open("/")
    assert browser.path == "/"


def test_signing_out_everywhere_twice_is_not_an_error(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    browser.open("/account")
    site.pool.revoke("ada")
    assert browser.send(1).notice == "You are signed out here and everywhere else."


# The end of a session


def test_an_idle_session_expires(browser: GateBrowser, site: Site) -> None:
    browser.sign_in()
    site.clock.advance(239 * 60.0)
    browser.open("/")
    assert browser.path == "/"
    site.clock.advance(241 * 60.0)
    browser.open("/")
    assert browser.path == "/sign-in"


def test_a_session_ended_elsewhere_ends_at_the_next_page(browser: GateBrowser, site: Site) -> None:
    browser.sign_in()
    site.pool.revoke("ada")
    site.clock.advance(30.0)
    browser.open("/exams")
    assert browser.path == "/sign-in?next=%2Fexams"


# Continuing in another tab


def open_page_of(site: Site, browser: GateBrowser) -> str:
    """An open dashboard page whose session then ends."""
    browser.sign_in()
    session = site.gate.sessions.find(key_of(browser.cookies["exam_results_teacher"]), is_touch=False)
    assert session is not None
    page_id = site.gate.pages.open(OpenPage(session.key, session.teacher.sub, session.teacher.username))
    site.gate.sessions.end(session.key)
    return page_id


def test_signing_in_through_an_ended_pages_link_lets_it_continue(site: Site, browser: GateBrowser) -> None:
    page_id = open_page_of(site, browser)
    page = browser.open(f"/sign-in?resume={page_id}")
    assert "your other tab then continues" in page.html
    assert page.inputs["username"]["value"] == "ada"
    browser.send(password="wrong")
    browser.send(password=PASSWORD)
    assert browser.path == "/resumed"
    assert site.gate.session_of_page(page_id).teacher.username == "ada"


def test_the_request_to_continue_survives_the_authenticator_step(site: Site, browser: GateBrowser) -> None:
    page_id = open_page_of(site, browser)
    site.pool.accounts["ada"].has_authenticator = True
    browser.open(f"/sign-in?resume={page_id}")
    browser.send(password=PASSWORD)
    browser.send(code=CODE)
    assert browser.path == "/resumed"


def test_a_teacher_who_is_signed_in_again_only_has_to_confirm(site: Site, browser: GateBrowser) -> None:
    page_id = open_page_of(site, browser)
    browser.sign_in()
    browser.open(f"/sign-in?resume={page_id}")
    with pytest.raises(SessionEnded):
        site.gate.session_of_page(page_id)
    browser.send()
    assert browser.path == "/resumed"
    assert site.gate.session_of_page(page_id).teacher.username == "ada"


def test_another_teacher_cannot_take_over_the_page(site: Site, browser: GateBrowser) -> None:
    page_id = open_page_of(site, browser)
    browser.sign_in("grace")
    browser.open(f"/sign-in?resume={page_id}")
    assert browser.page.inputs["username"]["value"] == "ada"
    browser.send(username="grace", password=PASSWORD)
    assert browser.path == "/"
    with pytest.raises(SessionEnded):
        site.gate.session_of_page(page_id)


@pytest.mark.parametrize("resume", ["", "unknown"])
def test_a_page_that_is_not_open_is_ignored(browser: GateBrowser, resume: str) -> None:
    browser.open(f"/sign-in?resume={resume}")
    browser.send(username="ada", password=PASSWORD)
    assert browser.path == "/"


# How pages are built


@pytest.mark.parametrize("path", ["/sign-in", "/forgotten-password", "/forgotten-password/code"])
def test_input_is_never_interpreted_as_markup(browser: GateBrowser, path: str) -> None:
    browser.open(path)
    page = browser.send(username='"><script>alert(1)</script>', password="", code="")
    assert "<script>alert" not in page.html


def test_assets_are_public_and_cached_by_the_browser(browser: GateBrowser) -> None:
    html = browser.open("/sign-in").html
    for name in ("gate.css", "gate.js", "icon.svg"):
        address = next(part for part in html.split('"') if part.startswith(f"/gate/{name}?v="))
        answer = browser.request("GET", address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert browser.request("GET", "/gate/source-serif.woff2").headers["content-type"] == "font/woff2"
    assert browser.request("GET", "/gate/nothing.css").status_code == 404
    assert browser.request("GET", "/gate/../gate.py").status_code in {401, 404}
