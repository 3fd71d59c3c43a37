"""Students before grades: their grades are typed down the list."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from shared.model.exam import Audience, NewResult
from shared.model.grades import AWAITED
from tests.browser.axe import faults_of
from tests.browser.entry_walk import EntryDesk, SignedIn, open_exam
from tests.browser.people import DEADLINE_MS, Person, await_answers, await_stillness

expect.set_options(timeout=DEADLINE_MS)

NAMES = [f"Student {number:02}" for number in range(1, 31)]

# Counts what a person does: presses of keys, and of the mouse or a finger.
COUNT_ACTIONS = """
  window.actions = { keys: 0, clicks: 0 };
  addEventListener("keydown", (event) => !event.repeat && (window.actions.keys += 1), true);
  addEventListener("pointerdown", () => (window.actions.clicks += 1), true);
"""


@pytest.fixture
def open_register(teacher: SignedIn, new_person: Callable[..., Person]) -> Callable[..., EntryDesk]:
    """Opens a new exam whose students, `names`, have no grades yet."""

    def open_it(names: list[str], audience: Audience = Audience.NAMES, **options: object) -> EntryDesk:
        person = new_person(storage_state=teacher.storage_state, **options)
        desk = teacher.new_desk(person, audience)
        codes = (f"ABC{number:03}".replace("0", "X").replace("1", "Y") for number in range(len(names)))
        new = (
            [NewResult(code, AWAITED, name) for code, name in zip(codes, names, strict=True)]
            if audience is Audience.CODES
            else [NewResult(name, AWAITED) for name in names]
        )
        desk.api.create_results(desk.exam.id, new)
        person.page.add_init_script(COUNT_ACTIONS)
        open_exam(person.page, desk.url)
        desk.page.locator(".register .listed").first.wait_for()
        return desk

    return open_it


def field(desk: EntryDesk, person: str) -> Locator:
    return desk.page.get_by_label(f"Grade, {person}", exact=True)


def test_thirty_grades_of_a_known_class_take_fewer_than_a_hundred_keys(
    open_register: Callable[..., EntryDesk],
) -> None:
    """The first student has the focus; Enter saves and goes on to the next one."""
    desk = open_register(NAMES)
    expect(field(desk, NAMES[0])).to_be_focused()
    for number in range(30):
        desk.page.keyboard.type(str(10 + number % 10))
        desk.page.keyboard.press("Enter")
    desk.wait_until_stored(*[(name, str(10 + number % 10)) for number, name in enumerate(NAMES)])
    expect(desk.page.locator(".register h2")).to_have_text("Grades to enter (none of 30 missing)")
    assert desk.has_cursor(desk.student)
    counted = desk.page.evaluate("window.actions")
    assert counted["keys"] <= 100
    assert counted["clicks"] == 0


def test_arrows_and_tab_go_from_student_to_student_and_save_what_was_typed(
    open_register: Callable[..., EntryDesk],
) -> None:
    desk = open_register(["Ada", "Bob", "Cleo"])
    expect(field(desk, "Ada")).to_be_focused()
    desk.page.keyboard.type("14,50")
    desk.page.keyboard.press("ArrowDown")
    assert desk.has_cursor(field(desk, "Bob"))
    desk.page.keyboard.press("Tab")
    assert desk.has_cursor(field(desk, "Cleo"))
    desk.page.keyboard.type("abs")
    desk.page.keyboard.press("ArrowUp")
    assert desk.has_cursor(field(desk, "Bob"))
    desk.wait_until_stored(("Ada", "14.5"), ("Bob", AWAITED), ("Cleo", "ABSENT"))
    expect(field(desk, "Ada")).to_have_value("14.5")
    expect(field(desk, "Cleo")).to_have_value("absent")
    expect(desk.page.locator(".register h2")).to_have_text("Grades to enter (1 of 3 missing)")


def test_after_the_last_student_the_first_one_who_was_passed_over_has_the_focus(
    open_register: Callable[..., EntryDesk],
) -> None:
    desk = open_register(["Ada", "Bob"])
    expect(field(desk, "Ada")).to_be_focused()
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.type("12")
    desk.page.keyboard.press("Enter")
    assert desk.has_cursor(field(desk, "Ada"))


def test_a_grade_that_does_not_fit_stays_on_its_line_and_is_corrected_there(
    open_register: Callable[..., EntryDesk],
) -> None:
    desk = open_register(["Ada", "Bob"])
    expect(field(desk, "Ada")).to_be_focused()
    desk.page.keyboard.type("145")
    desk.page.keyboard.press("Enter")
    expect(desk.line("Ada").locator(".receipt")).to_contain_text("above 20")
    expect(field(desk, "Ada")).to_have_attribute("aria-invalid", "true")
    expect(field(desk, "Ada")).to_have_value("145")
    assert desk.has_cursor(field(desk, "Bob"))
    desk.page.keyboard.press("ArrowUp")
    desk.page.keyboard.type("14")
    desk.page.keyboard.press("Enter")
    desk.wait_until_stored(("Ada", "14"), ("Bob", AWAITED))


def test_a_grade_is_taken_back_by_clearing_it_and_undone(open_register: Callable[..., EntryDesk]) -> None:
    desk = open_register(["Ada", "Bob"])
    expect(field(desk, "Ada")).to_be_focused()
    desk.page.keyboard.type("14")
    desk.page.keyboard.press("Enter")
    expect(desk.line("Ada").locator(".receipt")).to_contain_text("Saved at")
    desk.page.keyboard.press("ArrowUp")
    desk.page.keyboard.press("Delete")
    desk.page.keyboard.press("Enter")
    expect(desk.line("Ada").locator(".receipt")).to_contain_text("Grade taken back at")
    desk.wait_until_stored(("Ada", AWAITED), ("Bob", AWAITED))
    desk.page.get_by_role("button", name="Undo: Ada").click()
    desk.wait_until_stored(("Ada", "14"), ("Bob", AWAITED))
    expect(field(desk, "Ada")).to_have_value("14")


def test_whoever_is_on_the_list_is_completed_in_the_form_and_gets_the_grade_there(
    open_register: Callable[..., EntryDesk],
) -> None:
    """The form is for those who are not on the list; a name of the list is no second result."""
    desk = open_register(["Ada Lovelace", "Bob"], Audience.CODES)
    offered = desk.page.locator("#entry-students option")
    expect(offered).to_have_count(2)
    assert [option.get_attribute("value") for option in offered.all()] == ["Ada Lovelace", "Bob"]
    desk.student.focus()
    desk.type_row("ada lovelace", "14")
    desk.type_row("Cleo", "9")
    desk.wait_until_stored(("Ada Lovelace", "14"), ("Bob", AWAITED), ("Cleo", "9"))
    expect(field(desk, "Ada Lovelace")).to_have_value("14")
    expect(offered).to_have_count(1)


def test_what_was_typed_while_a_grade_was_being_saved_is_saved_too(
    open_register: Callable[..., EntryDesk],
) -> None:
    desk = open_register(["Ada", "Bob"])
    expect(field(desk, "Ada")).to_be_focused()
    desk.page.keyboard.type("14")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("ArrowUp")
    desk.page.keyboard.type("15")
    desk.page.keyboard.press("Enter")
    desk.wait_until_stored(("Ada", "15"), ("Bob", AWAITED))
    expect(field(desk, "Ada")).to_have_value(re.compile("15"))


def test_the_next_exam_of_a_class_takes_four_clicks_before_its_first_grade(
    open_register: Callable[..., EntryDesk], teacher: SignedIn
) -> None:
    """From the list of exams: the last exam, its details, the copy, its creation; then the first grade."""
    desk = open_register(["Ada", "Bob"])
    page = desk.page
    page.goto(f"{teacher.teacher_url}/exams")
    for wanted in (
        page.locator(f"a[href*='{desk.exam.id}']").first,
        page.get_by_text("Details", exact=True),
        page.get_by_role("button", name="Copy the exam with its students"),
        page.get_by_role("button", name="Create the exam"),
    ):
        wanted.wait_for()
        await_answers(page)
        await_stillness(page)  # where something moves away, playwright presses once more
        wanted.click()
    expect(field(desk, "Ada")).to_be_focused()
    assert page.evaluate("window.actions.clicks") == 4
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(desk.line("Ada").locator(".receipt")).to_contain_text("Saved at")


def test_one_grade_is_fixed_from_the_list_of_exams_in_three_actions(
    open_register: Callable[..., EntryDesk], teacher: SignedIn
) -> None:
    """The exam, the student's Change, the grade with Enter."""
    desk = open_register(["Ada", "Bob"])
    for row in desk.stored():
        desk.api.update_result(desk.exam.id, row.id, row.version, grade="10")
    page = desk.page
    page.goto(f"{teacher.teacher_url}/exams")
    page.locator(f"a[href*='{desk.exam.id}']").first.click()
    page.get_by_role("button", name="Change: Ada").click()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    desk.wait_until_stored(("Ada", "12"), ("Bob", "10"))
    assert page.evaluate("window.actions.clicks") <= 2


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 800}}],
    ids=["light", "dark", "phone"],
)
def test_the_register_has_no_barrier_that_axe_finds(
    open_register: Callable[..., EntryDesk], options: dict[str, object]
) -> None:
    desk = open_register(["Ada Lovelace", "Bob"], Audience.CODES, **options)
    desk.page.locator(".register input").first.fill("145")
    desk.page.locator(".register input").first.press("Enter")
    expect(desk.line("Ada").locator(".receipt")).to_contain_text("above 20")
    assert faults_of(desk.page) == []
    if shots := os.environ.get("SHOTS"):
        desk.page.screenshot(path=f"{shots}/register-{len(str(options))}.png", full_page=True)
