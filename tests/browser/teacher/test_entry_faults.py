"""What goes wrong while a teacher types: nothing is lost, saved twice or overwritten."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend_process import PASSWORD, BackendProcess
from tests.browser.entry_walk import EntryDesk, SignedIn, open_exam
from tests.browser.people import DEADLINE_MS, Person, choose_part, sign_in, tab_to
from tests.dashboard_process import TEACHER_APP, TeacherDashboard
from tests.waiting import wait_until
from tests.wire.gate_dashboard import Operator
from tests.wire.tcp_proxy import TcpProxy

expect.set_options(timeout=DEADLINE_MS)

NOT_YET = "Not saved yet"


class Station:
    """A backend and a dashboard that can be stopped and restarted at the same addresses."""

    def __init__(self, data_dir: Path) -> None:
        self.backend = BackendProcess(data_dir)
        self.settings = {**self.backend.settings, "EXAM_RESULTS_SESSION_KEY": secrets.token_urlsafe(32)}
        try:
            self.dashboard = TeacherDashboard(self.settings, TEACHER_APP)
        except BaseException:
            self.backend.stop()
            raise

    def start_backend(self) -> None:
        port = urlsplit(self.backend.url).port
        assert port is not None
        self.backend = BackendProcess(self.backend.data_dir, port=port)

    def start_dashboard(self) -> None:
        port = int(self.dashboard.url.rpartition(":")[2])
        self.dashboard = TeacherDashboard(self.settings, TEACHER_APP, port=port)

    def change_session_key(self) -> None:
        self.settings["EXAM_RESULTS_SESSION_KEY"] = secrets.token_urlsafe(32)

    def close(self) -> None:
        self.dashboard.stop()
        self.backend.stop()


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """A test that stops something starts it again."""
    with contextlib.closing(Station(tmp_path_factory.mktemp("backend"))) as station:
        yield station


@pytest.fixture
def teacher(station: Station, browser: Browser) -> Iterator[SignedIn]:
    signed_in = SignedIn(station.backend, station.dashboard.url, browser)
    with contextlib.closing(signed_in.api):
        yield signed_in


@pytest.fixture
def desk(teacher: SignedIn, new_person: Callable[..., Person]) -> EntryDesk:
    return teacher.open_desk(new_person(storage_state=teacher.storage_state))


def unsaved(page: Page, text: str) -> None:
    expect(page.locator(".unsaved-text")).to_contain_text(text)


def sign_out_elsewhere(page: Page, station: Station) -> None:
    other = page.context.new_page()
    other.goto(f"{station.dashboard.url}/sign-out")
    other.keyboard.press("Enter")
    other.get_by_label("Password", exact=True).wait_for()


def test_the_backend_stopped_while_a_teacher_types(desk: EntryDesk, station: Station) -> None:
    """Each row says that it is not saved, typing continues, one click saves everything once."""
    page = desk.page
    desk.student.focus()
    desk.type_row("Before", "1")
    expect(desk.line("Before").locator(".receipt")).to_contain_text("Saved at")
    station.backend.kill()
    desk.type_row("Ada Lovelace", "12")
    receipt = desk.line("Ada Lovelace").locator(".receipt")
    expect(receipt).to_contain_text(NOT_YET)
    form = page.locator("[class*=st-key-entry-]")
    expect(form).to_have_attribute("data-stale", "true")
    expect(form).to_have_css("opacity", "1")  # what is waiting is not faded
    expect(receipt).to_contain_text("Not saved: the server does not answer")
    desk.type_row("Grace Hopper", "14,5")
    page.keyboard.type("Half typ")
    unsaved(page, "2 results are not saved")
    expect(desk.line("Grace Hopper").locator(".receipt")).to_contain_text(NOT_YET)
    station.start_backend()
    tab_to(page, page.locator(".retry-all"))
    page.keyboard.press("Enter")
    desk.wait_until_stored(("Before", "1"), ("Ada Lovelace", "12"), ("Grace Hopper", "14.5"))
    expect(page.locator("li[data-state=saved]")).to_have_count(3)
    expect(page.locator(".unsaved")).to_be_hidden()
    expect(desk.student).to_have_value("Half typ")
    assert {row.version for row in desk.stored()} == {1}


def test_a_reload_while_the_backend_is_down_loses_nothing(desk: EntryDesk, station: Station) -> None:
    page = desk.page
    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks before leaving unsaved rows
    desk.student.focus()
    station.backend.kill()
    desk.type_row("Ada Lovelace", "12")
    desk.type_row("Grace Hopper", "99")
    page.keyboard.type("Half typ")
    station.start_backend()
    open_exam(page, desk.url)
    desk.wait_until_stored(("Ada Lovelace", "12"))
    expect(desk.student).to_have_value("Half typ")
    expect(page.locator("li.editing .receipt")).to_contain_text("above 20")
    expect(page.locator("li.editing").get_by_label("Student")).to_have_value("Grace Hopper")


@contextlib.contextmanager
def still_shown(page: Page) -> Iterator[None]:
    """Within the block the tab has not yet learned that its session has ended: it asks every few seconds."""
    page.route("**/tab?*", lambda route: route.abort())
    try:
        yield
    finally:
        page.unroute("**/tab?*")


def test_a_session_ended_elsewhere_is_reported_and_after_signing_in_one_click_saves(
    desk: EntryDesk, station: Station
) -> None:
    page = desk.page
    desk.student.focus()
    desk.type_row("Before", "1")
    expect(desk.line("Before").locator(".receipt")).to_contain_text("Saved at")
    with still_shown(page):
        sign_out_elsewhere(page, station)
        desk.type_row("Ada Lovelace", "12")
        expect(desk.line("Ada Lovelace").locator(".receipt")).to_contain_text("your session has ended")
        page.keyboard.type("Half typ")
    with page.expect_popup() as opened:
        page.locator(".sign-in-offer").get_by_role("link", name="Sign in again in another tab").click()
    popup = opened.value
    popup.get_by_label("Name").fill(desk.username)
    popup.get_by_label("Password", exact=True).fill(PASSWORD)
    popup.keyboard.press("Enter")
    popup.get_by_text("Everything that you typed is still there").wait_for()
    page.locator(".retry-all").click()
    desk.wait_until_stored(("Before", "1"), ("Ada Lovelace", "12"))
    expect(desk.student).to_have_value("Half typ")


def test_the_focus_stays_when_the_page_reports_an_ended_session(desk: EntryDesk, station: Station) -> None:
    """The page reports it above the form, a moment after the last row, while the next is typed."""
    page = desk.page
    desk.student.focus()
    page.evaluate(
        "const {now} = Date, then = now(); window.goOn = () => (Date.now = now); Date.now = () => then"
    )
    desk.type_row("Before", "1")
    expect(desk.line("Before").locator(".receipt")).to_contain_text("Saved at")
    with still_shown(page):
        sign_out_elsewhere(page, station)
        page.keyboard.type("Half ")
        page.evaluate("goOn()")
        expect(page.get_by_role("alert").filter(has_text="Your session has ended")).to_be_visible()
        page.keyboard.type("typ")
        expect(desk.student).to_have_value("Half typ")


def test_signed_out_everywhere_by_the_operator(desk: EntryDesk, station: Station) -> None:
    """The gate learns of it from the backend; the input waits in the tab and is sent after signing in."""
    page = desk.page
    page.on("dialog", lambda dialog: dialog.accept())
    with contextlib.closing(Operator(station.backend)) as operator:
        operator.sign_out_everywhere(desk.username)
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    expect(desk.line("Ada Lovelace").locator(".receipt")).to_contain_text("your session has ended")
    page.context.clear_cookies()
    sign_in(page, station.dashboard.url, desk.username)
    open_exam(page, desk.url)
    expect(desk.line("Ada Lovelace").locator(".receipt")).to_contain_text("Saved at")


def test_a_killed_dashboard_that_starts_again_needs_neither_a_click_nor_a_sign_in(
    desk: EntryDesk, station: Station
) -> None:
    page = desk.page
    desk.student.focus()
    station.dashboard.kill()
    desk.type_row("Ada Lovelace", "12")
    receipt = desk.line("Ada Lovelace").locator(".receipt")
    expect(receipt).to_contain_text(NOT_YET)
    page.keyboard.type("Half typ")
    station.start_dashboard()
    desk.wait_until_stored(("Ada Lovelace", "12"), deadline_s=DEADLINE_MS / 1000)
    expect(receipt).to_contain_text("Saved at")
    expect(desk.student).to_have_value("Half typ")
    assert {row.version for row in desk.stored()} == {1}


def test_a_tab_whose_session_was_lost_with_the_dashboard_offers_to_sign_in_and_continues(
    desk: EntryDesk, station: Station
) -> None:
    page = desk.page
    page.on("dialog", lambda dialog: dialog.accept())
    desk.student.focus()
    station.dashboard.stop()
    desk.type_row("Ada Lovelace", "12")
    receipt = desk.line("Ada Lovelace").locator(".receipt")
    expect(receipt).to_contain_text(NOT_YET)
    station.change_session_key()
    station.start_dashboard()
    offer = page.get_by_role("link", name="Sign in again")
    expect(offer).to_be_visible()
    with page.expect_popup() as opened:
        offer.click()
    opened.value.get_by_label("Name").fill(desk.username)
    opened.value.get_by_label("Password", exact=True).fill(PASSWORD)
    opened.value.keyboard.press("Enter")
    desk.wait_until_stored(("Ada Lovelace", "12"), deadline_s=DEADLINE_MS / 1000)
    expect(receipt).to_contain_text("Saved at")
    assert page.url == desk.url


def test_after_an_ordinary_sign_in_in_another_tab_a_retry_saves(desk: EntryDesk, station: Station) -> None:
    page = desk.page
    desk.student.focus()
    desk.type_row("Before", "1")
    expect(desk.line("Before").locator(".receipt")).to_contain_text("Saved at")
    with still_shown(page):
        sign_out_elsewhere(page, station)
        desk.type_row("Ada Lovelace", "12")
        expect(desk.line("Ada Lovelace").locator(".receipt")).to_contain_text("your session has ended")
    other = page.context.new_page()
    sign_in(other, station.dashboard.url, desk.username)
    with page.expect_response(lambda response: response.url.endswith("/resume")):
        page.bring_to_front()
        page.evaluate("window.dispatchEvent(new Event('focus'))")  # headless tabs all have the focus
    page.locator(".retry-all").click()
    desk.wait_until_stored(("Before", "1"), ("Ada Lovelace", "12"))
    expect(page.get_by_role("alert").filter(has_text="Your session has ended")).to_have_count(0)


def test_a_network_outage_needs_no_click(
    teacher: SignedIn, station: Station, new_person: Callable[..., Person]
) -> None:
    """The page reconnects, and input from the meantime is saved once."""
    with TcpProxy(int(station.dashboard.url.rpartition(":")[2])) as network:
        teacher.teacher_url = f"http://127.0.0.1:{network.port}"
        desk = teacher.open_desk(new_person(storage_state=teacher.storage_state))
        failed: list[str] = []
        desk.page.on("requestfailed", lambda request: failed.append(request.url))
        desk.student.focus()
        network.refuse(True)
        network.cut()
        desk.type_row("Ada Lovelace", "12")
        desk.type_row("Grace Hopper", "14,5")
        desk.page.keyboard.type("Half")
        unsaved(desk.page, "2 results are not saved")
        app = desk.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-connection-state", "PINGING_SERVER")
        look = "app => [getComputedStyle(app, '::after').content, getComputedStyle(app, '::after').opacity]"
        wait_until(
            # By its fifth failed attempt, Streamlit's default would be to open a dialog.
            lambda: app.evaluate(look)[1] == "1" and len(failed) > 5,
            deadline_s=DEADLINE_MS / 1000,
            what="the line that says so",
        )
        assert "No connection" in app.evaluate(look)[0]
        expect(desk.page.get_by_role("dialog")).to_have_count(0)
        desk.page.keyboard.type(" typed")
        expect(desk.student).to_have_value("Half typed")  # no dialog took the focus
        assert desk.stored() == []
        network.refuse(False)
        expect(desk.page.locator("li[data-state=saved]")).to_have_count(2)
        assert desk.stored_pairs() == [("Ada Lovelace", "12"), ("Grace Hopper", "14.5")]
        assert {row.version for row in desk.stored()} == {1}


def test_unsaved_rows_survive_visiting_another_part_of_the_page(desk: EntryDesk) -> None:
    page = desk.page
    desk.student.focus()
    desk.type_row("Ada Lovelace", "99")
    expect(page.locator("li.editing .receipt")).to_contain_text("above 20")
    choose_part(page, "Grid")
    notice = page.get_by_role("alert").filter(
        has_text="1 result that you typed under “Enter” for Physics is not saved"
    )
    expect(notice).to_be_visible()
    choose_part(page, "Enter")
    expect(notice).to_have_count(0)
    expect(page.locator("li.editing").get_by_label("Student")).to_have_value("Ada Lovelace")


@pytest.mark.parametrize(
    ("choice", "grade"),
    [("Keep what I typed here", "9"), ("Use the other one", "15")],
    ids=["mine", "theirs"],
)
def test_two_tabs_never_silently_overwrite_each_other(desk: EntryDesk, choice: str, grade: str) -> None:
    page = desk.page
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    line = desk.line("Ada Lovelace")
    expect(line.locator(".receipt")).to_contain_text("Saved at")
    other = page.context.new_page()
    open_exam(other, desk.url)
    theirs = other.locator("li.line").filter(has_text="Ada Lovelace")
    for tab, value in ((other, "15"), (page, "9")):
        tab.bring_to_front()
        tab.get_by_role("button", name="Change: Ada Lovelace").click()
        tab.keyboard.type(value)
        tab.keyboard.press("Enter")
        if tab is other:
            expect(theirs.locator(".receipt")).to_contain_text("(was 12)")
    choosing = page.locator("li.choice")
    expect(choosing.locator(".receipt")).to_contain_text("changed in another tab")
    assert choosing.locator("tr").all_inner_texts() == [
        "Typed here\tAda Lovelace\t9",
        "Saved there\tAda Lovelace\t15",
    ]
    assert desk.stored_pairs() == [("Ada Lovelace", "15")]
    tab_to(page, choosing.get_by_role("button", name=choice))
    page.keyboard.press("Enter")
    expect(page.locator("li.choice")).to_have_count(0)
    expect(line.locator(".grade")).to_have_text(grade)
    desk.wait_until_stored(("Ada Lovelace", grade))


def test_a_row_deleted_in_another_tab_can_be_restored_with_this_tabs_values(desk: EntryDesk) -> None:
    page = desk.page
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    expect(desk.line("Ada Lovelace").locator(".receipt")).to_contain_text("Saved at")
    page.get_by_role("button", name="Change: Ada Lovelace").click()
    (row,) = desk.stored()
    desk.api.delete_result(desk.exam.id, row.id, row.version)
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    choosing = page.locator("li.choice")
    expect(choosing.locator(".receipt")).to_contain_text("deleted in another tab")
    choosing.get_by_role("button", name="Restore it").click()
    desk.wait_until_stored(("Ada Lovelace", "9"))
    expect(desk.line("Ada Lovelace").locator(".receipt")).to_contain_text("Saved at")
