"""The gate in Chromium as a teacher uses it: by keyboard, with and without scripts, in two browsers."""

from collections.abc import Callable, Iterator

import pyotp
import pytest
import segno
from playwright.sync_api import Locator, Page, Route, expect

from tests.backend_process import PASSWORD, BackendClient
from tests.browser.axe import faults_of
from tests.browser.people import DEADLINE_MS, Person
from tests.dashboard_process import TeacherDashboard
from tests.pair_process import PairProcess
from tests.wire.gate_dashboard import COOKIE, TEMPORARY, Operator, new_name, reset_code

NEW_PASSWORD = "Another-horse-8-battery"
expect.set_options(timeout=DEADLINE_MS)


@pytest.fixture
def operator(pair: PairProcess) -> Iterator[Operator]:
    calls = Operator(BackendClient(pair.backend_url, pair.data_dir))
    yield calls
    calls.close()


@pytest.fixture(scope="module")
def probe_url(pair: PairProcess) -> Iterator[str]:
    """A gate of the pair around a small script."""
    settings = BackendClient(pair.backend_url, pair.data_dir).settings
    with TeacherDashboard(settings) as dashboard:
        yield dashboard.url


@pytest.fixture
def invited(operator: Operator) -> str:
    """A teacher who has only the temporary password TEMPORARY."""
    name = new_name()
    operator.invite(name)
    return name


@pytest.fixture
def name(operator: Operator) -> str:
    """A teacher with PASSWORD and an e-mail address."""
    name = new_name()
    operator.invite(name)
    operator.calls.admin_set_user_password(
        UserPoolId=operator.pool_id, Username=name, Password=PASSWORD, Permanent=True
    )
    return name


def type_in(page: Page, name: str, password: str) -> None:
    """Types as a person does, relying on the focus."""
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def sign_in(page: Page, url: str, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/sign-in")
    type_in(page, name, password)
    expect_inside(page)


def expect_inside(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_be_visible()


def expect_account(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/account")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.locator("dd").first).to_have_text(name)


def expect_signed_out(page: Page, url: str) -> None:
    page.goto(f"{url}/account")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def satisfied_rules(page: Page) -> list[bool]:
    """For each password rule, whether it is shown and announced as satisfied."""
    rules: list[Locator] = page.locator("[data-rules-for] > li").all()
    seen = [("met" in (rule.get_attribute("class") or "").split()) for rule in rules]
    assert seen == [rule.inner_text().endswith("(met)") for rule in rules]
    return seen


def test_a_first_sign_in_sets_a_new_password_and_ticks_its_rules_while_typing(
    pair: PairProcess, new_person: Callable[..., Person], invited: str
) -> None:
    page = new_person().page
    page.goto(pair.teacher_url)
    type_in(page, invited, TEMPORARY)
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    expect(page.get_by_label("New password", exact=True)).to_be_focused()

    # 12 characters, a lower-case letter, a capital letter, a digit, no surrounding spaces
    assert satisfied_rules(page) == [False, False, False, False, False]
    for typed, met in [
        ("correct", [False, True, False, False, True]),
        (" ", [False, True, False, False, False]),
        ("Horse", [True, True, True, False, True]),
        ("7", [True, True, True, True, True]),
    ]:
        page.keyboard.type(typed)
        assert satisfied_rules(page) == met
    expect(page.get_by_role("status").filter(has_text="All rules are met.")).to_be_attached()

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show new password")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Repeat the password", exact=True)).to_be_focused()
    page.keyboard.type("correct Horse7")
    page.keyboard.press("Enter")
    expect_inside(page)
    expect_account(page, pair.teacher_url, invited)


def test_a_wrong_password_is_reported_and_the_name_is_kept(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    page = new_person().page
    page.goto(pair.teacher_url)
    type_in(page, name, "Wrong-password-1")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    expect(page).to_have_title("Error: Sign in · Exam results")
    expect(page.get_by_label("Name")).to_have_value(name)
    password = page.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(password).to_have_value("")
    expect(password).to_have_accessible_description("The name or the password is not right.")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_inside(page)


def test_a_reload_and_a_second_tab_stay_signed_in(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    person = new_person()
    sign_in(person.page, pair.teacher_url, name)
    person.page.reload()
    expect_inside(person.page)
    second = person.context.new_page()
    second.goto(pair.teacher_url)
    expect_inside(second)
    assert second.url == f"{pair.teacher_url}/"
    (cookie,) = [one for one in person.context.cookies() if one["name"] == COOKIE]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
    assert COOKIE not in second.evaluate("document.cookie")


def test_a_forgotten_password_is_reset_with_the_mailed_code(
    pair: PairProcess, mailing_url: str, new_person: Callable[..., Person], name: str
) -> None:
    page = new_person().page
    page.goto(mailing_url)
    page.get_by_role("link", name="Forgotten password?").press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(reset_code(pair.data_dir, name))
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("Repeat the password", exact=True).fill(NEW_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your new password is set. Sign in with it.")
    type_in(page, name, NEW_PASSWORD)
    expect_inside(page)


def test_an_authenticator_is_enrolled_by_qr_code_required_and_turned_off(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    page = new_person().page
    sign_in(page, pair.teacher_url, name)
    page.goto(f"{pair.teacher_url}/account")
    page.get_by_role("link", name="Set up an authenticator app").press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Authenticator app")).to_be_visible()
    expect(page.get_by_label("Code")).to_be_focused()

    uri = page.get_by_role("link", name="Open the app").get_attribute("href")
    assert uri is not None
    picture = page.get_by_role("img", name="QR code for the authenticator app")
    drawn = picture.locator("path").last.get_attribute("d")
    assert drawn is not None
    assert drawn in segno.make(uri, error="m").svg_inline(scale=5, border=4)
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    assert page.locator(".secret-key").inner_text().replace(" ", "") == app.secret
    page.keyboard.type(app.now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The authenticator app is on")

    other = new_person().page
    other.goto(pair.teacher_url)
    type_in(other, name, PASSWORD)
    expect(other.get_by_role("heading", name="Code of your authenticator app")).to_be_visible()
    expect(other.get_by_label("Code")).to_be_focused()
    expect_signed_out(other, pair.teacher_url)

    page.get_by_role("link", name="Turn off the authenticator app").press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The authenticator app is off")
    sign_in(other, pair.teacher_url, name)


def test_a_changed_password_is_valid_and_signs_the_other_browsers_out(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    page, other = new_person().page, new_person().page
    sign_in(page, pair.teacher_url, name)
    sign_in(other, pair.teacher_url, name)
    page.goto(f"{pair.teacher_url}/account")
    page.get_by_role("link", name="Change password").press("Enter")
    expect(page.get_by_label("Present password", exact=True)).to_be_focused()
    page.keyboard.type(PASSWORD)
    for label in ("New password", "Repeat the password"):
        page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your password is changed.")
    expect_account(page, pair.teacher_url, name)
    expect_signed_out(other, pair.teacher_url)
    sign_in(other, pair.teacher_url, name, NEW_PASSWORD)


def test_signing_out_here_leaves_the_other_browser_and_everywhere_does_not(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    page, other = new_person().page, new_person().page
    sign_in(page, pair.teacher_url, name)
    sign_in(other, pair.teacher_url, name)
    page.goto(f"{pair.teacher_url}/sign-out")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    expect_signed_out(page, pair.teacher_url)
    expect_account(other, pair.teacher_url, name)

    sign_in(page, pair.teacher_url, name)
    expect_account(page, pair.teacher_url, name)
    page.get_by_role("button", name="Sign out everywhere").press("Enter")
    expect(page.get_by_role("status")).to_have_text("You are signed out here and everywhere else.")
    expect_signed_out(page, pair.teacher_url)
    expect_signed_out(other, pair.teacher_url)


def test_going_back_in_the_history_shows_nothing_of_the_signed_out_teacher(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    page = new_person().page
    sign_in(page, pair.teacher_url, name)
    expect_account(page, pair.teacher_url, name)
    page.get_by_role("button", name="Sign out", exact=True).press("Enter")
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text(name)).to_have_count(0)


def test_a_session_ended_elsewhere_ends_at_the_next_interaction_and_keeps_the_input(
    probe_url: str, new_person: Callable[..., Person], name: str, operator: Operator
) -> None:
    """The link opens sign-in in a second tab; the first one continues where it was."""
    person = new_person()
    page = person.page
    sign_in(page, probe_url, name)
    page.get_by_label("Typed").fill("half an exam")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{name} has 0 exams and typed “half an exam”.")).to_be_visible()

    operator.sign_out_everywhere(name)
    page.get_by_role("button", name="Look again").press("Enter")
    expect(page.get_by_text("The session has ended.")).to_be_visible()
    with person.context.expect_page() as opening:
        page.get_by_role("link", name="Sign in again").press("Enter")
    second = opening.value
    expect(second.get_by_label("Name")).to_have_value(name)
    expect(second.get_by_label("Password", exact=True)).to_be_focused()
    assert faults_of(second) == []
    second.keyboard.type(PASSWORD)
    second.keyboard.press("Enter")
    expect(second.get_by_role("heading", name="Signed in again")).to_be_visible()
    assert faults_of(second) == []
    second.close()
    page.get_by_role("button", name="Look again").press("Enter")
    expect(page.get_by_text(f"{name} has 0 exams and typed “half an exam”.")).to_be_visible()
    expect(page.get_by_label("Typed")).to_have_value("half an exam")
    page.close()


def test_a_teacher_who_signed_in_again_elsewhere_only_confirms_to_continue_the_ended_page(
    probe_url: str, new_person: Callable[..., Person], name: str, operator: Operator
) -> None:
    person = new_person()
    page = person.page
    sign_in(page, probe_url, name)
    page.get_by_label("Typed").fill("half an exam")
    page.keyboard.press("Enter")
    operator.sign_out_everywhere(name)
    page.get_by_role("button", name="Look again").press("Enter")
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    other_tab = person.context.new_page()
    sign_in(other_tab, probe_url, name)
    other_tab.close()

    with person.context.expect_page() as opening:
        page.get_by_role("link", name="Sign in again").press("Enter")
    third = opening.value
    expect(third.get_by_role("heading", name="Continue in your other tab")).to_be_visible()
    assert faults_of(third) == []
    expect(third.get_by_role("button", name="Continue in the other tab")).to_be_focused()
    third.keyboard.press("Enter")
    expect(third.get_by_role("heading", name="Signed in again")).to_be_visible()
    third.close()
    page.get_by_role("button", name="Look again").press("Enter")
    expect(page.get_by_text(f"{name} has 0 exams and typed “half an exam”.")).to_be_visible()
    page.close()


def test_a_second_click_sends_nothing_while_the_first_is_pending(
    pair: PairProcess, new_person: Callable[..., Person], name: str
) -> None:
    """But once the first was cancelled or lost, a second click is allowed after a moment."""
    page = new_person().page
    page.clock.install()
    page.goto(pair.teacher_url)
    lost: list[Route] = []

    def lose(route: Route) -> None:
        lost.append(route)
        route.abort("aborted")

    page.route("**/sign-in", lose)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_event("requestfailed"):
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.clock.fast_forward(10_000)
    with page.expect_event("requestfailed"):
        page.keyboard.press("Enter")
    assert len(lost) == 2
    page.unroute("**/sign-in")
    page.clock.fast_forward(10_000)
    page.keyboard.press("Enter")
    expect_inside(page)


def test_without_scripts_everything_works_except_conveniences(
    pair: PairProcess, mailing_url: str, new_person: Callable[..., Person], invited: str
) -> None:
    """First sign-in, turning on an authenticator, its code, forgotten password, sign out everywhere."""
    page = new_person(java_script_enabled=False).page
    page.goto(f"{mailing_url}/account")
    submit_in(page, {"Name": invited, "Password": TEMPORARY}, "Sign in")
    assert page.get_by_role("button", name="Show").count() == 0
    submit_in(page, {"New password": "short", "Repeat the password": "short"}, "Set password and continue")
    assert page.locator("#alert li").all_inner_texts() == [
        "at least 12 characters",
        "a capital letter",
        "a digit",
    ]
    submit_in(page, {"New password": PASSWORD, "Repeat the password": PASSWORD}, "Set password and continue")
    assert page.url == f"{mailing_url}/account"

    page.goto(f"{mailing_url}/account/authenticator")
    submit_in(page, {"Password": PASSWORD}, "Continue")
    app = pyotp.TOTP(page.locator(".secret-key").inner_text().replace(" ", ""))
    code = app.now()
    submit_in(page, {"Code": code}, "Turn on")
    assert "The authenticator app is on" in page.locator(".notice").inner_text()
    submit_in(page, {}, "Sign out everywhere")
    assert page.locator(".notice").inner_text() == "You are signed out here and everywhere else."

    submit_in(page, {"Name": invited, "Password": PASSWORD}, "Sign in")
    submit_in(page, {"Code": code}, "Continue")  # it has already been used
    assert page.locator("#alert").inner_text() != ""

    page.goto(f"{mailing_url}/forgotten-password")
    submit_in(page, {"Name": invited}, "Send a code")
    mailed = reset_code(pair.data_dir, invited)
    submit_in(
        page,
        {"Code": mailed, "New password": NEW_PASSWORD, "Repeat the password": NEW_PASSWORD},
        "Set password",
    )
    assert page.locator(".notice").inner_text() == "Your new password is set. Sign in with it."


def submit_in(page: Page, fields: dict[str, str], button: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()
