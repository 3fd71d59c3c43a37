"""The entry form and its lines in every state: WCAG 2.1 A and AA in light, dark and on a phone."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.axe import faults_of
from tests.browser.entry_walk import EntryDesk, SignedIn
from tests.browser.people import DEADLINE_MS, PHONE, Person, in_every_look

expect.set_options(timeout=DEADLINE_MS)

LEAST_TARGET_PX = 24


def receipt(desk: EntryDesk, words: str) -> None:
    expect(desk.page.locator(".receipt", has_text=words)).to_be_visible(timeout=DEADLINE_MS)


def conflict(desk: EntryDesk) -> None:
    """Produces a line that waits for a choice between two values."""
    (row,) = [row for row in desk.stored() if row.student == "Zoe"]
    desk.page.get_by_role("button", name="Change: Zoe").click()
    desk.api.update_result(desk.exam.id, row.id, row.version, grade="3")
    desk.page.keyboard.type("4")
    desk.page.keyboard.press("Enter")
    receipt(desk, "changed in another tab")


@in_every_look
def test_every_state_of_a_line_is_accessible_and_fits(
    teacher: SignedIn, new_person: Callable[..., Person], options: dict[str, object]
) -> None:
    desk = teacher.open_desk(new_person(storage_state=teacher.storage_state, **options))
    page = desk.page
    assert faults_of(page) == []
    desk.student.focus()
    for person, grade in (("Zoe", "2"), ("Ada", "12"), ("ada", "3"), ("Émilie", "99"), ("Grace", "abs")):
        desk.type_row(person, grade)
    receipt(desk, "already has")
    receipt(desk, "above 20")
    page.get_by_role("button", name="Delete: Grace").click()
    receipt(desk, "Deleted at")
    conflict(desk)
    desk.student.focus()
    page.keyboard.type("Somebody")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("form.new [role=alert]")).to_contain_text("Type the grade")
    assert faults_of(page) == []
    small = (
        page.locator(".entry")
        .get_by_role("button")
        .evaluate_all(
            "(buttons, least) => buttons.filter(button => button.checkVisibility())"
            ".filter(button => Math.min(button.offsetWidth, button.offsetHeight) < least)"
            ".map(button => button.outerHTML)",
            LEAST_TARGET_PX,
        )
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"


def test_with_a_phones_number_pad_absent_and_exempt_are_buttons(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    desk = teacher.open_desk(new_person(storage_state=teacher.storage_state, **PHONE))
    expect(desk.grade).to_have_attribute("inputmode", "decimal")
    for person, mark in (("Ada", "Absent"), ("Blaise", "Exempt")):
        desk.student.fill(person)
        desk.page.get_by_role("button", name=mark, exact=True).tap()
        assert desk.has_cursor(desk.student)
    desk.wait_until_stored(("Ada", "ABSENT"), ("Blaise", "EXEMPT"))
