"""Results entered, corrected, changed, deleted and undone with the keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from shared.model.codes import is_code
from shared.model.exam import Audience, NewResult
from tests.browser.entry_walk import EntryDesk, SignedIn, open_exam
from tests.browser.people import DEADLINE_MS, Person, await_answers, await_stillness, choose_part, tab_to
from tests.browser.streamlit_socket import StreamlitSocket

expect.set_options(timeout=DEADLINE_MS)

RECEIPT = re.compile(r"(Saved|Changed|Deleted|Restored|Undone) at \d\d:\d\d:\d\d")
MakeDesk = Callable[..., EntryDesk]


@pytest.fixture
def make_desk(teacher: SignedIn, new_person: Callable[..., Person]) -> MakeDesk:
    """Each desk has its own exam."""
    return lambda **options: teacher.open_desk(new_person(storage_state=teacher.storage_state), **options)


@pytest.fixture
def desk(make_desk: MakeDesk) -> EntryDesk:
    return make_desk()


def press(page: Page, wanted: Locator) -> None:
    """Tabs to `wanted` and presses Enter."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def expect_receipt(line: Locator, words: str) -> None:
    expect(line.locator(".receipt")).to_contain_text(words)


def test_opening_an_exam_focuses_the_form(desk: EntryDesk) -> None:
    """The form is in the middle of the page; tabbing there would take longer than typing a row."""
    expect(desk.student).to_be_focused()
    desk.type_row("Grace Hopper", "14,5")
    expect_receipt(desk.line("Grace Hopper"), "Saved at")


def test_choosing_to_enter_results_focuses_the_form(desk: EntryDesk) -> None:
    desk.page.get_by_text("Grid", exact=True).click()
    desk.student.wait_for(state="detached")
    desk.page.get_by_text("Enter", exact=True).click()
    expect(desk.student).to_be_focused()
    desk.type_row("Grace Hopper", "14,5")
    expect_receipt(desk.line("Grace Hopper"), "Saved at")


def test_on_a_phone_opening_an_exam_shows_no_keyboard(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    phone = new_person(storage_state=teacher.storage_state, is_mobile=True, has_touch=True)
    assert phone.page.evaluate('matchMedia("(hover: none)").matches')
    desk = teacher.open_desk(phone)
    await_stillness(desk.page)
    expect(desk.student).not_to_be_focused()


def test_moving_through_the_parts_by_keyboard_keeps_the_focus(desk: EntryDesk) -> None:
    choose_part(desk.page, "Grid")
    choose_part(desk.page, "Enter")
    desk.student.wait_for()
    expect(desk.page.get_by_role("radio", name="Enter")).to_be_focused()


def test_another_part_opens_though_streamlit_takes_the_choice_for_the_forms_own(desk: EntryDesk) -> None:
    socket = StreamlitSocket(desk.page)
    desk.page.reload()
    shown = {"Grid": desk.page.get_by_role("button", name="Discard my changes"), "Enter": desk.student}
    shown["Enter"].wait_for()
    for part, sign in shown.items():
        await_answers(desk.page)
        socket.join_next()
        desk.page.get_by_role("radio", name=part, exact=True).click()
        sign.wait_for()


def test_two_parts_chosen_before_an_answer_leave_the_address_of_the_second(desk: EntryDesk) -> None:
    socket = StreamlitSocket(desk.page)
    desk.page.reload()
    desk.student.wait_for()
    await_answers(desk.page)
    addresses = desk.page.evaluate("history.length")
    socket.hold_answers()
    for count, part in enumerate(["Review", "Enter"], 1):
        desk.page.get_by_role("radio", name=part, exact=True).click()
        socket.await_held_answers(count)
    socket.release_answers()
    desk.page.wait_for_function("before => history.length === before + 2", arg=addresses)
    assert "Review" not in desk.page.url
    desk.student.wait_for()


def test_enter_saves_and_focuses_the_student_field_at_once(desk: EntryDesk) -> None:
    tab_to(desk.page, desk.student)
    desk.page.keyboard.type("Grace Hopper")
    desk.page.keyboard.press("Enter")
    assert desk.has_cursor(desk.grade)
    desk.page.keyboard.type("14,5")
    desk.page.keyboard.press("Enter")
    assert desk.has_cursor(desk.student)
    expect(desk.student).to_have_value("")
    expect(desk.line("Grace Hopper").locator(".receipt")).to_have_text(RECEIPT)
    expect(desk.line("Grace Hopper").locator(".grade")).to_have_text("14.5")
    assert desk.stored_pairs() == [("Grace Hopper", "14.5")]


def test_after_a_pause_the_title_counts_the_new_rows_and_typing_continues(desk: EntryDesk) -> None:
    expect(desk.page.get_by_text("no results", exact=True)).to_be_visible()
    desk.student.focus()
    desk.type_row("Grace Hopper", "14,5")
    desk.page.keyboard.type("Ad")
    expect(desk.page.get_by_text("1 result", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    desk.page.keyboard.type("a")
    assert desk.has_cursor(desk.student)
    expect(desk.student).to_have_value("Ada")


def test_thirty_rows_typed_without_a_pause_are_all_saved_once_newest_first(desk: EntryDesk) -> None:
    rows = [(f"Rick C. {number:02}", str(number % 21)) for number in range(30)]
    desk.student.focus()
    for person, grade in rows:
        desk.type_row(person, grade)
    desk.wait_until_stored(*rows)
    expect(desk.page.locator("li[data-state=saved]")).to_have_count(30)
    people = desk.page.locator(".sitting li .person").all_inner_texts()
    assert people == [person for person, _ in reversed(rows)]


def test_letters_in_the_form_trigger_no_shortcuts(desk: EntryDesk) -> None:
    """Streamlit reruns on “r” and clears its caches on “c” unless the focus is in a field."""
    sent: list[object] = []
    desk.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_exam(desk.page, desk.url)
    await_answers(desk.page)
    desk.student.focus()
    before = len(sent)
    assert before > 0
    desk.page.keyboard.type("rrcc")
    expect(desk.student).to_have_value("rrcc")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    assert len(sent) == before, "typing asks the server for nothing"


@pytest.mark.parametrize(("person", "grade", "asked"), [("", "", "student"), ("Ada", "", "grade of Ada")])
def test_an_incomplete_row_is_not_sent_and_asks_for_the_rest(
    desk: EntryDesk, person: str, grade: str, asked: str
) -> None:
    desk.student.focus()
    desk.page.keyboard.type(person)
    desk.page.keyboard.press("Enter")
    if person:
        desk.page.keyboard.press("Enter")
    expect(desk.page.locator("form.new [role=alert]")).to_contain_text(asked)
    expect(desk.page.locator("li.line")).to_have_count(0)


def test_a_grade_outside_the_scale_is_explained_and_corrected_in_place(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "25")
    desk.type_row("Grace Hopper", "12")
    line = desk.page.locator("li.editing")
    expect_receipt(line, "above 20")
    expect(line.get_by_label("Grade")).to_have_attribute("aria-invalid", "true")
    assert desk.has_cursor(desk.student), "a refusal does not take the cursor away"
    tab_to(desk.page, line.get_by_label("Grade"))
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type("15")
    desk.page.keyboard.press("Enter")
    expect_receipt(desk.line("Ada Lovelace"), "Saved at")
    assert desk.has_cursor(desk.student)
    assert desk.stored_pairs() == [("Ada Lovelace", "15"), ("Grace Hopper", "12")]


def test_what_is_refused_is_counted_and_one_press_away(desk: EntryDesk) -> None:
    """Also where the line is far out of sight, under what was entered since."""
    page = desk.page
    desk.student.focus()
    for person, grade in (
        ("Ada", "25"),
        ("Grace", "x"),
        *((f"Student {number}", "9") for number in range(20)),
    ):
        desk.type_row(person, grade)
    following = page.get_by_role("button", name="2 results are not saved: show the next one")
    for person in ("Grace", "Ada", "Grace"):
        following.click()
        line = page.locator("li.editing").filter(has=page.get_by_role("button", name=f"Save: {person}"))
        expect(line.get_by_label("Grade")).to_be_focused()
        expect(line.get_by_label("Grade")).to_be_in_viewport()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="1 result is not saved: show the next one")).to_be_visible()


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ("Change 12 to 15", [("Ada Lovelace", "15")]),
        ("Save as a second result", [("Ada Lovelace", "12"), ("ada lovelace", "15")]),
        ("Discard", [("Ada Lovelace", "12")]),
    ],
)
def test_an_existing_student_is_asked_about(
    desk: EntryDesk, choice: str, kept: list[tuple[str, str]]
) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    desk.type_row("ada lovelace", "15")
    line = desk.page.locator("li.choice")
    expect_receipt(line, "already has 12")
    press(desk.page, line.get_by_role("button", name=choice))
    expect(desk.page.locator("li[data-state=bad]")).to_have_count(0)
    desk.wait_until_stored(*kept)


def test_the_same_result_typed_twice_is_not_offered_as_a_change(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "10")
    desk.type_row("ada lovelace", "10,0")
    line = desk.page.locator("li.choice")
    expect_receipt(line, "Not saved again: Ada Lovelace already has 10.")
    expect(line.get_by_role("button", name="Change")).to_have_count(0)


def test_two_tabs_see_each_others_results_without_a_key(desk: EntryDesk) -> None:
    other = desk.page.context.new_page()
    open_exam(other, desk.url)
    desk.page.bring_to_front()
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    expect(other.locator("li.line").filter(has_text="Ada Lovelace")).to_be_visible(timeout=40_000)


def test_change_and_undo_from_the_keyboard(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    line = desk.line("Ada Lovelace")
    expect_receipt(line, "Saved at")
    press(desk.page, line.get_by_role("button", name="Change"))
    form = desk.page.locator("form.edit")
    assert desk.has_cursor(form.get_by_label("Grade"))
    desk.page.keyboard.type("17")  # the existing text is selected
    desk.page.keyboard.press("Enter")
    expect_receipt(line, "(was 12)")
    assert desk.stored_pairs() == [("Ada Lovelace", "17")]
    press(desk.page, line.get_by_role("button", name="Undo"))
    expect_receipt(line, "Undone at")
    assert desk.stored_pairs() == [("Ada Lovelace", "12")]


def test_escape_cancels_a_change(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    expect_receipt(desk.line("Ada Lovelace"), "Saved at")
    press(desk.page, desk.line("Ada Lovelace").get_by_role("button", name="Change"))
    desk.page.keyboard.type("17")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("form.edit")).to_have_count(0)
    assert desk.has_cursor(desk.line("Ada Lovelace").get_by_role("button", name="Change"))
    assert desk.stored_pairs() == [("Ada Lovelace", "12")]


def test_delete_and_undo_from_the_keyboard_keep_the_focus_on_the_line(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    line = desk.line("Ada Lovelace")
    expect_receipt(line, "Saved at")
    press(desk.page, line.get_by_role("button", name="Delete"))
    expect_receipt(line, "Deleted at")
    assert desk.stored() == []
    assert desk.has_cursor(line.get_by_role("button", name="Undo"))
    desk.page.keyboard.press("Enter")
    expect_receipt(line, "Restored at")
    assert desk.stored_pairs() == [("Ada Lovelace", "12")]


def test_earlier_rows_are_found_and_changed(desk: EntryDesk) -> None:
    rows = [NewResult(f"Student {number:03}", "10") for number in range(90)]
    desk.api.create_results(desk.exam.id, rows)
    open_exam(desk.page, desk.url)
    expect(desk.page.get_by_role("heading", name="Entered before (90)")).to_be_visible()
    expect(desk.page.locator(".earlier li")).to_have_count(30)
    tab_to(desk.page, desk.page.get_by_label("Find a student"))
    desk.page.keyboard.type("student 07")
    expect(desk.page.locator(".earlier li")).to_have_count(11)  # 070 to 079, and 007
    press(desk.page, desk.line("Student 077").get_by_role("button", name="Change"))
    desk.page.keyboard.press("Shift+Tab")
    desk.page.keyboard.type("Zoe")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.type("abs")
    desk.page.keyboard.press("Enter")
    expect_receipt(desk.line("Zoe"), "(was Student 077, 10)")
    assert desk.has_cursor(desk.line("Zoe").get_by_role("button", name="Undo")), "it stays in sight"
    assert ("Zoe", "ABSENT") in desk.stored_pairs()


def test_with_codes_the_receipt_shows_the_code_and_the_name_stays_private(
    make_desk: MakeDesk,
) -> None:
    desk = make_desk(audience=Audience.CODES)
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    expect_receipt(desk.line("Ada Lovelace"), "Saved at")
    (row,) = desk.stored()
    assert is_code(row.student)
    assert row.name == "Ada Lovelace"
    expect(desk.line("Ada Lovelace").locator(".code")).to_contain_text(row.student)


def test_receipts_are_announced_to_screen_readers_and_every_button_names_its_row(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Ada Lovelace", "12")
    expect(desk.page.get_by_role("log")).to_contain_text("Saved: Ada Lovelace, 12.")
    names = (
        desk.line("Ada Lovelace")
        .get_by_role("button")
        .evaluate_all("buttons => buttons.map(button => button.ariaLabel)")
    )
    assert names == ["Change: Ada Lovelace", "Delete: Ada Lovelace"]


def test_this_sessions_rows_and_their_undo_survive_visiting_another_part(desk: EntryDesk) -> None:
    desk.student.focus()
    desk.type_row("Zoe", "12")
    desk.type_row("Ada", "13")
    expect_receipt(desk.line("Ada"), "Saved at")
    press(desk.page, desk.line("Zoe").get_by_role("button", name="Delete"))
    expect_receipt(desk.line("Zoe"), "Deleted at")
    choose_part(desk.page, "Details")
    desk.page.get_by_role("button", name="Save the details").wait_for()
    choose_part(desk.page, "Enter")
    desk.student.wait_for()
    assert desk.page.locator(".sitting li .person").all_inner_texts() == ["Ada", "Zoe"]
    press(desk.page, desk.line("Zoe").get_by_role("button", name="Undo"))
    desk.wait_until_stored(("Ada", "13"), ("Zoe", "12"))
