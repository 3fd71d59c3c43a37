"""A teacher's exams in Chromium, by keyboard: list, new, edit, delete, review, publish, share."""

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from shared.api.calls import BATCH_MAX
from shared.model.class_list import ClassStudent, NewClassList
from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.backend_process import PASSWORD, BackendClient
from tests.browser.entry_walk import SignedIn
from tests.browser.people import (
    DEADLINE_MS,
    Person,
    await_answers,
    choose_part,
    reload_but_stay,
    reload_unasked,
    sign_in,
    tab_to,
)
from tests.builders import new_id
from tests.pair_process import PairProcess

expect.set_options(timeout=DEADLINE_MS)

CONTRAST = """element => {
  const numbers = (color) => color.match(/[0-9.]+/g).map(Number);
  const luminance = (color) => color.map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const sheet = document.querySelector(".stApp");
  const paper = numbers(getComputedStyle(sheet).backgroundColor);
  let opacity = 1;
  for (let one = element; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
  const ink = numbers(getComputedStyle(element.querySelector("p") ?? element).color);
  const strength = (ink[3] ?? 1) * opacity;
  const seen = paper.slice(0, 3).map((part, index) => ink[index] * strength + part * (1 - strength));
  const [light, dark] = [luminance(seen), luminance(paper.slice(0, 3))].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}"""
LOOK = """field => {
  const look = getComputedStyle(field);
  return [look.backgroundColor, look.borderTopColor, look.borderTopWidth, look.borderRadius, look.minHeight];
}"""
MANY = 250


@pytest.fixture
def curie(pair: PairProcess, browser: Browser) -> Iterator[SignedIn]:
    """A teacher without exams."""
    teacher = SignedIn(BackendClient(pair.backend_url, pair.data_dir), pair.teacher_url, browser)
    yield teacher
    teacher.api.close()


@pytest.fixture
def page(curie: SignedIn, new_person: Callable[..., Person]) -> Page:
    return new_person(storage_state=curie.storage_state).page


def new_exam(teacher: SignedIn, subject: str, *grades: str, day: int = 0) -> Exam:
    date = dt.date(2026, 6, 1) + dt.timedelta(days=day)
    exam = teacher.api.create_exam(NewExam(subject, date, "M. Curie", OUT_OF_20))
    rows = [NewResult(f"Student {number:03}", grade) for number, grade in enumerate(grades)]
    for start in range(0, len(rows), BATCH_MAX):
        teacher.api.create_results(exam.id, rows[start : start + BATCH_MAX])
    return exam


def press(page: Page, name: str, presses_max: int = 80) -> None:
    """Uses only the keyboard."""
    tab_to(page, page.get_by_role("button", name=name, exact=True), presses_max)
    page.keyboard.press("Enter")


def open_list(page: Page, teacher: SignedIn) -> None:
    page.goto(teacher.teacher_url)
    expect(page.get_by_role("heading", name="My exams")).to_be_visible()


def open_part(page: Page, teacher: SignedIn, exam: Exam, part: str) -> None:
    page.goto(f"{teacher.teacher_url}/exam?exam={exam.id}&part={part}")
    expect(page.get_by_role("radio", name=part)).to_be_checked()


# The list


def test_enter_creates_the_exam_and_faults_are_marked_on_their_fields(teacher_page: Page) -> None:
    page = teacher_page
    page.get_by_role("button", name="New exam").click()
    subject = page.get_by_label("Subject")
    expect(subject).to_be_focused()
    page.reload()
    expect(subject).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Type the subject, such as")).to_be_visible()
    expect(subject).to_have_attribute("aria-invalid", "true")
    expect(subject).to_be_focused()
    page.keyboard.type("Physics")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Physics")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_texts_are_dark_enough_and_fields_look_the_same(
    teacher: SignedIn, new_person: Callable[..., Person], scheme: str
) -> None:
    """WCAG 2.2, 1.4.3: 4.5:1."""
    desk = teacher.open_desk(new_person(storage_state=teacher.storage_state, color_scheme=scheme))
    page = desk.page
    look = desk.student.evaluate(LOOK)
    desk.api.create_result(desk.exam.id, NewResult("Ada", "12"))
    page.goto(f"{desk.url}&part=Grid")
    assert page.get_by_role("button", name="Delete").evaluate(CONTRAST) >= 4.5
    page.goto(f"{teacher.teacher_url}/new")
    expect(page.get_by_text("It starts as a draft")).to_be_visible()
    captions = page.get_by_test_id("stCaptionContainer")
    for caption in captions.all():
        assert caption.evaluate(CONTRAST) >= 4.5
    for field in ("stTextInputRootElement", "stDateInputField"):
        assert page.get_by_test_id(field).first.evaluate(LOOK) == look
    assert page.get_by_test_id("stSelectbox").get_by_role("group").evaluate(LOOK) == look


def test_on_paper_every_page_has_every_student(teacher: SignedIn, new_person: Callable[..., Person]) -> None:
    """Also those that were out of sight on the screen."""
    names = [f"Student {number:02}" for number in range(60)]
    codes = [f"22222{one}{another}"[-6:] for one in "23456789" for another in "23456789"]
    desk = teacher.new_desk(new_person(storage_state=teacher.storage_state), Audience.CODES)
    rows = [NewResult(code, "9", name) for code, name in zip(codes, names, strict=False)]
    desk.api.create_results(desk.exam.id, rows)
    named = desk.api.create_exam(NewExam("Physics", dt.date(2026, 6, 15), "A. Lovelace", OUT_OF_20))
    desk.api.create_results(named.id, [NewResult(name, "9") for name in names])
    desk.api.create_class_list(NewClassList("Printed", tuple(map(ClassStudent, names))))
    page = desk.page
    exam = f"{teacher.teacher_url}/exam?exam="
    for address, ready in (
        (f"{exam}{named.id}", "Show more"),
        (f"{exam}{named.id}&part=Grid", "Student 59"),
        (f"{exam}{named.id}&part=Review", "Student 59"),
        (f"{desk.url}&part=Codes", "Student 59"),
        (f"{teacher.teacher_url}/classes", "Student 59"),
    ):
        page.goto(address)
        page.get_by_text(ready).or_(page.get_by_label(ready)).first.wait_for(state="attached")
        paper = PdfReader(io.BytesIO(page.pdf()))
        text = " ".join(sheet.extract_text() for sheet in paper.pages)
        assert [name for name in names if name not in text] == [], address


def test_after_publishing_the_focus_is_on_the_receipt(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    desk = teacher.new_desk(new_person(storage_state=teacher.storage_state))
    desk.api.create_results(desk.exam.id, [NewResult("Ada", "12")])
    page = desk.page
    page.goto(f"{desk.url}&part=Review")
    tab_to(page, page.get_by_role("button", name="Publish the result"))
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-review-receipt")).to_be_focused()
    expect(page.locator(".st-key-review-receipt")).to_contain_text("Published at")


def test_an_exam_opens_in_the_same_tab_and_a_reload_stays_there(page: Page, curie: SignedIn) -> None:
    exam = new_exam(curie, "Optics", "12")
    open_list(page, curie)
    tabs = page.context.pages
    tab_to(page, page.get_by_role("link", name="Optics"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Optics")).to_be_visible()
    assert page.context.pages == tabs
    choose_part(page, "Share")
    page.wait_for_url(f"**/exam?exam={exam.id}&part=Share")
    expect(page).to_have_title("Optics · Exam results")
    page.reload()
    expect(page.get_by_role("heading", name="Optics")).to_be_visible()
    expect(page.get_by_role("radio", name="Share")).to_be_checked()


def test_the_browsers_back_button_goes_from_part_to_part_and_to_the_list(page: Page, curie: SignedIn) -> None:
    new_exam(curie, "Optics", "12")
    open_list(page, curie)
    page.get_by_role("link", name="Optics").click()
    choose_part(page, "Review")
    expect(page.get_by_role("heading", name="Look again")).to_be_visible()
    choose_part(page, "Details")
    expect(page.get_by_role("button", name="Save the details")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Look again")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="My exams"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="New exam")).to_be_visible()


def test_hundreds_of_exams_are_searched_filtered_and_sorted_while_typing(page: Page, curie: SignedIn) -> None:
    def make(number: int) -> None:
        new_exam(curie, f"Subject X{number:03}", day=number)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make, range(MANY)))
    wanted = new_exam(curie, "Élémentaire", "12", day=310)
    curie.api.publish_exam(wanted.id, wanted.version)
    open_list(page, curie)
    rows = page.locator("tbody tr")
    expect(page.get_by_role("button", name=f"All ({MANY + 1})")).to_be_visible()
    expect(rows.first).to_contain_text("Élémentaire")  # the newest
    expect(rows).to_have_count(100)
    press(page, "Show 100 more", presses_max=150)
    expect(rows).to_have_count(200)
    expect(page.get_by_role("link", name=re.compile("^Subject")).nth(99)).to_be_focused()

    page.get_by_label("Find an exam").focus()
    page.keyboard.type("elementaire june 2026")
    expect(page.get_by_text("No exam matches")).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type("elementaire")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text=f"1 of {MANY + 1} exams")).to_be_visible()
    expect(rows.first).to_contain_text("Published")
    page.keyboard.press("Control+A")
    page.keyboard.type("x04")
    press(page, "Published (1)")
    expect(page.get_by_text("No exam matches")).to_be_visible()
    press(page, f"Drafts ({MANY})")
    expect(rows).to_have_count(10)
    press(page, "Subject")
    expect(rows.first).to_contain_text("Subject X040")
    press(page, "Subject")
    expect(rows.first).to_contain_text("Subject X049")

    # Returning from an exam restores the list as it was.
    page.get_by_role("link", name="Subject X045").click()
    expect(page.get_by_role("heading", name="Subject X045")).to_be_visible()
    page.get_by_role("link", name="My exams").click()
    expect(rows).to_have_count(10)
    expect(page.get_by_label("Find an exam")).to_have_value("x04")


def test_the_next_teacher_at_the_same_computer_does_not_see_the_previous_search(
    page: Page, curie: SignedIn, pair: PairProcess, browser: Browser
) -> None:
    new_exam(curie, "Optics")
    other = SignedIn(BackendClient(pair.backend_url, pair.data_dir), pair.teacher_url, browser)
    try:
        new_exam(other, "Botany")
    finally:
        other.api.close()
    open_list(page, curie)
    page.get_by_label("Find an exam").fill("optics")
    expect(page.get_by_role("link", name="Optics")).to_be_visible()
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, pair.teacher_url, other.username)
    expect(page.get_by_role("link", name="Botany")).to_be_visible()
    expect(page.get_by_label("Find an exam")).to_have_value("")


# Creating, editing and deleting an exam


def test_a_new_exam_by_keyboard_with_errors_shown_in_place(page: Page, curie: SignedIn) -> None:
    open_list(page, curie)
    press(page, "New exam")
    press(page, "Create the exam")
    expect(page.get_by_text("Type the subject, such as “Mathematics”.")).to_be_visible()
    tab_to(page, page.get_by_label("Subject"))
    page.keyboard.type("Radioactivity")
    tab_to(page, page.get_by_role("combobox", name="Scale"))
    page.keyboard.type("US letters with +")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Points in all")).to_have_count(0)
    tab_to(page, page.get_by_role("radio", name="Own result only"))
    page.keyboard.press("ArrowDown")
    press(page, "Create the exam")
    expect(page.get_by_role("heading", name="Radioactivity")).to_be_visible()
    (exam,) = curie.api.list_my_exams()
    assert (exam.scale.text, exam.audience.value, exam.teacher) == ("LETTERS", "CODES", curie.username)


def test_a_new_exam_that_is_half_typed_stays_while_other_pages_are_shown(page: Page, curie: SignedIn) -> None:
    open_list(page, curie)
    press(page, "New exam")
    page.get_by_label("Subject").fill("Radioactivity")
    page.get_by_role("link", name="Find a student").click()
    expect(page.get_by_label("Name, number or code")).to_be_visible()
    students = (ClassStudent("Irène Joliot"),)
    made = curie.api.create_class_list(NewClassList(f"Made meanwhile {new_id()[:4]}", students))
    page.go_back()
    expect(page.get_by_label("Subject")).to_have_value("Radioactivity")
    tab_to(page, page.get_by_role("combobox", name="Students, without grades yet"))
    page.keyboard.type(made.title)
    page.keyboard.press("Enter")
    press(page, "Create the exam")
    expect(page.get_by_role("heading", name="Radioactivity")).to_be_visible()
    exam = next(exam for exam in curie.api.list_my_exams() if exam.subject == "Radioactivity")
    assert [row.student for row in curie.api.list_results(exam.id)] != []
    open_list(page, curie)
    press(page, "New exam")
    expect(page.get_by_label("Subject")).to_have_value("")


def test_pasted_rows_stay_while_another_part_is_shown(page: Page, curie: SignedIn) -> None:
    open_part(page, curie, new_exam(curie, "Optics"), "Import")
    rows = page.get_by_label("Paste rows")
    rows.fill("Irène Joliot\t14")
    for part in ("Share", "Import"):
        page.get_by_role("radio", name=part, exact=True).click()
        expect(page.get_by_role("radio", name=part, exact=True)).to_be_checked()
        await_answers(page)
    expect(rows).to_have_value("Irène Joliot\t14")
    press(page, "Read the rows")
    expect(page.get_by_role("button", name="Save 1 result")).to_be_visible()


def test_going_back_from_a_copy_leads_to_the_exam(page: Page, curie: SignedIn) -> None:
    open_part(page, curie, new_exam(curie, "Optics", "12"), "Details")
    press(page, "Copy the exam with its students")
    expect(page.get_by_role("heading", name="New exam")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Optics")).to_be_visible()


def test_leaving_unsaved_details_asks_first(page: Page, curie: SignedIn) -> None:
    exam = new_exam(curie, "Optics")
    open_part(page, curie, exam, "Details")
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    subject = page.get_by_label("Subject")
    tab_to(page, subject)
    page.keyboard.press("Control+A")
    page.keyboard.type("Acoustics")
    page.keyboard.press("Tab")
    reload_but_stay(page)
    expect(subject).to_have_value("Acoustics")
    press(page, "Save the details")
    expect(page.get_by_text("Saved at ")).to_be_visible()
    reload_unasked(page)
    expect(subject).to_have_value("Acoustics")
    assert asked == ["beforeunload"]


def test_two_tabs_edit_one_exam(page: Page, curie: SignedIn, new_person: Callable[..., Person]) -> None:
    exam = new_exam(curie, "Optics")
    other = new_person(storage_state=curie.storage_state).page
    for tab in (page, other):
        open_part(tab, curie, exam, "Details")
        expect(tab.get_by_label("Subject")).to_have_value("Optics")
    for tab, subject in ((page, "Acoustics"), (other, "Mechanics")):
        tab_to(tab, tab.get_by_label("Subject"))
        tab.keyboard.press("Control+A")
        tab.keyboard.type(subject)
        press(tab, "Save the details")
        expect(tab.get_by_text("Saved at " if tab is page else "changed elsewhere")).to_be_visible()
    assert [one.subject for one in curie.api.list_my_exams()] == ["Acoustics"]
    expect(other.get_by_role("table")).to_contain_text("Mechanics")
    expect(other.get_by_role("table")).to_contain_text("Acoustics")
    press(other, "Save mine")
    expect(other.get_by_role("heading", name="Mechanics")).to_be_visible()
    assert [one.subject for one in curie.api.list_my_exams()] == ["Mechanics"]


def test_a_deleted_exam_comes_back_with_all_its_results(page: Page, curie: SignedIn) -> None:
    exam = new_exam(curie, "Optics", *["12.5"] * 250)
    open_part(page, curie, exam, "Details")
    press(page, "Delete this exam …")
    expect(page.get_by_text("This deletes the exam and its 250 results.")).to_be_visible()
    press(page, "Delete the exam and its 250 results")
    expect(page.get_by_role("heading", name="My exams")).to_be_visible()
    expect(page.get_by_text("“Optics” and its 250 results deleted.")).to_be_visible()
    assert list(curie.api.list_my_exams()) == []
    press(page, "Undo")
    expect(page.get_by_role("heading", name="Optics")).to_be_visible()
    expect(page.get_by_text("250 results", exact=True)).to_be_visible()
    expect(page.get_by_role("status").get_by_text("It is back, as a draft.")).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_have_count(0)  # it would cover the buttons of the first lines
    (back,) = curie.api.list_my_exams()
    assert sum(row.grade == "12.5" for row in curie.api.list_results(back.id)) == 250


# Review, publish, share


def test_students_see_everything_at_once_and_nothing_after_unpublishing(
    page: Page, curie: SignedIn, new_person: Callable[..., Person], pair: PairProcess
) -> None:
    exam = new_exam(curie, "Optics", "12", "8", "14", "15", "9", "ABSENT")
    student = new_person().page
    student.goto(f"{pair.student_url}/?exam={exam.id}")
    open_part(page, curie, exam, "Review")
    preview = page.get_by_role("region", name="What students see")
    expect(preview).to_contain_text("11.6")
    expect(page.get_by_text("1 absent")).to_be_visible()
    press(page, "Publish all 6 results")
    expect(page.get_by_text("Students see it now.")).to_be_visible()
    student.goto(f"{pair.student_url}/?exam={exam.id}")
    expect(student.get_by_text("Student 005")).to_be_visible()
    tiles = dict(re.findall(r"(Results|Mean|Median|Passed)\s+([\d.]+(?: %)?)", preview.inner_text()))
    assert tiles == {"Results": "6", "Mean": "11.6", "Median": "12", "Passed": "60 %"}
    for name, value in tiles.items():
        expect(student.locator(".tile").filter(has_text=name)).to_contain_text(value)
    press(page, "Unpublish …")
    press(page, "Unpublish")
    expect(page.get_by_text("You alone see it now.")).to_be_visible()
    expect(student.get_by_text("Student 005")).to_be_hidden()


def test_the_qr_code_fills_the_screen_and_the_address_opens_the_exam(
    page: Page, curie: SignedIn, new_person: Callable[..., Person]
) -> None:
    exam = new_exam(curie, "Optics", "12")
    curie.api.publish_exam(exam.id, exam.version)
    open_part(page, curie, exam, "Share")
    press(page, "Show it large")
    dialog = page.get_by_role("dialog")
    picture = dialog.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    size = picture.bounding_box()
    viewport = page.viewport_size
    assert size
    assert viewport
    assert size["width"] == pytest.approx(size["height"], abs=1)
    assert size["height"] > viewport["height"] * 0.55
    expect(dialog).to_contain_text("Optics")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    address = page.get_by_role("link", name="Open the students’ page").get_attribute("href")
    assert address
    student = new_person().page
    student.goto(address)
    expect(student.get_by_text("Student 000")).to_be_visible()


def sign_out_in_another_tab(page: Page, teacher: SignedIn) -> None:
    other = page.context.new_page()
    other.goto(f"{teacher.teacher_url}/sign-out")
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()


def test_after_signing_out_no_tab_shows_persons_or_gives_downloads_of_them(
    page: Page, curie: SignedIn
) -> None:
    """Neither the tab in front nor one behind; what the next person at this computer sees is one sentence."""
    exam = new_exam(curie, "Optics", "12", "14")
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto(f"{curie.teacher_url}/exam?exam={exam.id}&part=Review")
        expect(tab.get_by_text("Student 000").first).to_be_visible()
    sign_out_in_another_tab(page, curie)
    for tab in tabs:
        expect(tab.get_by_text("Your session has ended.")).to_be_visible()
        shown = " ".join(tab.locator("body").inner_text().split())
        assert shown == (
            "Your session has ended. What you typed is kept in this tab. Sign in again in another tab"
        )


def test_a_session_that_ends_in_another_tab_loses_no_input(page: Page, curie: SignedIn) -> None:
    """The other tab shows nothing of it until the teacher has signed in again."""
    page.goto(f"{curie.teacher_url}/new")
    tab_to(page, page.get_by_label("Subject"))
    page.keyboard.type("Radioactivity")
    sign_out_in_another_tab(page, curie)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_be_hidden()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again in another tab").click()
    again = opened.value
    again.get_by_label("Password", exact=True).fill(PASSWORD)
    again.keyboard.press("Enter")
    expect(again.get_by_text("Everything that you typed is still there")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Radioactivity")
    expect(page.get_by_label("Subject")).to_be_visible()
    press(page, "Create the exam")
    expect(page.get_by_role("heading", name="Radioactivity")).to_be_visible()
    assert [exam.subject for exam in curie.api.list_my_exams()] == ["Radioactivity"]
