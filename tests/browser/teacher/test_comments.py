"""Comments and numbers beside grades: typed, changed, pasted and undone with the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from shared.model.exam import Audience, NewResult
from shared.model.grades import AWAITED
from tests.browser.axe import faults_of
from tests.browser.entry_walk import EntryDesk, SignedIn, open_exam
from tests.browser.people import DEADLINE_MS, Person, in_every_look, reload_but_stay, tab_to
from tests.waiting import wait_until

expect.set_options(timeout=DEADLINE_MS)

PASTE = """(field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
LONG = "Your proof is right, but for one step. " * 20
LEAST_NAME_PX = 110  # a name fits
OpenDesk = Callable[..., EntryDesk]


@pytest.fixture
def open_desk(teacher: SignedIn, new_person: Callable[..., Person]) -> OpenDesk:
    """Opens a new exam with these rows."""

    def open_it(
        *rows: NewResult, part: str = "", audience: Audience = Audience.NAMES, **options: object
    ) -> EntryDesk:
        desk = teacher.new_desk(new_person(storage_state=teacher.storage_state, **options), audience)
        for is_awaited in (True, False):
            if batch := [row for row in rows if (row.grade == AWAITED) is is_awaited]:
                desk.api.create_results(desk.exam.id, batch)
        if part:
            desk.page.goto(f"{desk.url}&part={part}")
        else:
            open_exam(desk.page, desk.url)
        return desk

    return open_it


def stored(desk: EntryDesk) -> set[tuple[str, str, str | None, str | None]]:
    return {(row.name or row.student, row.grade, row.number, row.comment) for row in desk.stored()}


def wait_until_stored(desk: EntryDesk, *rows: tuple[str, str, str | None, str | None]) -> None:
    wait_until(lambda: stored(desk) == set(rows), deadline_s=15.0, what=f"{rows} stored")


def comment(desk: EntryDesk) -> Locator:
    return desk.page.locator("form.new").get_by_label("Comment")


def cell(page: Page, column: str, person: str) -> Locator:
    return page.get_by_label(f"{column}, {person}", exact=True)


def test_a_new_students_comment_is_one_tab_away_and_enter_saves_it(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.student.focus()
    keys = desk.page.keyboard
    keys.type("Ada")
    keys.press("Enter")
    keys.type("14")
    keys.press("Tab")
    assert desk.has_cursor(comment(desk))
    keys.type("Well done.")
    keys.press("Shift+Enter")
    keys.type("See question 3.")
    keys.press("Alt+Enter")
    keys.type("<b>Ask me.</b>")
    keys.press("Enter")
    assert desk.has_cursor(desk.student)
    expect(comment(desk)).to_have_value("")
    wait_until_stored(desk, ("Ada", "14", None, "Well done.\nSee question 3.\n<b>Ask me.</b>"))
    expect(desk.line("Ada").locator(".said")).to_have_text("Well done.\nSee question 3.\n<b>Ask me.</b>")


def test_on_the_register_the_right_arrow_leads_to_the_comment_and_enter_to_the_next_student(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(*(NewResult(name, AWAITED, number=name[0]) for name in ("Ada", "Bob", "Cleo")))
    keys = desk.page.keyboard
    expect(cell(desk.page, "Grade", "Ada")).to_be_focused()
    keys.type("14")
    keys.press("ArrowRight")
    keys.type("Well done.")
    keys.press("Enter")
    expect(cell(desk.page, "Grade", "Bob")).to_be_focused()
    keys.type("9")
    keys.press("Enter")
    expect(cell(desk.page, "Grade", "Cleo")).to_be_focused()
    keys.type("3")
    keys.press("Enter")
    wait_until_stored(
        desk, ("Ada", "14", "A", "Well done."), ("Bob", "9", "B", None), ("Cleo", "3", "C", None)
    )
    expect(desk.line("Ada").locator(".said")).to_have_text("Well done.")
    expect(desk.line("Ada").locator(".number")).to_have_text("A")
    cell(desk.page, "Grade", "Bob").focus()
    keys.press("ArrowRight")
    keys.type("Look again.")
    keys.press("Escape")
    keys.press("Enter")
    expect(desk.line("Bob").locator(".said")).to_have_text("")
    assert ("Bob", "9", "B", None) in stored(desk)


def test_a_comment_typed_while_its_grade_is_being_saved_is_saved_after_it(open_desk: OpenDesk) -> None:
    """No key of it goes into a grade."""
    desk = open_desk(NewResult("Ada", AWAITED), NewResult("Bob", AWAITED))
    keys = desk.page.keyboard
    expect(cell(desk.page, "Grade", "Ada")).to_be_focused()
    desk.page.context.set_offline(True)
    keys.type("14")
    keys.press("Enter")
    keys.press("ArrowUp")
    keys.press("ArrowRight")
    keys.type("Well done.")
    keys.press("Enter")
    desk.page.context.set_offline(False)
    wait_until_stored(desk, ("Ada", "14", None, "Well done."), ("Bob", AWAITED, None, None))


def test_number_and_comment_are_changed_undone_and_shown_in_a_conflict(open_desk: OpenDesk) -> None:
    desk = open_desk(NewResult("Ada", "12", number="17", comment="Well done."))
    page = desk.page
    tab_to(page, page.get_by_role("button", name="Change: Ada"))
    page.keyboard.press("Enter")
    form = page.locator("form.edit")
    tab_to(page, form.get_by_label("Number"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("18")
    tab_to(page, form.get_by_label("Comment"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    wait_until_stored(desk, ("Ada", "12", "18", None))
    tab_to(page, page.get_by_role("button", name="Undo: Ada"))
    page.keyboard.press("Enter")
    wait_until_stored(desk, ("Ada", "12", "17", "Well done."))
    expect(desk.line("Ada").locator(".said")).to_have_text("Well done.")
    tab_to(page, page.get_by_role("button", name="Change: Ada"))
    page.keyboard.press("Enter")
    (row,) = desk.stored()
    desk.api.update_result(desk.exam.id, row.id, row.version, comment="Not yet.")
    form.get_by_label("Comment").focus()
    page.keyboard.type(" Mostly.")
    page.keyboard.press("Enter")
    choice = page.locator(".line.choice")
    for text in ("Well done. Mostly.", "Not yet."):
        expect(choice.get_by_role("cell", name=text, exact=True)).to_be_visible()
    page.get_by_role("button", name="Keep what I typed here").click()
    wait_until_stored(desk, ("Ada", "12", "17", "Well done. Mostly."))


def test_a_comment_that_is_too_long_stays_in_its_form_with_the_reason(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.student.fill("Ada")
    desk.grade.fill("14")
    comment(desk).fill("x" * 1001)
    comment(desk).press("Enter")
    line = desk.page.locator(".line.editing")
    expect(line).to_contain_text("The comment is too long: 1001 characters, 1000 at most.")
    line.get_by_label("Comment").fill("x" * 1000)
    line.get_by_label("Comment").press("Enter")
    wait_until_stored(desk, ("Ada", "14", None, "x" * 1000))


def test_two_students_of_one_name_are_told_apart_by_their_numbers(open_desk: OpenDesk) -> None:
    """The list offers them with the number; the name alone chooses nobody."""
    desk = open_desk(*(NewResult("Ada Lin", AWAITED, number=number) for number in ("17", "18")))
    expect(cell(desk.page, "Grade", "Ada Lin").first).to_be_focused()
    desk.student.focus()
    desk.type_row("Ada Lin", "12")
    expect(desk.page.locator("form.new [role=alert]")).to_contain_text("choose the one with the number")
    offered = desk.page.locator("#entry-students option").evaluate_all("all => all.map((one) => one.value)")
    assert offered == ["Ada Lin (17)", "Ada Lin (18)"]
    desk.student.fill("Ada Lin (18)")
    desk.grade.fill("12")
    desk.grade.press("Enter")
    wait_until_stored(desk, ("Ada Lin", AWAITED, "17", None), ("Ada Lin", "12", "18", None))


def test_the_form_says_who_reads_a_comment(open_desk: OpenDesk) -> None:
    for audience, words in (
        (Audience.NAMES, "only you read it"),
        (Audience.CODES, "only you read it"),
        (Audience.OWN, "whoever has the code reads it"),
    ):
        desk = open_desk(audience=audience)
        expect(desk.page.locator("form.new")).to_contain_text(words)
        desk.page.goto(f"{desk.url}&part=Grid")
        expect(desk.page.get_by_role("columnheader", name="Comment")).to_contain_text(words)


def test_the_grid_has_comments_of_several_lines_and_numbers(open_desk: OpenDesk) -> None:
    desk = open_desk(
        NewResult("Ada", "12"), NewResult("Bob", "9", number="18", comment="One.\nTwo."), part="Grid"
    )
    page = desk.page
    tab_to(page, cell(page, "Comment", "Ada"))
    page.keyboard.type("Well done.")
    page.keyboard.press("Alt+Enter")
    page.keyboard.type("See 3.")
    page.keyboard.press("Tab")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    expect(cell(page, "Number", "Bob")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(cell(page, "Comment", "Bob")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")  # within the text
    page.keyboard.press("ArrowUp")  # out of it
    expect(cell(page, "Comment", "Ada")).to_be_focused()
    reload_but_stay(page)
    page.get_by_role("button", name="Save 1 change").click()
    wait_until_stored(desk, ("Ada", "12", "17", "Well done.\nSee 3."), ("Bob", "9", "18", "One.\nTwo."))
    page.get_by_role("button", name="Undo the last save (1 change)").click()
    wait_until_stored(desk, ("Ada", "12", None, None), ("Bob", "9", "18", "One.\nTwo."))


def test_a_block_with_comments_is_pasted_into_the_grid_and_undone(open_desk: OpenDesk) -> None:
    desk = open_desk(NewResult("Ada", "12", comment="Before."), part="Grid")
    page = desk.page
    block = 'Ada\t14\t"Well ""done"".\nSee 3."\t17\n"Bo" Jackson\t9\tLook again.\t18\n'
    page.get_by_label("Student, line 1", exact=True).evaluate(PASTE, block)
    expect(cell(page, "Comment", "Ada")).to_have_value('Well "done".\nSee 3.')
    expect(cell(page, "Number", '"Bo" Jackson')).to_have_value("18")
    page.get_by_role("button", name="Undo the paste").click()
    expect(cell(page, "Comment", "Ada")).to_have_value("Before.")
    cell(page, "Comment", "Ada").focus()
    cell(page, "Comment", "Ada").evaluate(PASTE, '"One.\nTwo."\nFor Bob.')
    expect(cell(page, "Comment", "Ada")).to_have_value("One.\nTwo.")
    page.get_by_label("Student, line 2", exact=True).fill("Bob")
    page.get_by_role("button", name="Save 2 changes").click()
    wait_until_stored(desk, ("Ada", "12", None, "One.\nTwo."), ("Bob", AWAITED, None, "For Bob."))


def test_the_grid_asks_about_comments_changed_elsewhere_and_names_faulty_cells(open_desk: OpenDesk) -> None:
    desk = open_desk(NewResult("Ada", "12", number="17"), NewResult("Bob", "9"), part="Grid")
    page = desk.page
    cell(page, "Comment", "Ada").fill("Mine.")
    cell(page, "Comment", "Bob").fill("x" * 1001)
    expect(page.get_by_role("alert")).to_contain_text("Line 2, Bob, comment: The comment is too long")
    row = next(one for one in desk.stored() if one.student == "Ada")
    desk.api.update_result(desk.exam.id, row.id, row.version, comment="Theirs.")
    page.get_by_role("button", name="Save 2 changes").click()
    choice = page.get_by_text("Changed in another tab or by somebody else.")
    expect(choice).to_contain_text("Typed here: Ada, number 17, 12, “Mine.”.")
    expect(choice).to_contain_text("Saved there: Ada, number 17, 12, “Theirs.”.")
    page.get_by_role("button", name="Keep what I typed here").click()
    wait_until_stored(desk, ("Ada", "12", "17", "Mine."), ("Bob", "9", None, None))


@in_every_look
def test_long_and_foreign_comments_fit_and_are_accessible(
    open_desk: OpenDesk, options: dict[str, object]
) -> None:
    rows = (
        NewResult("7K4QX29M3T", AWAITED, "Ada Lovelace", number="S-2026-0017", comment=LONG),
        NewResult("7K4QX29M3Z", AWAITED, "Emmy Noether", number="S-2026-0018"),
        NewResult("7K4QX29M3A", "14", "Grace Hopper", comment="שלום\nمرحبا 🚀"),
        NewResult("7K4QX29M3B", "9", "Zoë Brun", comment="<script>alert(1)</script> &amp;"),
    )
    desk = open_desk(*rows, audience=Audience.OWN, **options)
    page = desk.page
    expect(desk.line("Zoë").locator(".said")).to_have_text("<script>alert(1)</script> &amp;")
    page.get_by_role("button", name="Change: Emmy Noether").click()
    for part in ("", "&part=Grid"):
        if part:
            page.goto(desk.url + part)
            expect(cell(page, "Comment", "Zoë Brun")).to_have_value("<script>alert(1)</script> &amp;")
        assert faults_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            "nothing sticks out"
        )
    widths = [1280, 1000, 900, 700] if "viewport" not in options else [360]
    for width in widths:
        page.set_viewport_size({"width": width, "height": 780})
        box = page.get_by_label("Student, line 1", exact=True).bounding_box()
        assert box is not None
        assert box["width"] >= LEAST_NAME_PX, width
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
