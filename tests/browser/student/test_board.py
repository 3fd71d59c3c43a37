"""The students' page in Chromium: live, still where nothing changed, clear when stale, accessible."""

import contextlib
import datetime as dt
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, WebSocket, expect

from shared.model.exam import Audience, Exam, NewResult
from tests.backend_process import BackendClient
from tests.browser.axe import faults_of
from tests.browser.people import DEADLINE_MS, Person, await_stillness
from tests.browser.student.author import Author
from tests.dashboard_process import StudentDashboard
from tests.pair_process import PairProcess
from tests.waiting import wait_until
from tests.wire.student_streams import LiveStream
from tests.wire.tcp_proxy import TcpProxy

STALE_WITHIN_MS = 10_000  # what the page promises
NEW_PERSON = Callable[..., Person]
NEWEST = dt.date(
    2090, 1, 1
)  # a page offers fifty exams without a search, and all tests of a worker share a pair
FIVE = {"Ada": "17", "Alan": "12", "Grace": "9", "Marie": "19", "Lise": "5"}


def open_board(page: Page, url: str, exam: Exam) -> None:
    """Opens the page and waits until Streamlit's board has replaced the server-rendered one."""
    page.goto(f"{url}/?exam={exam.id}")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)


def row(page: Page, student: str) -> Locator:
    return page.get_by_role("row").filter(has_text=student)


def await_bars(page: Page, count: int) -> None:
    """Until so many bars of the chart have a height; they grow to it."""
    drawn = "bars => bars.filter(bar => bar.offsetHeight > 0).length"
    bars = page.locator(".bin .bar")
    wait_until(lambda: bars.evaluate_all(drawn) == count, deadline_s=DEADLINE_MS / 1000, what=f"{count} bars")


def pass_time_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Advances the page's installed clock in steps of seconds; limited by the test's timeout."""
    while not is_so():
        page.clock.run_for(1000)


def many(count: int) -> dict[str, str]:
    return {f"Student {number:04}": str(number % 20) for number in range(count)}


def test_students_of_two_exams_see_only_their_own(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    physics, history = author.exam("Physics", {"Ada": "17"}), author.exam("History", {"Alan": "12"})
    one, other = new_person().page, new_person().page
    open_board(one, pair.student_url, physics)
    open_board(other, pair.student_url, history)
    author.api.create_result(physics.id, NewResult("Marie", "19"))
    author.api.create_result(history.id, NewResult("Herodotus", "15"))
    expect(row(one, "Marie")).to_contain_text("19", timeout=DEADLINE_MS)
    expect(row(other, "Herodotus")).to_contain_text("15", timeout=DEADLINE_MS)
    expect(row(one, "Herodotus")).to_have_count(0)
    expect(row(other, "Marie")).to_have_count(0)


def test_changes_and_corrections_are_marked_and_deleted_rows_disappear(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Biology", {"Ada": "17"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    added = author.api.create_result(exam.id, NewResult("Rosalind", "11"))
    expect(row(page, "Rosalind")).to_contain_text("new", timeout=DEADLINE_MS)
    author.api.update_result(exam.id, added.id, added.version, grade="13")
    expect(row(page, "Rosalind")).to_contain_text("was 11", timeout=DEADLINE_MS)
    author.api.delete_result(exam.id, added.id, added.version + 1)
    expect(row(page, "Rosalind")).to_have_count(0, timeout=DEADLINE_MS)


def test_a_corrected_grade_is_marked_for_whoever_comes_later_without_what_it_was(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """In words: in the list, beside the own result, and without scripts."""
    exam = author.exam("Genetics", {"Ada": "17", "Barbara": "12"})
    stored = {one.student: one for one in author.api.list_results(exam.id)}["Ada"]
    author.api.update_result(exam.id, stored.id, stored.version, grade="19")
    plain = f"{pair.student_url}/board/{exam.id}"
    wait_until(lambda: "19 (corrected)" in httpx.get(plain).text, deadline_s=15.0, what="the correction")
    assert "Ada,19," in httpx.get(f"{plain}.csv").text
    page = new_person().page
    open_board(page, pair.student_url, exam)
    expect(row(page, "Ada")).to_contain_text("✎ corrected")
    expect(row(page, "Ada")).not_to_contain_text("17")
    expect(row(page, "Barbara")).not_to_contain_text("corrected")
    page.get_by_role("textbox", name="My name").fill("Ada")
    expect(page.get_by_text("This grade was corrected after it had been published.")).to_be_visible()
    assert faults_of(page) == []
    page.set_viewport_size({"width": 360, "height": 780})
    cut = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    assert row(page, "Ada").locator("td").evaluate_all(cut) == [], "on a phone nothing of it is cut off"


def test_the_list_of_an_open_page_offers_what_was_published_since(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """Once the pointer is above the list, before it opens."""
    page = new_person().page
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))  # playwright marks its handlers
    open_board(page, pair.student_url, author.exam("Zoology", {"Ada": "17"}))
    later = author.exam("Later", {"Ada": "12"}, date=NEWEST)
    landing = f"{pair.student_url}/board"
    wait_until(lambda: later.subject in httpx.get(landing).text, deadline_s=15.0, what="the exam is listed")
    choice = page.get_by_role("combobox", name="Exam", exact=True)
    with sockets[-1].expect_event("framereceived"):
        choice.hover()
    expect(page.locator(".stApp")).to_have_attribute("data-test-script-state", "notRunning")
    choice.click()
    page.get_by_role("option", name=later.subject).click()
    expect(page.get_by_role("heading", name=later.subject)).to_be_visible(timeout=DEADLINE_MS)


def test_an_unpublished_exam_disappears_from_the_page(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Botany", {"Ada": "17"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    expect(row(page, "Ada")).to_be_visible()
    author.api.unpublish_exam(exam.id, exam.version)
    expect(page.get_by_text("This exam is not published")).to_be_visible(timeout=DEADLINE_MS)
    assert page.locator("tr[data-id]").count() == 0


def test_waiting_students_see_the_results_as_soon_as_they_are_published(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """The link was shared before; there are other exams. The student touches nothing."""
    author.exam("Another", {"Ada": "3"})
    draft = author.exam("Awaited", {"Ada": "17", "Alan": "12"}, is_published=False)
    page = new_person().page
    page.goto(f"{pair.student_url}/?exam={draft.id}")
    expect(page.get_by_text("it appears here by itself")).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_label("Find a student").filter(visible=True)).to_have_count(0)
    assert faults_of(page) == []
    author.api.publish_exam(draft.id, draft.version)
    # The first page and Streamlit's both have the rows while one takes the other's place.
    expect(row(page, "Ada").first).to_contain_text("17", timeout=DEADLINE_MS)
    expect(row(page, "Alan").first).to_contain_text("12")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_label("My name")).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_label("Exam", exact=True)).to_have_value(re.compile(f"^{draft.subject} · "))
    expect(row(page, "Ada")).to_contain_text("17", timeout=DEADLINE_MS)


def test_scroll_search_and_selection_survive_a_hundred_changes(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Mathematics", many(2000))
    page = new_person().page
    open_board(page, pair.student_url, exam)
    page.get_by_label("Find a student").fill("Student")
    region = page.get_by_role("region", name="Results, scrollable")
    region.evaluate("node => { node.scrollTop = 36 * 1000 }")
    wanted = row(page, "Student 1003")
    wanted.click()
    expect(wanted).to_have_attribute("aria-selected", "true")
    before = region.evaluate("node => node.scrollTop")
    for number in range(100):
        author.api.create_result(exam.id, NewResult(f"Zoe {number:03}", "7"))
    expect(page.locator(".tile").first).to_contain_text("2,100", timeout=DEADLINE_MS)
    assert region.evaluate("node => node.scrollTop") == before
    expect(page.get_by_label("Find a student")).to_have_value("Student")
    expect(wanted).to_have_attribute("aria-selected", "true")
    assert page.get_by_role("row").count() < 120, "only what is seen is drawn"


def test_a_stalled_stream_is_shown_as_stale_in_time_and_catches_up_without_a_reload(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """Like a laptop that slept: nothing arrives and nothing is closed; then the connections are dead."""
    exam = author.exam("Latin", {"Ada": "17"})
    page = new_person().page
    page.clock.install()
    with TcpProxy(pair.ports[1]) as proxy:
        open_board(page, f"http://127.0.0.1:{proxy.port}", exam)
        page.evaluate("window.isSamePage = true")
        proxy.stall()
        page.clock.run_for(STALE_WITHIN_MS)
        expect(page.get_by_text("Not live")).to_be_visible(timeout=1000)
        for number in range(5):
            author.api.create_result(exam.id, NewResult(f"Missed {number}", "10"))
        proxy.cut()
        proxy.resume()
        expect(row(page, "Missed 4")).to_be_visible(timeout=40_000)
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
        expect(row(page, "Missed")).to_have_count(5)
        assert page.evaluate("window.isSamePage") is True


def test_repeated_cuts_lose_nothing(pair: PairProcess, author: Author, new_person: NEW_PERSON) -> None:
    """Of every connection of the page, including Streamlit's. tests/wire cuts the stream a hundred times."""
    exam = author.exam("Greek", {"Ada": "17"})
    page = new_person().page
    with TcpProxy(pair.ports[1]) as proxy:
        open_board(page, f"http://127.0.0.1:{proxy.port}", exam)
        for number in range(5):
            proxy.cut()
            author.api.create_result(exam.id, NewResult(f"Cut {number:03}", "10"))
            expect(row(page, f"Cut {number:03}")).to_be_visible(timeout=40_000)
        expect(page.locator(".tile").first).to_contain_text("6", timeout=DEADLINE_MS)


def test_without_a_stream_the_page_refreshes_itself_and_says_so(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Music", {"Clara": "20"})
    person = new_person()
    is_let_through = False
    let_through: list[str] = []

    def answer(route: Route) -> None:
        if is_let_through:
            let_through.append(route.request.url)
            route.continue_()
        else:
            route.fulfill(status=503, body="no")

    person.context.route("**/live/*", answer)
    page = person.page
    page.clock.install()
    page.goto(f"{pair.student_url}/?exam={exam.id}")
    expect(page.get_by_text("Not live")).to_be_visible(timeout=DEADLINE_MS)
    refused = page.get_by_text("The live stream cannot be reached")
    pass_time_until(page, refused.is_visible)
    expect(row(page, "Clara")).to_contain_text("20", timeout=DEADLINE_MS)
    author.api.create_result(exam.id, NewResult("Nadia", "18"))
    pass_time_until(page, row(page, "Nadia").is_visible)
    expect(row(page, "Nadia")).to_contain_text("18")
    is_let_through = True
    # Only to the next attempt: its answer takes real time, and the page waits for a limited time.
    pass_time_until(page, lambda: bool(let_through))
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    expect(refused).to_have_count(0, timeout=DEADLINE_MS)


def test_my_result_is_found_marked_and_stored_in_the_address_only_on_request(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Chemistry", {"Ada": "17", "Alan": "12", "Grace": "9", "Marie": "19", "Lise": "5"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    page.get_by_label("My name").fill("  MARIE ")
    page.keyboard.press("Enter")
    own = page.get_by_text("Marie: 19")
    expect(own).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_text("90 % of the grades are below this one.")).to_be_visible()
    expect(row(page, "Marie")).to_have_class("own", timeout=DEADLINE_MS)
    assert "me=" not in page.url
    page.get_by_label("Keep this in the page’s address").check()
    page.wait_for_url("**me=MARIE*")
    page.reload()
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(own).to_be_visible(timeout=DEADLINE_MS)
    page.get_by_label("Keep this in the page’s address").uncheck()
    assert "me=" not in page.url


def test_an_exam_with_codes_reveals_nothing_about_one_person(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    grades = {"7K4QX2": "17", "8K4QX2": "12", "9K4QX2": "9", "AK4QX2": "19", "BK4QX2": "5", "CK4QX2": "11"}
    exam = author.exam("Law", grades, audience=Audience.CODES)
    page = new_person().page
    open_board(page, pair.student_url, exam)
    page.get_by_text("Statistics", exact=True).click()
    expect(page.get_by_text("Numbers that would be one student’s own".replace("’", "'"))).to_be_visible()
    expect(page.get_by_text("Median").first).to_be_visible()
    expect(page.get_by_role("row", name="Highest")).to_have_count(0)
    page.get_by_label("My code").fill("7k4 qx2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("About 80 % of the grades are below this one")).to_be_visible()
    for code in ("ZK4QX2", "2K4QX2"):
        author.api.create_result(exam.id, NewResult(code, "12"))
        expect(row(page, code)).to_contain_text("new", timeout=DEADLINE_MS)
    page.get_by_role("button", name="New").click()
    shown = page.locator(".rows tr[data-id] td:first-child")
    expect(shown).to_have_text(["2K4QX2", "ZK4QX2", *sorted(grades)])  # not in the order of entry


def test_exams_are_compared(pair: PairProcess, author: Author, new_person: NEW_PERSON) -> None:
    grades = {"Ada": "20", "Alan": "10", "Grace": "10", "Marie": "10", "Lise": "0"}
    one, other = author.exam("First", grades), author.exam("Second", grades)
    page = new_person().page
    open_board(page, pair.student_url, other)  # the newer one: once it is listed, so is the older one
    await_stillness(page)
    page.get_by_label("Compare with other exams").click()
    page.keyboard.type(one.subject)
    page.get_by_role("option", name=one.subject).click()
    page.keyboard.press("Escape")
    charts = page.get_by_role("region", name="Exams compared").get_by_role("listitem")
    expect(charts).to_have_count(2, timeout=DEADLINE_MS)
    for chart in charts.all():
        expect(chart.get_by_role("img", name="Histogram of 5 grades")).to_be_visible(timeout=DEADLINE_MS)
        expect(chart).to_contain_text("Median50 %")
    author.api.create_result(other.id, NewResult("Zoe", "20"))
    expect(charts.first).to_contain_text("Results6", timeout=DEADLINE_MS)  # as the tile above it
    author.api.unpublish_exam(one.id, one.version)
    expect(charts).to_have_count(1, timeout=DEADLINE_MS)
    expect(charts.first).not_to_contain_text(one.subject)


def test_the_page_reconnects_to_a_restarted_dashboard_without_a_reload(
    tmp_path_factory: pytest.TempPathFactory, new_person: NEW_PERSON
) -> None:
    folder = tmp_path_factory.mktemp("restarted")
    with PairProcess(folder) as first:
        author = Author(first)
        exam = author.exam("Astronomy", {"Vera": "18"})
        page = new_person().page
        open_board(page, first.student_url, exam)
        page.evaluate("window.isSamePage = true")
        page.evaluate(
            """new MutationObserver(() => {
                window.hadDialog ||= document.querySelector(".stDialog") !== null;
            }).observe(document.body, { childList: true, subtree: true })"""
        )
        ports = first.ports
    expect(page.get_by_text("Not live")).to_be_visible(timeout=STALE_WITHIN_MS + 1000)
    # Streamlit's own dialog about it does not stay over the results.
    wait_until(lambda: page.evaluate("window.hadDialog") is True, deadline_s=60, what="the dialog")
    expect(page.get_by_test_id("stDialog")).to_have_count(0)
    expect(row(page, "Vera")).to_be_visible()
    with PairProcess(folder, ports=ports):
        author.api.create_result(exam.id, NewResult("Cecilia", "20"))
        expect(row(page, "Cecilia")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
        assert page.evaluate("window.isSamePage") is True
        author.api.close()


@pytest.mark.parametrize("look", [{"color_scheme": "light"}, {"color_scheme": "dark"}], ids=["light", "dark"])
def test_the_page_is_accessible(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, look: dict[str, str]
) -> None:
    exam = author.exam("Geography", {"Ada": "17", "Alan": "12", "Grace": "ABSENT", **many(30)})
    page = new_person(**look).page
    open_board(page, pair.student_url, exam)
    page.get_by_label("My name").fill("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ada: 17")).to_be_visible(timeout=DEADLINE_MS)
    page.get_by_text("Statistics", exact=True).click()
    page.get_by_text("Distribution as a table").click()
    expect(page.get_by_text("Upper quartile")).to_be_visible(timeout=DEADLINE_MS)
    assert faults_of(page) == []


def test_the_static_board_is_accessible_and_needs_no_script(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Geology", {"Ada": "17", **many(30)})
    without = new_person(java_script_enabled=False).page
    without.goto(f"{pair.student_url}/board")
    without.get_by_role("link", name=exam.subject).click()
    expect(without.get_by_role("row", name="Ada 17")).to_be_visible()
    page = new_person(viewport={"width": 390, "height": 844}).page
    page.goto(f"{pair.student_url}/board/{exam.id}")
    assert faults_of(page) == []


def test_the_correction_of_a_name_keeps_what_the_grade_was(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Dance", {"Ada": "17"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    added = author.api.create_result(exam.id, NewResult("Rosalin", "14"))
    added = author.api.update_result(exam.id, added.id, added.version, grade="16")
    expect(row(page, "Rosalin")).to_contain_text("was 14", timeout=DEADLINE_MS)
    author.api.update_result(exam.id, added.id, added.version, student="Rosalind")
    expect(row(page, "Rosalind")).to_contain_text("was 14", timeout=DEADLINE_MS)


def test_what_is_withdrawn_leaves_a_hidden_page_too_and_comes_back_without_marks(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Drama", FIVE)
    page = new_person().page
    open_board(page, pair.student_url, exam)
    page.get_by_label("My name").fill("Marie")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Marie: 19")).to_be_visible(timeout=DEADLINE_MS)
    page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")
    withdrawn = author.api.unpublish_exam(exam.id, exam.version)
    expect(page.get_by_text("This exam is not published")).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_text("Marie: 19")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_role("heading", name="Exam results")).to_be_visible()
    for part in ("Download these results (CSV)", "Statistics"):
        expect(page.get_by_text(part, exact=True)).to_be_hidden()
    expect(page.get_by_text(exam.subject)).to_have_count(0, timeout=DEADLINE_MS)
    assert exam.subject not in page.title()
    assert page.request.get(f"{pair.student_url}/board/{exam.id}.csv").status == 404
    author.api.publish_exam(exam.id, withdrawn.version)
    expect(row(page, "Marie")).to_contain_text("19", timeout=DEADLINE_MS)
    expect(page.locator("tr.fresh")).to_have_count(0)


def test_the_chart_shows_both_ends_its_marks_and_each_bar_in_words(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Optics", {**FIVE, "Max": "20"})
    page = new_person().page
    open_board(page, pair.student_url, exam)
    axis = page.locator(".axis span")
    expect(axis.first).to_have_text("0", timeout=DEADLINE_MS)
    expect(axis.last).to_have_text("20")
    expect(page.locator(".mark")).to_have_text(["Median 14.5", "Mean 13.67", "Pass mark 10"])
    await_bars(page, 5)
    page.get_by_label("My name").fill("Lise")
    page.keyboard.press("Enter")
    own = page.get_by_role("img", name="5–6: 1 student, 17 %, my result among them")
    expect(own).to_contain_text("1", timeout=DEADLINE_MS)
    own.focus()
    tip = own.evaluate("node => getComputedStyle(node, '::after').content")
    assert tip == '"5–6: 1 student, 17 %, my result among them"'


def test_print_has_every_row(pair: PairProcess, author: Author, new_person: NEW_PERSON) -> None:
    exam = author.exam("Drawing", many(150))
    page = new_person().page
    open_board(page, pair.student_url, exam)
    assert page.locator("tr[data-id]").count() < 150
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("tr[data-id]")).to_have_count(150)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("tr[data-id]").count() < 150


def test_forced_colours_show_each_bar_and_mine_apart(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Design", FIVE)
    page = new_person(forced_colors="active").page
    page.goto(f"{pair.student_url}/?exam={exam.id}&me=Lise")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    own = page.locator(".bin.own .bar")
    expect(own).to_be_visible(timeout=DEADLINE_MS)
    colour = "node => getComputedStyle(node).backgroundColor"
    bar = page.locator(".bin[tabindex]:not(.own) .bar").first
    assert bar.evaluate(colour) == "rgb(0, 0, 0)"
    assert own.evaluate("node => getComputedStyle(node).borderStyle") == "double"
    await_bars(page, len(FIVE))


SAY_LOADING = """
status => {
  const feed = { state: "LIVE", since: 0, asOf: Date.now() / 1000, load: "LOADING", spread: 2 };
  window.source.dispatchEvent(new MessageEvent("feed", { data: JSON.stringify(feed) }));
  return status.textContent;
}
"""


def test_a_page_whose_server_is_loading_the_results_does_not_say_that_it_is_live(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """Found by simulation: a page that comes back to another process still has what the first one sent."""
    exam = author.exam("Greek", {"Ada": "17"})
    page = new_person().page
    page.add_init_script(
        "window.EventSource = class extends EventSource {constructor(url) {super(url); window.source = this}}"
    )
    open_board(page, pair.student_url, exam)
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    text = page.locator(".status-text").evaluate(SAY_LOADING)
    assert re.fullmatch("Not live: as of .*, the server is loading the results", text)
    expect(row(page, "Ada")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)  # with the next heartbeat


def test_an_exam_that_has_to_make_room_says_so_and_comes_back_by_itself(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    crowded_out = author.exam("Latin", {"Ada": "17"})
    crowd = author.exam("Sport", {"Alan": "12"})
    settings = BackendClient(pair.backend_url, pair.data_dir).settings
    with contextlib.ExitStack() as stack:
        dashboard = stack.enter_context(StudentDashboard({**settings, "EXAM_RESULTS_EXAMS_LOADED_MAX": "1"}))
        page, newcomer = new_person().page, new_person().page
        open_board(page, dashboard.url, crowded_out)
        with contextlib.ExitStack() as streams:
            for _ in range(6):
                streams.enter_context(LiveStream(dashboard.url, crowd.id))
            why = re.compile("^Not live: as of .*, more people are watching other exams$")
            expect(page.get_by_text(why)).to_be_visible(timeout=DEADLINE_MS)
            expect(row(page, "Ada")).to_be_visible()
            newcomer.goto(f"{dashboard.url}/?exam={crowded_out.id}")
            # Twice, while the page that comes first waits to hand over.
            expect(newcomer.get_by_text("as soon as there is room").first).to_be_visible(timeout=DEADLINE_MS)
        author.api.create_result(crowded_out.id, NewResult("Marie", "19"))
        for one in (page, newcomer):
            expect(row(one, "Marie")).to_be_visible(timeout=DEADLINE_MS)
            expect(one.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
