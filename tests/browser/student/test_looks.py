"""The students' page elsewhere: another locale, forced colours, paper, midnight, a burst, many exams."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from shared.model.exam import Exam, NewResult
from shared.model.scales import LETTERS, PASS_FAIL, parse_scale
from shared.model.text import date_text
from tests.browser.axe import faults_of
from tests.browser.people import DEADLINE_MS, Person, await_answers, await_stillness, tab_to
from tests.browser.streamlit_socket import StreamlitSocket
from tests.browser.student.author import Author
from tests.browser.student.test_board import FIVE, NEWEST, await_bars, many, open_board, row
from tests.browser.student.test_first_paint import without_streamlit
from tests.browser.teacher.test_exams_looks import lasting
from tests.pair_process import PairProcess
from tests.waiting import wait_until
from tests.wire.tcp_proxy import TcpProxy

NEW_PERSON = Callable[..., Person]


def test_numbers_are_written_as_the_viewers_locale_has_them(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Numbers", {**many(1200), "Ada": "13.25"})
    page = new_person(locale="de-DE").page
    open_board(page, pair.student_url, exam)
    expect(page.locator(".tile dd").first).to_have_text("1.201")
    page.get_by_label("My name").fill("Ada")
    expect(page.get_by_text("Ada: 13,25")).to_be_visible()
    marks = page.locator(".mark")
    expect(marks.nth(1)).to_have_text("Mean 9,5")


@pytest.mark.parametrize(
    ("locale", "wanted"),
    [
        ("sv-SE", ["Asa", "Zoe 2", "Zoe 10", "Åsa", "Öst"]),
        ("de-DE", ["Asa", "Åsa", "Öst", "Zoe 2", "Zoe 10"]),
    ],
)
def test_names_have_one_order_in_page_board_and_file_that_of_the_readers_language(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, locale: str, wanted: list[str]
) -> None:
    exam = author.exam("Order", dict.fromkeys(reversed(wanted), "10"))
    page = new_person(locale=locale).page
    names = "rows => rows.map(row => row.querySelector('td').textContent)"
    without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exam.id}", wait_until="commit")
    rows = page.locator("tr[data-id]")
    assert rows.evaluate_all(names) == wanted
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    assert rows.evaluate_all(names) == wanted
    file = page.evaluate(f"fetch('board/{exam.id}.csv').then(answer => answer.text())")
    assert [line.partition(",")[0] for line in file.splitlines()[1:]] == wanted
    page.goto(f"{pair.student_url}/board/{exam.id}")
    assert page.locator("tr:has(td[dir])").evaluate_all(names) == wanted


def test_labels_of_levels_are_no_numbers(pair: PairProcess, author: Author, new_person: NEW_PERSON) -> None:
    exam = author.exam("Levels", {"Ada": "1.3", "Alan": "2.0"}, scale=parse_scale("LEVELS=1.0,1.3,2.0|5.0"))
    page = new_person(locale="de-DE").page
    open_board(page, pair.student_url, exam)
    expect(row(page, "Ada")).to_contain_text("1.3")


def test_pass_or_fail_offers_no_box_plot_and_no_median(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Swimming", dict.fromkeys("ABCDE", "PASS"), scale=PASS_FAIL)
    page = new_person().page
    open_board(page, pair.student_url, exam)
    expect(page.get_by_role("radio", name="Cumulative")).to_be_visible()
    expect(page.get_by_role("radio", name="Box plot")).to_be_hidden()
    expect(page.get_by_text("Median")).to_have_count(0)


def test_the_chart_has_a_cumulative_view_and_a_box_plot(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Views", FIVE)
    page = new_person().page
    open_board(page, pair.student_url, exam)
    page.get_by_label("My name").fill("Alan")
    page.get_by_role("radio", name="Cumulative").check()
    expect(page.get_by_role("img", name="12–13 or weaker: 60 %, my result among them")).to_be_visible()
    page.get_by_role("radio", name="Box plot").check()
    words = "Lowest 5 · Lower quartile 9 · Median 12 · Upper quartile 17 · Highest 19"
    expect(page.get_by_role("img", name=f"Box plot: {words}")).to_be_visible()
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator(".box-own")).to_contain_text("me")
    assert faults_of(page) == []
    author.api.create_result(exam.id, NewResult("Zoe", "20"))
    expect(page.get_by_text("Highest 20")).to_be_visible(timeout=DEADLINE_MS)


def test_the_numbers_over_crowded_bars_do_not_overlap_on_a_phone(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    grades = {f"Student {number:04}": str(8 + number % 4) for number in range(1200)}
    exam = author.exam("Crowded", grades)
    page = new_person(viewport={"width": 390, "height": 844}).page
    open_board(page, pair.student_url, exam)
    counts = page.locator(".bin[tabindex] .count")
    expect(counts).to_have_text(["300"] * 4, timeout=DEADLINE_MS)
    await_bars(page, 4)
    await_stillness(page)
    assert counts.evaluate_all("all => all.every(one => one.scrollWidth <= one.parentElement.clientWidth)")
    for one in page.locator(".bin[tabindex]").all():
        number, bar = one.locator(".count").bounding_box(), one.locator(".bar").bounding_box()
        assert number is not None
        assert bar is not None
        assert number["y"] + number["height"] <= bar["y"] + 0.5, "each stands over its bar"


@pytest.mark.parametrize("path", ["/?exam={}", "/board/{}", "/?exam={}&me=Marie"])
def test_forced_colours_leave_everything_accessible(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, path: str
) -> None:
    exam = author.exam("Contrast", FIVE)
    page = new_person(forced_colors="active").page
    page.goto(pair.student_url + path.format(exam.id))
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_text("Marie").first).to_be_visible(timeout=DEADLINE_MS)
    assert faults_of(page) == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_list_of_exams_and_the_comparison_are_accessible(
    pair: PairProcess, author: Author, new_person: NEW_PERSON, look: str
) -> None:
    one, other = author.exam("Compared", FIVE), author.exam("Comparing", FIVE)
    page = new_person(color_scheme=look, viewport={"width": 390, "height": 844}).page
    page.goto(pair.student_url)
    expect(page.get_by_role("link", name=other.subject)).to_be_visible(timeout=DEADLINE_MS)
    assert faults_of(page) == []
    open_board(page, pair.student_url, other)
    page.get_by_label("Compare with other exams").click()
    page.keyboard.type(one.subject)
    page.get_by_role("option", name=one.subject).click()
    page.keyboard.press("Escape")
    page.get_by_text("Comparison as a table").click()
    expect(page.get_by_role("img", name="Histogram of 5 grades")).to_have_count(2, timeout=DEADLINE_MS)
    assert lasting(page, faults_of) == []
    assert page.locator(".stMain").evaluate("main => main.scrollWidth <= main.clientWidth")


def test_the_static_board_fits_a_phone(pair: PairProcess, author: Author, new_person: NEW_PERSON) -> None:
    exam = author.exam("Narrow", {f"L{number}": "A-" for number in range(1000, 1010)}, scale=LETTERS)
    page = new_person(viewport={"width": 360, "height": 740}).page
    page.goto(f"{pair.student_url}/board/{exam.id}")
    expect(page.get_by_role("table").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_printed_list_runs_over_as_many_pages_as_it_needs(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Paper", many(150))
    page = new_person().page
    open_board(page, pair.student_url, exam)
    short = len(page.pdf().split(b"/Type /Page\n"))
    for number in range(2):
        author.api.create_results(exam.id, [NewResult(f"More {number} {one:02}", "3") for one in range(95)])
    expect(page.locator(".tile dd").first).to_have_text("340", timeout=DEADLINE_MS)
    assert len(page.pdf().split(b"/Type /Page\n")) >= short + 4, "190 more results need more pages"
    page.emulate_media(media="print")
    expect(page.get_by_label("My name")).to_be_hidden()


def test_a_burst_does_not_move_the_list_under_the_reader(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Burst", many(300))
    page = new_person().page
    open_board(page, pair.student_url, exam)
    page.get_by_role("region", name="Results, scrollable").evaluate(
        "node => { node.scrollTop = 36 * 150 + 10 }"
    )
    read = row(page, "Student 0153")
    place = read.bounding_box()
    author.api.create_results(exam.id, [NewResult(f"Before {number:02}", "7") for number in range(70)])
    expect(page.locator(".tile dd").first).to_have_text("370", timeout=DEADLINE_MS)
    assert read.bounding_box() == place


def test_a_broken_connection_is_reported_before_the_heartbeats_are_missed(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Broken", {"Ada": "17"})
    page = new_person().page
    page.clock.install()
    with TcpProxy(pair.ports[1]) as proxy:
        open_board(page, f"http://127.0.0.1:{proxy.port}", exam)
        proxy.refuse(True)
        with page.expect_event("requestfailed", lambda request: "/live/" in request.url):
            proxy.cut()
        page.clock.run_for(2000)
        expect(page.get_by_text("Not live")).to_be_visible()
        proxy.refuse(False)


def test_an_outage_past_midnight_has_a_date(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Midnight", {"Ada": "17"})
    page = new_person(locale="en-GB", timezone_id="UTC").page
    page.clock.install(time=dt.datetime(2026, 6, 18, 23, 59, 30, tzinfo=dt.UTC))
    with TcpProxy(pair.ports[1]) as proxy:
        open_board(page, f"http://127.0.0.1:{proxy.port}", exam)
        proxy.stall()
        page.clock.run_for(10_000)
        status = page.locator(".status-text")
        expect(status).to_contain_text("Not live")
        page.clock.run_for(60_000)
        expect(status).to_contain_text("18/06/2026")
        proxy.cut()
        proxy.resume()


def test_right_to_left_names_keep_their_beginning(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    name = "محمد عبد الرحمن بن علي بن حسن بن محمد الحسيني الهاشمي"
    exam = author.exam("Directions", {name: "17", "Ada": "12"})
    page = new_person(viewport={"width": 360, "height": 740}).page
    open_board(page, pair.student_url, exam)
    cell = row(page, name).locator("td").first
    assert cell.evaluate("cell => getComputedStyle(cell).direction") == "rtl"
    assert cell.evaluate("cell => getComputedStyle(cell).textOverflow") == "ellipsis"


def test_exams_are_chosen_ten_times_by_mouse_and_keyboard_back_and_forward_in_two_tabs(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    person = new_person()
    page = person.page
    exams = _open_first_of(4, page, pair, author)
    order = [1, 2, 3, 0, 2, 1, 3, 2, 0, 1]
    for turn, number in enumerate(order):
        _choose(page, exams[number].subject, by_keyboard=turn % 2 == 1)
        expect(page.get_by_role("heading", name=exams[number].subject)).to_be_visible(timeout=DEADLINE_MS)
        expect(page.get_by_label("Exam", exact=True)).to_have_value(
            f"{exams[number].subject} · {date_text(NEWEST)} · M. Curie"
        )
        assert f"exam={exams[number].id}" in page.url
    other = person.context.new_page()
    open_board(other, pair.student_url, exams[3])
    _choose(other, exams[2].subject, by_keyboard=False)
    expect(other.get_by_role("heading", name=exams[2].subject)).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_role("heading", name=exams[1].subject)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=exams[0].subject)).to_be_visible(timeout=DEADLINE_MS)
    page.go_back()
    expect(page.get_by_role("heading", name=exams[2].subject)).to_be_visible(timeout=DEADLINE_MS)
    page.go_forward()
    expect(page.get_by_role("heading", name=exams[0].subject)).to_be_visible(timeout=DEADLINE_MS)


def test_a_choice_that_streamlit_takes_for_the_boards_own_shows_its_exam(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    page = new_person().page
    socket = StreamlitSocket(page)
    exams = _open_first_of(2, page, pair, author)
    for number in (1, 0):
        await_answers(page)
        socket.join_next()
        _choose(page, exams[number].subject, by_keyboard=False)
        expect(page.get_by_role("heading", name=exams[number].subject)).to_be_visible(timeout=DEADLINE_MS)


def test_going_back_before_a_choice_is_answered_leaves_the_address_of_the_exam_that_is_shown(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    page = new_person().page
    socket = StreamlitSocket(page)
    exams = _open_first_of(3, page, pair, author)
    _choose(page, exams[1].subject, by_keyboard=False)
    expect(page.get_by_role("heading", name=exams[1].subject)).to_be_visible(timeout=DEADLINE_MS)
    await_answers(page)
    socket.hold_answers()
    _choose(page, exams[2].subject, by_keyboard=False)
    socket.await_held_answers(1)
    page.evaluate("history.back()")
    page.wait_for_url(lambda url: exams[0].id in url)
    socket.release_answers()
    expect(page.get_by_role("heading", name=exams[0].subject)).to_be_visible(timeout=DEADLINE_MS)
    expect(page.get_by_label("Exam", exact=True)).to_have_value(
        f"{exams[0].subject} · {date_text(NEWEST)} · M. Curie"
    )
    await_answers(page)
    page.wait_for_url(lambda url: exams[0].id in url)


def test_a_choice_holds_though_something_else_is_chosen_before_its_answer(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    """What a page sends on a slow line brings the address from before the choice."""
    page = new_person().page
    socket = StreamlitSocket(page)
    exams = _open_first_of(3, page, pair, author)
    await_answers(page)
    socket.hold_answers()
    _choose(page, exams[1].subject, by_keyboard=False)
    socket.await_held_answers(1)
    others = page.get_by_label("Compare with other exams")
    others.scroll_into_view_if_needed()
    others.click()
    page.keyboard.type(exams[2].subject)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    socket.await_held_answers(2)
    socket.release_answers()
    expect(page.get_by_role("heading", name=exams[1].subject)).to_be_visible(timeout=DEADLINE_MS)
    page.wait_for_url(lambda url: exams[1].id in url)


def _open_first_of(count: int, page: Page, pair: PairProcess, author: Author) -> list[Exam]:
    """New exams, all of which the page offers; it shows the first."""
    exams = [author.exam(f"Choice {number}", FIVE, date=NEWEST) for number in range(count)]
    wait_until(lambda: exams[-1].id in page.request.get(pair.student_url).text(), what="the last is listed")
    open_board(page, pair.student_url, exams[0])
    return exams


def _choose(page: Page, subject: str, *, by_keyboard: bool) -> None:
    field = page.get_by_label("Exam", exact=True)
    # What is typed while Streamlit still answers the choice before would go to a list that it draws anew.
    await_answers(page)
    if by_keyboard:
        tab_to(page, field)
        page.keyboard.press("Control+A")
        page.keyboard.type(subject)
        page.keyboard.press("Enter")
    else:
        field.click()
        page.keyboard.type(subject)  # a long list draws only the options in view
        page.get_by_role("option", name=subject).click()
