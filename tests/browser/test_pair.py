"""A teacher and a student side by side on their first day: two addresses and a temporary password."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.people import DEADLINE_MS, Person, choose_part, sign_in, tab_to
from tests.pair_process import PairProcess

OWN_PASSWORD = "Correct-horse-7-battery"
ROWS = [("Ada Lovelace", "17,5"), ("Alan Turing", "19"), ("Grace Hopper", "absent")]
SHOWN = [("Ada Lovelace", "17.5"), ("Alan Turing", "19"), ("Grace Hopper", "absent")]


def test_the_first_day_of_a_teacher_and_a_student(tmp_path: Path, new_person: Callable[..., Person]) -> None:
    """The teacher uses only the keyboard; the student follows one link; a restart loses nothing."""
    with PairProcess(tmp_path) as first:
        teacher = new_person().page
        choose_own_password(teacher, first)
        create_exam(teacher, "Mathematics")
        publish(teacher)
        student = new_person().page
        student.goto(first.student_url)
        student.get_by_role("link", name="Mathematics").click()
        expect(student.get_by_text("No result is in yet")).to_be_visible(timeout=DEADLINE_MS)
        enter_rows(teacher)
        see_rows(student)
        ports = first.ports
    with PairProcess(tmp_path, ports=ports) as second:
        see_rows(student)  # the same page, open all the time
        newcomer = new_person().page
        newcomer.goto(second.student_url)
        newcomer.get_by_role("link", name="Mathematics").click()
        see_rows(newcomer)
        again = new_person().page
        sign_in(again, second.teacher_url, "teacher", OWN_PASSWORD)
        expect(again.get_by_text("Mathematics").first).to_be_visible(timeout=DEADLINE_MS)


def choose_own_password(page: Page, pair: PairProcess) -> None:
    page.goto(pair.teacher_url)
    page.keyboard.type("teacher")
    page.keyboard.press("Tab")
    page.keyboard.type(pair.password_of("teacher"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("New password", exact=True))
    page.keyboard.type(OWN_PASSWORD)
    tab_to(page, page.get_by_label("Repeat the password", exact=True))
    page.keyboard.type(OWN_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My exams")).to_be_visible(timeout=DEADLINE_MS)


def create_exam(page: Page, subject: str) -> None:
    tab_to(page, page.get_by_role("button", name="New exam"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Subject"))
    page.keyboard.type(subject)
    tab_to(page, page.get_by_role("radio", name="Own result only"))
    page.keyboard.press("ArrowUp")  # around to the last choice
    expect(page.get_by_role("radio", name="Names")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Create the exam"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=subject)).to_be_visible(timeout=DEADLINE_MS)


def publish(page: Page) -> None:
    """Published first, so that results entered afterwards appear live."""
    choose_part(page, "Review")
    tab_to(page, page.get_by_role("button", name="Publish now and enter live"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Published").first).to_be_visible(timeout=DEADLINE_MS)


def enter_rows(page: Page) -> None:
    choose_part(page, "Enter")
    tab_to(page, page.get_by_label("Student", exact=True))
    for student, grade in ROWS:
        page.keyboard.type(student)
        page.keyboard.press("Enter")
        page.keyboard.type(grade)
        page.keyboard.press("Enter")  # the focus is back on the student field
    expect(page.get_by_text("saved at")).to_have_count(len(ROWS), timeout=DEADLINE_MS)


def see_rows(page: Page) -> None:
    for student, grade in SHOWN:
        row = page.get_by_role("row").filter(has_text=student)
        expect(row).to_be_visible(timeout=DEADLINE_MS)
        expect(row).to_contain_text(grade)
