"""The grid: no key press is lost, with the keyboard alone, in light, dark and on a phone."""

import itertools
import operator
import re
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from shared.model.exam import Audience, NewResult
from tests.browser.axe import faults_of
from tests.browser.entry_walk import EntryDesk, SignedIn
from tests.browser.people import DEADLINE_MS, Person, in_every_look, reload_but_stay, tab_to
from tests.waiting import wait_until

expect.set_options(timeout=DEADLINE_MS)

SLOWED_BY = 4  # by this factor, like a teacher's old laptop
CLASS = [f"Student {number:02d}" for number in range(15)]
PASTE = """(field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


OpenGrid = Callable[..., EntryDesk]


@pytest.fixture
def open_grid(teacher: SignedIn, new_person: Callable[..., Person]) -> OpenGrid:
    """Opens the grid of a new exam with these (person, grade) rows; `options` are those of new_context."""

    def open_it(
        *stored: tuple[str, str], audience: Audience = Audience.NAMES, **options: object
    ) -> EntryDesk:
        desk = teacher.new_desk(new_person(storage_state=teacher.storage_state, **options), audience)
        if stored:
            desk.api.create_results(desk.exam.id, [NewResult(*one) for one in stored])
        desk.page.goto(f"{desk.url}&part=Grid")
        expect(student(desk.page, len(stored) + 1)).to_be_visible()
        return desk

    return open_it


def student(page: Page, line: int) -> Locator:
    return page.get_by_label(f"Student, line {line}", exact=True)


def grade(page: Page, person: str) -> Locator:
    return page.get_by_label(f"Grade, {person}", exact=True)


def save(page: Page, label: str) -> None:
    tab_to(page, page.get_by_role("button", name=label, exact=True))
    page.keyboard.press("Enter")


def test_no_key_press_is_lost_when_typing_fast_on_a_slow_machine(open_grid: OpenGrid) -> None:
    desk = open_grid(*((person, "1") for person in CLASS))
    page = desk.page
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED_BY})
    grade(page, CLASS[0]).focus()
    grades = [str(number % 20 + 1) for number in range(len(CLASS))]
    for text in grades:
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("^Save")).click()
    desk.wait_until_stored(*zip(CLASS, grades, strict=True))


@in_every_look
def test_errors_are_shown_on_their_lines_and_the_rest_is_saved_and_undone(
    open_grid: OpenGrid, options: dict[str, object]
) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"), **options)
    page = desk.page
    tab_to(page, grade(page, "Ada"))
    for text in ("25", "10,5"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Ada")).to_contain_text("“25” is above 20")
    expect(grade(page, "Ada")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("Line 1, Ada, grade")
    expect(student(page, 3)).to_be_visible()
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    reload_but_stay(page)
    save(page, "Save 2 changes")
    desk.wait_until_stored(("Ada", "12"), ("Blaise", "10.5"))
    save(page, "Undo the last save (1 change)")
    desk.wait_until_stored(("Ada", "12"), ("Blaise", "9"))
    expect(grade(page, "Ada")).to_have_value("25")
    expect(page.get_by_role("button", name="Save 1 change")).to_be_visible()


def test_new_students_are_typed_line_by_line_and_lines_deleted_and_restored(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"), audience=Audience.NAMES)
    page = desk.page
    tab_to(page, student(page, 3))
    for text in ("Carl", "7", "Dora", "abs", "Wrong", "1"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Delete Wrong"))
    page.keyboard.press("Enter")
    expect(student(page, 5)).to_be_focused()  # ready for the next student
    for name in ("Delete Ada", "Delete Blaise", "Restore Ada"):
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("row", name="Blaise")).to_contain_text("To be deleted.")
    save(page, "Save 3 changes")
    desk.wait_until_stored(("Ada", "12"), ("Carl", "7"), ("Dora", "ABSENT"))


def test_typing_after_one_click_replaces_the_text_and_after_a_second_one_edits_it(
    open_grid: OpenGrid,
) -> None:
    page = open_grid(("Ada", "12")).page
    grade(page, "Ada").click()
    page.keyboard.type("15")
    expect(grade(page, "Ada")).to_have_value("15")
    grade(page, "Ada").click()
    page.keyboard.press("End")
    page.keyboard.type(",5")
    expect(grade(page, "Ada")).to_have_value("15,5")


def test_a_block_pasted_from_a_spreadsheet_fills_lines_and_adds_new_ones(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    grade(page, "Ada").focus()
    grade(page, "Ada").evaluate(PASTE, "13\r\n10\r\n")
    student(page, 3).evaluate(PASTE, "Carl\t7\nDora\tabs")
    expect(page.get_by_role("button", name="Save 4 changes")).to_be_visible()
    save(page, "Save 4 changes")
    desk.wait_until_stored(("Ada", "13"), ("Blaise", "10"), ("Carl", "7"), ("Dora", "ABSENT"))


@pytest.mark.parametrize("way", ["keys", "button"])
def test_a_paste_is_undone_at_once(open_grid: OpenGrid, way: str) -> None:
    page = open_grid(("Ada", "12"), ("Blaise", "9")).page
    grade(page, "Ada").focus()
    grade(page, "Ada").evaluate(PASTE, "13\n10\n11\n")
    expect(page.get_by_text("3 lines pasted.")).to_be_visible()
    expect(grade(page, "Blaise")).to_have_value("10")
    if way == "keys":
        page.keyboard.press("Control+z")
    else:
        page.get_by_role("button", name="Undo the paste").click()
    expect(grade(page, "Ada")).to_have_value("12")
    expect(grade(page, "Blaise")).to_have_value("9")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    expect(page.get_by_label("Student, line 4", exact=True)).to_have_count(0)


def test_the_heading_of_a_pasted_table_renames_nobody(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    student(page, 1).focus()
    student(page, 1).evaluate(PASTE, "Élève\tNote\nAda\t13\nBlaise\t10\n")
    expect(page.get_by_text("2 lines pasted, without the heading “Élève, Note”.")).to_be_visible()
    save(page, "Save 2 changes")
    desk.wait_until_stored(("Ada", "13"), ("Blaise", "10"))


def test_what_cannot_be_saved_is_counted_and_one_press_away(open_grid: OpenGrid) -> None:
    """Also in a long exam, where the line is far out of sight."""
    people = [f"Student {number:03}" for number in range(90)]
    page = open_grid(*((person, "1") for person in people)).page
    grade(page, people[80]).fill("99")
    grade(page, people[3]).fill("x")
    grade(page, people[0]).focus()
    following = page.get_by_role("button", name="2 lines not saved: show the next one")
    for person in (people[3], people[80], people[3]):
        following.click()
        expect(grade(page, person)).to_be_focused()
        expect(grade(page, person)).to_be_in_viewport()


def test_input_typed_during_a_save_stays(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    grade(page, "Ada").fill("13")
    page.get_by_role("button", name="Save").first.click()
    grade(page, "Blaise").fill("10")
    student(page, 3).fill("Carl")
    desk.wait_until_stored(("Ada", "13"), ("Blaise", "9"))
    expect(page.get_by_role("button", name="Save 2 changes")).to_be_visible()
    expect(grade(page, "Blaise")).to_have_value("10")
    expect(student(page, 3)).to_have_value("Carl")


def test_input_survives_visiting_another_part_of_the_page(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"), audience=Audience.NAMES)
    page = desk.page
    tab_to(page, grade(page, "Ada"))
    page.keyboard.type("13")
    for part in ("Details", "Grid"):
        page.get_by_text(part, exact=True).click()
    expect(grade(page, "Ada")).to_have_value("13")
    save(page, "Save 1 change")
    desk.wait_until_stored(("Ada", "13"), ("Blaise", "9"))


def test_unsaved_input_is_announced_on_every_other_page_and_leads_back(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    grade(page, "Ada").fill("13")
    page.get_by_text("Review", exact=True).click()
    notice = page.get_by_role("alert").filter(
        has_text="1 result that you typed under “Grid” for Physics is not saved"
    )
    expect(notice).to_be_visible()
    page.get_by_role("link", name="My exams").click()
    page.get_by_role("heading", name="My exams").wait_for()
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Go to “Grid”").click()
    expect(grade(page, "Ada")).to_have_value("13")
    expect(notice).to_have_count(0)
    save(page, "Save 1 change")
    desk.wait_until_stored(("Ada", "13"), ("Blaise", "9"))
    page.get_by_text("Review", exact=True).click()
    expect(page.get_by_role("button", name="Publish all 2 results")).to_be_visible()
    expect(notice).to_have_count(0)


def test_what_was_saved_is_not_called_unsaved_where_the_grid_was_left_before_it_knew(
    open_grid: OpenGrid,
) -> None:
    """Of the run that saves, nothing reaches the page: as if it took long, and the teacher did not wait."""
    held: list[bytes] = []
    is_held = threading.Event()

    def serve(page_end: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if not is_held.is_set():
                page_end.send(message)
            elif isinstance(message, bytes):
                held.append(message)

        page_end.connect_to_server().on_message(pass_on)

    def has_run() -> bool:
        """The run that shows that the change is saved, to its end."""
        page.evaluate("")  # playwright delivers messages while it is asked for something
        shown = (b"Undo the last save (1 change)" in message for message in held)
        kinds = (ForwardMsg.FromString(message).WhichOneof("type") for message in held)
        return "script_finished" in itertools.compress(kinds, itertools.accumulate(shown, operator.or_))

    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    page.route_web_socket("**/_stcore/stream", serve)
    page.reload()
    grade(page, "Ada").fill("13")
    expect(page.get_by_role("button", name="Save 1 change", exact=True)).to_be_visible()
    is_held.set()
    save(page, "Save 1 change")
    wait_until(has_run, what="the run that saves")
    is_held.clear()
    page.get_by_text("Review", exact=True).click()
    expect(page.get_by_role("button", name="Publish all 2 results")).to_be_visible()
    page.get_by_role("link", name="My exams").click()
    page.get_by_role("heading", name="My exams").wait_for()
    expect(page.locator(f"[data-id='{desk.exam.id}']")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="not saved")).to_have_count(0)


@pytest.mark.parametrize("is_reloaded", [False, True], ids=["at-once", "after-a-reload"])
def test_unsaved_input_is_not_published_past_without_a_word(open_grid: OpenGrid, is_reloaded: bool) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    page.on("dialog", lambda dialog: dialog.accept())
    grade(page, "Ada").fill("13")
    page.get_by_text("Review", exact=True).click()
    publish = page.get_by_role("button", name="Publish only the 2 saved results")
    expect(publish).to_be_visible()
    if is_reloaded:
        page.reload()
        expect(publish).to_be_visible()
    expect(page.get_by_text("will be missing: save first, then publish")).to_be_visible()
    page.get_by_role("button", name="Go to “Grid”").click()
    save(page, "Save 1 change")
    desk.wait_until_stored(("Ada", "13"), ("Blaise", "9"))


def test_lines_are_in_alphabetical_order_as_people_expect(open_grid: OpenGrid) -> None:
    page = open_grid(("Emil", "1"), ("Élodie", "2"), ("edith", "3")).page
    for line, person in enumerate(("edith", "Élodie", "Emil"), 1):
        expect(student(page, line)).to_have_value(person)


def test_input_survives_a_reload(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    grade(page, "Ada").fill("13")
    student(page, 3).fill("Carl")
    grade(page, "Carl").fill("7")
    page.get_by_role("button", name="Delete Blaise").click()
    expect(page.get_by_role("button", name="Save 3 changes")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(grade(page, "Ada")).to_have_value("13")
    expect(page.get_by_role("button", name="Restore Blaise")).to_be_visible()
    save(page, "Save 3 changes")
    desk.wait_until_stored(("Ada", "13"), ("Carl", "7"))


def test_a_line_reports_a_change_elsewhere_or_an_existing_student(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"))
    page = desk.page
    grade(page, "Ada").fill("13")
    student(page, 3).fill("blaise")
    grade(page, "blaise").fill("7")
    (ada,) = [row for row in desk.api.list_results(desk.exam.id) if row.student == "Ada"]
    desk.api.update_result(desk.exam.id, ada.id, 1, grade="20")
    save(page, "Save 2 changes")
    expect(page.get_by_role("row", name="Ada")).to_contain_text("Changed elsewhere: choose below.")
    expect(page.get_by_text("Already has 9: choose below.")).to_be_visible()
    page.get_by_role("button", name="Use the other one").click()
    expect(grade(page, "Ada")).to_have_value("20")
    page.get_by_role("button", name="Discard what I typed").click()
    expect(student(page, 3)).to_have_value("")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    desk.wait_until_stored(("Ada", "20"), ("Blaise", "9"))


def test_rows_entered_elsewhere_are_inserted_while_typing(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Carl", "9"))
    page = desk.page
    grade(page, "Carl").focus()
    page.keyboard.type("1")
    desk.api.create_results(desk.exam.id, [NewResult("Blaise", "5")])
    save(page, "Save 1 change")
    desk.wait_until_stored(("Ada", "12"), ("Blaise", "5"), ("Carl", "1"))
    page.get_by_role("button", name="Undo the last save (1 change)").click()
    desk.wait_until_stored(("Ada", "12"), ("Blaise", "5"), ("Carl", "9"))
    expect(grade(page, "Carl")).to_have_value("9")


def test_the_focus_moves_within_the_search_results(open_grid: OpenGrid) -> None:
    desk = open_grid(("Ada", "12"), ("Blaise", "9"), ("Ádám", "3"))
    page = desk.page
    page.get_by_label("Find a student").fill("ada")
    expect(page.get_by_text("2 found")).to_be_visible()
    expect(grade(page, "Blaise")).to_be_hidden()
    grade(page, "Ada").focus()
    page.keyboard.press("Enter")
    expect(grade(page, "Ádám")).to_be_focused()
    page.keyboard.type("4")
    page.keyboard.press("Escape")
    expect(grade(page, "Ádám")).to_have_value("3")
