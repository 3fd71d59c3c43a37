"""A class list pasted, corrected, saved and exported by keyboard; an interrupted import ends up complete."""

import contextlib
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shared.api.calls import BATCH_MAX
from shared.model.exam import Audience
from tests.backend_process import BackendProcess
from tests.browser.axe import faults_of
from tests.browser.entry_walk import EntryDesk, SignedIn, open_exam
from tests.browser.people import (
    Person,
    await_answers,
    await_stillness,
    choose_part,
    reload_but_stay,
    sign_in,
    tab_to,
)
from tests.dashboard_process import TEACHER_APP, TeacherDashboard
from tests.waiting import wait_until
from tests.wire.tcp_proxy import TcpProxy

PATIENCE_MS = 40_000
STALL_DEADLINE_S = 30.0
FOR_A_SECOND_RUN_MS = 1000  # in which the batch would be sent again if it did not wait for the first
TYPING_MS = 150  # Streamlit's editor loses a cell that is edited and left within a few of these
THOUSAND = [(f"Student {number:04d}", str(number % 21)) for number in range(1000)]
BATCH = b"createResultsBatch("


class Station:
    """A backend, and a dashboard that reaches the exam API through a proxy."""

    def __init__(self, data_dir: Path) -> None:
        with contextlib.ExitStack() as stack:
            self.backend = stack.enter_context(BackendProcess(data_dir))
            self.proxy = stack.enter_context(TcpProxy(int(self.backend.url.rpartition(":")[2])))
            api_url = f"http://127.0.0.1:{self.proxy.port}/graphql"
            self._settings = {**self.backend.settings, "EXAM_RESULTS_API_URL": api_url}
            self.dashboard = TeacherDashboard(self._settings, TEACHER_APP)
            stack.callback(lambda: self.dashboard.stop())
            self._stack = stack.pop_all()

    def kill_and_restart_the_dashboard(self) -> None:
        port = int(self.dashboard.url.rpartition(":")[2])
        self.dashboard.process.send_signal(signal.SIGKILL)
        self.dashboard.stop()
        self.proxy.cut()
        self.dashboard = TeacherDashboard(self._settings, TEACHER_APP, port=port)

    def close(self) -> None:
        self._stack.close()


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


MakeDesk = Callable[..., EntryDesk]


@pytest.fixture
def make_desk(teacher: SignedIn, new_person: Callable[..., Person]) -> MakeDesk:
    """Opens the import page of a new exam; `person` has the keywords of playwright's new_context."""

    def make(person: dict[str, object] | None = None, audience: Audience = Audience.NAMES) -> EntryDesk:
        desk = teacher.open_desk(new_person(storage_state=teacher.storage_state, **(person or {})), audience)
        choose_part(desk.page, "Import")
        return desk

    return make


def lines(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{person}\t{grade}" for person, grade in pairs)


def paste(page: Page, text: str) -> None:
    tab_to(page, page.get_by_label("Paste rows"))
    page.keyboard.insert_text(text)
    press(page, "Read the rows")


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Tabs to the button and presses Enter once the page is idle."""
    wait_until_idle(page)
    tab_to(page, page.get_by_role("button", name=name))
    page.keyboard.press("Enter")


def wait_until_idle(page: Page) -> None:
    """Waits until no run is in progress and no faded element of the previous one is left."""
    await_answers(page, PATIENCE_MS)
    expect(page.locator("[data-stale=true]")).to_have_count(0, timeout=PATIENCE_MS)


def expect_text(page: Page, words: str) -> None:
    expect(page.get_by_test_id("stMain")).to_contain_text(words, timeout=PATIENCE_MS)


def correct_first_row(page: Page, *, columns_right: int, text: str) -> None:
    """In the editor, whose cells are on a canvas: arrow keys, Enter, type, Enter."""
    tab_to(page, page.get_by_test_id("stDataFrame").locator("canvas").first)
    for _ in range(columns_right):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    cell = page.locator("textarea.gdg-input")
    expect(cell).to_be_focused()
    page.keyboard.type(text, delay=TYPING_MS)  # replaces the existing text, which is selected
    page.keyboard.press("Enter")
    cell.wait_for(state="hidden")


def test_a_thousand_rows_are_pasted_corrected_and_saved_with_the_keyboard(make_desk: MakeDesk) -> None:
    desk = make_desk()
    page = desk.page
    bad = [*THOUSAND[:500], ("Student 0500", "99"), *THOUSAND[501:]]
    paste(page, lines(bad))
    expect_text(page, "1,000 rows: 999 new · 1 to correct")
    expect_text(page, "Line 501, Student 0500: “99” is above 20")
    correct_first_row(page, columns_right=3, text="17")
    expect_text(page, "1,000 rows: 1,000 new")
    reload_but_stay(page)
    press(page, "Save 1,000 results")
    expect_text(page, "1,000 results saved at")
    expected = [*THOUSAND[:500], ("Student 0500", "17"), *THOUSAND[501:]]
    assert desk.stored_pairs() == expected
    press(page, "Undo this import")
    expect_text(page, "1,000 results undone at")
    assert desk.stored() == []


def test_a_corrected_row_reruns_the_page_once(make_desk: MakeDesk) -> None:
    """A click just before an unnecessary second run could be lost."""
    desk = make_desk()
    page = desk.page
    asked: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda sent: asked.append(sent)))
    page.goto(f"{desk.url}&part=Import")
    paste(page, lines([("Ada", "14"), ("Bob", "99")]))
    expect_text(page, "2 rows: 1 new · 1 to correct")
    wait_until_idle(page)
    asked.clear()
    correct_first_row(page, columns_right=3, text="17")
    expect_text(page, "2 rows: 2 new")
    press(page, "Save 2 results")
    expect_text(page, "2 results saved at")
    assert desk.stored_pairs() == [("Ada", "14"), ("Bob", "17")]
    assert len(asked) == 2


def test_repeating_a_paste_after_the_dashboard_was_killed_saves_each_row_once(
    make_desk: MakeDesk, station: Station
) -> None:
    desk = make_desk()
    page = desk.page
    save_a_thousand_until_the_fourth_batch(page, station)
    expect_text(page, f"{3 * BATCH_MAX} of 1,000")  # the bar has moved
    station.kill_and_restart_the_dashboard()
    assert 3 * BATCH_MAX <= len(desk.stored()) <= 4 * BATCH_MAX
    page.goto("about:blank")
    sign_in(page, station.dashboard.url, desk.username)
    open_exam(page, desk.url)
    choose_part(page, "Import")
    paste(page, lines(THOUSAND))
    expect_text(page, "already saved")
    press(page, re.compile(r"Save \d{3} results"))
    expect_text(page, re.compile(r"\d{3} results saved at"))
    assert desk.stored_pairs() == THOUSAND


def save_a_thousand_until_the_fourth_batch(page: Page, station: Station) -> None:
    """The fourth batch is then in flight and stalled."""
    paste(page, lines(THOUSAND))
    stalled = station.proxy.stall_at(BATCH, 4)
    press(page, "Save 1,000 results")
    assert stalled.wait(STALL_DEADLINE_S)


def test_cancel_stops_between_two_batches_and_continuing_saves_the_rest(
    make_desk: MakeDesk, station: Station
) -> None:
    desk = make_desk()
    page = desk.page
    save_a_thousand_until_the_fourth_batch(page, station)
    expect_text(page, f"{3 * BATCH_MAX} of 1,000")
    tab_to(page, page.get_by_role("button", name="Cancel"))
    page.keyboard.press("Enter")
    paused = page.get_by_text(re.compile(r"\d{3} of 1,000 are saved"))
    while not paused.is_visible():  # one batch after another, until the click has arrived
        station.proxy.resume()
        wait_until_stalled_or(paused, station.proxy.stall_at(BATCH, 1))
    station.proxy.resume()
    # A batch that waited too long may have arrived without its answer being received.
    assert int(paused.inner_text()[:3]) <= len(desk.stored()) < 1000
    assert faults_of(page) == []
    press(page, "Continue")
    expect_text(page, "1,000 results saved at")
    assert desk.stored_pairs() == THOUSAND


def test_interacting_while_a_batch_is_in_flight_leaves_no_row_out(
    make_desk: MakeDesk, station: Station
) -> None:
    desk = make_desk()
    page = desk.page
    save_a_thousand_until_the_fourth_batch(page, station)
    for part in ("Enter", "Import"):
        page.get_by_role("radio", name=part, exact=True).click()
    page.wait_for_timeout(FOR_A_SECOND_RUN_MS)
    station.proxy.resume()
    expect_text(page, "1,000 results saved at")
    assert desk.stored_pairs() == THOUSAND


def wait_until_stalled_or(shown: Locator, stalled: threading.Event) -> None:
    wait_until(lambda: stalled.is_set() or shown.is_visible(), deadline_s=STALL_DEADLINE_S, what="a stop")


def test_an_exported_file_can_be_imported_again(make_desk: MakeDesk, tmp_path: Path) -> None:
    desk = make_desk(audience=Audience.CODES)
    page = desk.page
    rows = "Ada Lovelace\t00123\t14,5\tGood.\nŁukasz =1+1\t00124\tabs\t- see me\n王小明\t\texempt\t"
    paste(page, f"Name\tStudent number\tGrade\tFeedback\n{rows}")
    expect_text(page, "numbers from “Student number”, comments from “Feedback”")
    press(page, "Save 3 results")
    expect_text(page, "3 results saved at")
    assert {(row.number, row.comment) for row in desk.stored()} == {
        ("00123", "Good."),
        ("00124", "- see me"),
        (None, None),
    }
    choose_part(page, "Export")
    files: list[Path] = []
    buttons = page.get_by_test_id("stDownloadButton").get_by_role("button")
    expect(buttons).to_have_count(6)
    for button in buttons.all():
        with page.expect_download() as download:
            tab_to(page, button)
            page.keyboard.press("Enter")
        files.append(tmp_path / download.value.suggested_filename)
        download.value.save_as(files[-1])
    choose_part(page, "Import")
    for file in files:
        press(page, re.compile("Start over|Import more"))
        page.locator("input[type=file]").set_input_files(file)
        expect_text(page, "3 rows: 3 already saved")
    assert {file.suffix for file in files} == {".xlsx", ".csv", ".zip"}


def test_slips_are_printed_for_codes(make_desk: MakeDesk, tmp_path: Path) -> None:
    desk = make_desk(audience=Audience.CODES)
    page = desk.page
    paste(page, "Ada Lovelace\t14,5\nGrace Hopper\t17")
    press(page, "Save 2 results")
    expect_text(page, "2 results saved at")
    choose_part(page, "Codes")
    with page.expect_download() as download:
        press(page, "Slips to print (PDF, 1 page)")
    download.value.save_as(tmp_path / "slips.pdf")
    assert (tmp_path / "slips.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"color_scheme": "light"}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param({"viewport": {"width": 360, "height": 780}}, id="phone"),
    ],
)
def test_every_import_page_is_accessible_and_fits(make_desk: MakeDesk, person: dict[str, object]) -> None:
    desk = make_desk(person, audience=Audience.CODES)
    page = desk.page
    check_page(page)
    paste(page, "Ada;Lovelace;14\nGrace;Hopper;99\nGrace;Hopper;3\nAlan;Turing;")
    expect_text(page, "Choose above which columns")
    check_page(page)
    names = page.get_by_role("combobox", name=re.compile("Student: one column"))
    for column in ("Column 1", "Column 2"):
        tab_to(page, names)
        page.keyboard.type(column)
        page.get_by_role("option", name=column).wait_for()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
    expect_text(page, "4 rows:")
    check_page(page)
    press(page, "Save 3 results")
    expect_text(page, "3 results saved at")
    check_page(page)
    for part in ("Codes", "Export"):
        choose_part(page, part)
        page.get_by_test_id("stDownloadButton").first.wait_for()
        check_page(page)


def check_page(page: Page) -> None:
    wait_until_idle(page)
    await_stillness(page)
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
