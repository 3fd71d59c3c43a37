"""The students' page in Chromium: keyboard, phone, requests to the server, downloads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect

from shared.model.exam import Exam, NewResult
from shared.model.scales import LETTERS, PASS_FAIL
from tests.browser.axe import faults_of
from tests.browser.people import DEADLINE_MS, Person, tab_to
from tests.browser.student.author import Author
from tests.browser.student.test_board import open_board, row
from tests.browser.teacher.test_exams_looks import lasting
from tests.pair_process import PairProcess

NEW_PERSON = Callable[..., Person]
FIVE = {"Ada": "17", "Alan": "12", "Grace": "9", "Marie": "19", "Lise": "5"}


@pytest.fixture(scope="module")
def writer(pair: PairProcess) -> Iterator[Author]:
    one = Author(pair)
    yield one
    one.api.close()


def sent_after_start(page: Page) -> list[object]:
    """Collects everything that the page asks of the server's script from now on."""
    sent: list[object] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))  # playwright cannot take a built-in

    page.on("websocket", opened)
    return sent


def open_completely(page: Page, url: str, exam: Exam) -> None:
    """Opens the page and waits until everything around the board is loaded, too."""
    open_board(page, url, exam)
    expect(page.get_by_role("link", name="Download these results")).to_be_visible(timeout=DEADLINE_MS)


def saved(writer: Author, exam: Exam, page: Page, *students: str) -> None:
    """Saves results one by one, each shown on the board before the next."""
    for student in students:
        writer.api.create_result(exam.id, NewResult(student, "10"))
        expect(row(page, student)).to_be_visible(timeout=DEADLINE_MS)


def test_a_row_is_selected_by_arrow_keys_and_stays_selected_while_results_arrive(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON
) -> None:
    exam = writer.exam("Algebra", {f"Student {number:03}": str(number % 20) for number in range(60)})
    page = new_person().page
    open_completely(page, pair.student_url, exam)
    tab_to(page, page.get_by_role("region", name="Results, scrollable"))
    for _ in range(41):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_text("Selected: Student 040, 0")).to_be_visible()
    expect(row(page, "Student 040")).to_be_in_viewport()
    saved(writer, exam, page, "Student 039b")  # it is inserted right before the selected one
    expect(row(page, "Student 040")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Selected:")).to_have_count(0)


def test_columns_are_sorted_by_keyboard_and_announce_it(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON
) -> None:
    exam = writer.exam("Botany", {**FIVE, "Rosa": "ABSENT"})
    page = new_person().page
    open_completely(page, pair.student_url, exam)
    tab_to(page, page.get_by_role("button", name="Grade", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Grade")).to_have_attribute("aria-sort", "descending")
    students = page.locator(".rows tbody tr[data-id] td:first-child")
    assert students.all_text_contents() == ["Marie", "Ada", "Alan", "Grace", "Lise", "Rosa"]
    page.keyboard.press("Enter")
    assert students.all_text_contents() == ["Rosa", "Lise", "Grace", "Alan", "Ada", "Marie"]


@pytest.mark.parametrize(
    ("subject", "words"),
    [("Points", "17–18: 1"), ("Letters", "F: 1, B: 2, A+: 2"), ("Passing", "fail: 2, pass: 3")],
)
def test_a_histogram_has_a_text_alternative(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON, subject: str, words: str
) -> None:
    exams = {
        "Points": lambda: writer.exam("Points", FIVE),
        "Letters": lambda: writer.exam(
            "Letters", {"A": "A+", "B": "A+", "C": "B", "D": "B", "E": "F"}, scale=LETTERS
        ),
        "Passing": lambda: writer.exam(
            "Passing", {"A": "PASS", "B": "PASS", "C": "PASS", "D": "FAIL", "E": "FAIL"}, scale=PASS_FAIL
        ),
    }
    page = new_person().page
    open_completely(page, pair.student_url, exams[subject]())
    picture = page.get_by_role("group", name="Histogram of 5 grades")
    assert words in (picture.get_attribute("aria-label") or "")


def test_a_small_group_has_no_histogram_and_says_when_there_will_be_one(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON
) -> None:
    exam = writer.exam("Small", dict(list(FIVE.items())[:4]))
    page = new_person().page
    open_completely(page, pair.student_url, exam)
    expect(page.get_by_text("from 5 grades")).to_be_visible()
    expect(page.get_by_role("group", name="Histogram")).to_have_count(0)
    saved(writer, exam, page, "Fifth")
    expect(page.get_by_role("group", name="Histogram of 5 grades")).to_be_visible(timeout=DEADLINE_MS)


def test_changes_of_any_part_of_the_page_request_nothing_from_its_script(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON
) -> None:
    exam = writer.exam("Latin", FIVE)
    page = new_person().page
    sent = sent_after_start(page)
    open_completely(page, pair.student_url, exam)
    page.get_by_text("Statistics", exact=True).click()
    page.get_by_label("My name").fill("Ada")
    place = page.get_by_text("of the grades are below this one")
    expect(place).to_contain_text("70 %")
    at_rest = len(sent)
    saved(writer, exam, page, *(f"New {number}" for number in range(10)))
    expect(page.get_by_role("row", name="Graded")).to_contain_text("15", timeout=DEADLINE_MS)
    expect(place).to_contain_text("90 %")
    assert len(sent) == at_rest


def test_the_download_contains_what_is_shown(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON, tmp_path: Path
) -> None:
    exam = writer.exam("Art", {"Frida": "18", "Élisabeth": "15.5"})
    page = new_person().page
    open_completely(page, pair.student_url, exam)
    saved(writer, exam, page, "Zoë")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download these results").click()
    file = tmp_path / "results.csv"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename == f"{exam.subject} 2026-06-18 out of 20.csv"
    about = f'{exam.subject},2026-06-18,"out of 20, passed: 10 or more"'
    assert file.read_text("utf-8-sig").splitlines() == [
        "Student,Grade,Exam,Date,Scale,Note",
        f"Élisabeth,15.5,{about},",
        f"Frida,18,{about},",
        f"Zoë,10,{about},",
    ]


def test_with_reduced_motion_nothing_moves(pair: PairProcess, writer: Author, new_person: NEW_PERSON) -> None:
    exam = writer.exam("Dance", FIVE)
    still, lively = new_person(reduced_motion="reduce").page, new_person(reduced_motion="no-preference").page
    durations = {}
    for page in (still, lively):
        open_completely(page, pair.student_url, exam)
        bar = page.locator(".bar").first
        durations[page] = bar.evaluate("bar => getComputedStyle(bar).transitionDuration")
    assert durations[still] == "0s"
    assert durations[lively] != "0s"


def test_on_a_phone_everything_is_readable_and_nothing_is_cut_off(
    pair: PairProcess, writer: Author, new_person: NEW_PERSON
) -> None:
    exam = writer.exam("Geometry with a name that is long", FIVE)
    page = new_person(viewport={"width": 360, "height": 740}, has_touch=True).page
    open_completely(page, pair.student_url, exam)
    page.get_by_label("My name").fill("Marie")
    page.keyboard.press("Enter")
    expect(page.get_by_text("▼ my result")).to_be_visible(timeout=DEADLINE_MS)
    page.get_by_text("Statistics", exact=True).click()
    expect(page.get_by_text("Upper quartile")).to_be_visible(timeout=DEADLINE_MS)
    main = page.locator(".stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert lasting(page, faults_of) == []
