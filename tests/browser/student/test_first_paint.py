"""The page that the server renders first: live by itself, and replaced without losing input."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from shared.model.exam import NewResult
from tests.browser.axe import faults_of
from tests.browser.people import DEADLINE_MS, PHONE, Person
from tests.browser.student.author import Author
from tests.browser.student.test_board import FIVE, NEWEST
from tests.pair_process import PairProcess
from tests.waiting import wait_until

NEW_PERSON = Callable[..., Person]
FIRST = "#first-paint"


def without_streamlit(page: Page) -> Callable[[], None]:
    """Delays Streamlit's scripts until the returned function is called."""
    held: list[Route] | None = []

    def hold(route: Route) -> None:
        if held is None:
            route.continue_()
        else:
            held.append(route)

    def release() -> None:
        nonlocal held
        waiting, held = held or [], None
        for route in waiting:
            route.continue_()

    page.route("**/static/js/**", hold)
    return release


def test_the_first_page_is_live_before_streamlit_replaces_it(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Physics", FIVE)
    page = new_person(**PHONE).page
    release = without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exam.id}", wait_until="commit")
    first = page.locator(FIRST)
    expect(first.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    author.api.create_result(exam.id, NewResult("Rosalind", "11"))
    expect(first.get_by_role("row").filter(has_text="Rosalind")).to_contain_text("11", timeout=DEADLINE_MS)
    expect(first.locator(".tile").first).to_contain_text("6")
    assert faults_of(page) == []
    release()
    expect(first).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_role("row").filter(has_text="Rosalind")).to_be_visible()
    expect(page.get_by_role("link", name="Download these results")).to_be_visible(timeout=DEADLINE_MS)


def test_no_input_is_lost_when_streamlit_is_ready(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Chemistry", FIVE)
    page = new_person().page
    release = without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exam.id}", wait_until="commit")
    field = page.locator(FIRST).get_by_label("My name")
    field.fill("mar")
    release()
    expect(page.get_by_test_id("stMain").get_by_text("Live", exact=True)).to_have_count(
        1, timeout=DEADLINE_MS
    )
    field.press_sequentially("ie")
    expect(field).to_have_value("marie")
    field.press("Enter")
    expect(page.locator(FIRST).get_by_text("Marie: 19")).to_be_visible(timeout=DEADLINE_MS)
    field.blur()
    expect(page.locator(FIRST)).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_label("My name")).to_have_value("marie")
    expect(page.get_by_text("Marie: 19")).to_be_visible()


def test_without_scripts_everything_can_be_read_and_found(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Botany", FIVE)
    page = new_person(java_script_enabled=False).page
    page.goto(pair.student_url)
    page.get_by_role("link", name=exam.subject).click()
    expect(page.get_by_role("heading", name=exam.subject)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Grace")).to_contain_text("9")
    page.get_by_label("My name").fill("lise")
    page.get_by_role("button", name="Find my result").click()
    expect(page.get_by_text("Lise: 5")).to_be_visible()
    page.get_by_role("link", name="All results on one page").click()
    expect(page.get_by_role("cell", name="Marie")).to_be_visible()


def test_an_unpublished_exam_disappears_from_the_first_page_too(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Zoology", FIVE)
    page = new_person().page
    without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exam.id}&me=Marie", wait_until="commit")
    first = page.locator(FIRST)
    expect(first.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    author.api.unpublish_exam(exam.id, exam.version)
    expect(first.get_by_text("This exam is not published")).to_be_visible(timeout=DEADLINE_MS)
    expect(first.get_by_text(exam.subject)).to_have_count(0)
    expect(first.get_by_role("row").filter(has_text="Marie")).to_have_count(0)
    expect(first.get_by_text("Marie: 19")).to_have_count(0)


def test_the_keyboard_passes_over_exams_to_the_one_it_chooses(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exams = [author.exam(f"Geology {number}", FIVE, date=NEWEST) for number in range(4)]
    page = new_person().page
    wait_until(lambda: exams[-1].id in page.request.get(pair.student_url).text(), what="the last is listed")
    without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exams[0].id}", wait_until="commit")
    choice = page.locator(FIRST).get_by_role("combobox", name="Exam")
    offered = choice.evaluate("select => [...select.options].map(option => option.value)")
    start = offered.index(exams[0].id)
    key, wanted = ("ArrowDown", start + 3) if start + 3 < len(offered) else ("ArrowUp", start - 3)
    choice.focus()
    for _ in range(3):
        page.keyboard.press(key)
    expect(choice).to_have_value(offered[wanted])
    expect(page.get_by_role("heading", name=exams[0].subject)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{pair.student_url}/?exam={offered[wanted]}")


def test_streamlit_waits_while_an_exam_is_being_chosen(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Optics", FIVE)
    page = new_person().page
    release = without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exam.id}", wait_until="commit")
    choice = page.locator(FIRST).get_by_role("combobox", name="Exam")
    choice.focus()
    release()
    expect(page.get_by_test_id("stMain").get_by_text("Live", exact=True)).to_have_count(
        1, timeout=DEADLINE_MS
    )
    expect(choice).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(FIRST).get_by_label("My name")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    expect(page.locator(FIRST)).to_have_count(0, timeout=DEADLINE_MS)


def test_the_way_back_to_all_exams_has_the_colours_of_the_page(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    page = new_person(color_scheme="dark").page
    page.goto(f"{pair.student_url}/?exam={author.exam('Astronomy', FIVE).id}")
    expect(page.locator(FIRST)).to_have_count(0, timeout=DEADLINE_MS)
    link = page.get_by_role("link", name="All exams")
    colours = [
        link.locator(f"xpath={place}").evaluate("element => getComputedStyle(element).color")
        for place in (".", "..")
    ]
    assert colours[0] == colours[1]


def test_whoever_comes_back_finds_the_shown_exam_in_the_choice(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exams = [author.exam(f"Acoustics {number}", FIVE, date=NEWEST) for number in range(2)]
    page = new_person(extra_http_headers={"Save-Data": "on"}).page
    wait_until(lambda: exams[-1].id in page.request.get(pair.student_url).text(), what="the last is listed")
    page.goto(f"{pair.student_url}/?exam={exams[0].id}")
    page.get_by_role("combobox", name="Exam").select_option(exams[1].id)
    expect(page.get_by_role("heading", name=exams[1].subject)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=exams[0].subject)).to_be_visible()
    expect(page.get_by_role("combobox", name="Exam")).to_have_value(exams[0].id)


def test_streamlits_page_takes_its_place_without_a_jump(
    pair: PairProcess, author: Author, new_person: NEW_PERSON
) -> None:
    exam = author.exam("Statics", FIVE)
    page = new_person().page
    release = without_streamlit(page)
    page.goto(f"{pair.student_url}/?exam={exam.id}", wait_until="commit")
    first = page.locator(FIRST)
    expect(first.get_by_text("Live", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    parts = ("h1", ".tiles", ".chart", ".list")
    before = [first.locator(part).bounding_box() for part in parts]
    release()
    expect(first).to_have_count(0, timeout=DEADLINE_MS)
    for part, place in zip(parts, before, strict=True):
        now = page.locator(part).bounding_box()
        assert place is not None
        assert now is not None
        assert now["x"] == place["x"]
        assert abs(now["y"] - place["y"]) <= 4
