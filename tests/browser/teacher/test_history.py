"""The history of an exam by keyboard: read, filtered, restored, also after a reload; in every look."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from shared.model.exam import NewResult, Result
from tests.browser.axe import faults_of
from tests.browser.entry_walk import EntryDesk, SignedIn
from tests.browser.people import DEADLINE_MS, Person, await_stillness, in_every_look, tab_to

expect.set_options(timeout=DEADLINE_MS)

WHEN = re.compile(r"you, \d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d \S+")

OpenHistory = Callable[..., EntryDesk]


@pytest.fixture
def open_history(teacher: SignedIn, new_person: Callable[..., Person]) -> OpenHistory:
    """Opens the history of a new exam: Ada's grade was changed, Blaise was deleted, Carl has one grade."""

    def open_it(**options: object) -> EntryDesk:
        desk = teacher.new_desk(new_person(storage_state=teacher.storage_state, **options))
        given = (("Ada Lovelace", "14"), ("Blaise Pascal", "9"), ("Carl Gauss", "20"))
        desk.api.create_results(desk.exam.id, [NewResult(*one) for one in given])
        ada, blaise = row(desk, "Ada Lovelace"), row(desk, "Blaise Pascal")
        desk.api.update_result(desk.exam.id, ada.id, ada.version, grade="16")
        desk.api.delete_result(desk.exam.id, blaise.id, blaise.version)
        desk.page.goto(f"{desk.url}&part=History")
        expect(line(desk.page, "Ada Lovelace: 14 → 16")).to_be_visible()
        return desk

    return open_it


def row(desk: EntryDesk, person: str) -> Result:
    (found,) = [one for one in desk.api.list_results(desk.exam.id) if one.student == person]
    return found


def line(page: Page, text: str) -> Locator:
    """One change, with the button that restores what was."""
    return page.locator("[class*=st-key-history-restore-]").filter(has_text=text)


def restore(page: Page, text: str) -> None:
    """By keyboard, what was before the change that reads so."""
    tab_to(page, line(page, text).get_by_role("button", name="Restore"))
    page.keyboard.press("Enter")


@in_every_look
def test_what_was_changed_is_said_in_words(open_history: OpenHistory, options: dict[str, object]) -> None:
    desk = open_history(**options)
    page = desk.page
    expect(line(page, "Ada Lovelace: 14 → 16")).to_contain_text(WHEN)
    expect(line(page, "Blaise Pascal: deleted, with the grade 9")).to_contain_text(WHEN)
    expect(line(page, "Carl Gauss")).to_have_count(0)
    await_stillness(page)
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/history-{len(str(options))}.png", full_page=True)
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"


def test_a_changed_grade_and_a_deleted_result_are_restored_by_keyboard(open_history: OpenHistory) -> None:
    """The restoration is a change as every other; a reload forgets nothing."""
    desk = open_history()
    page = desk.page
    restore(page, "Ada Lovelace: 14 → 16")
    expect(page.get_by_text("Restored: Ada Lovelace.")).to_be_visible()
    expect(line(page, "Ada Lovelace: 16 → 14")).to_be_visible()
    page.reload()
    restore(page, "Blaise Pascal: deleted")
    expect(page.get_by_text("Restored: Blaise Pascal.")).to_be_visible()
    desk.wait_until_stored(("Ada Lovelace", "14"), ("Blaise Pascal", "9"), ("Carl Gauss", "20"))
    page.reload()
    restore(page, "Blaise Pascal: deleted")
    expect(
        page.get_by_text("Blaise Pascal is not restored. This student has a result already: 9.")
    ).to_be_visible()
    desk.wait_until_stored(("Ada Lovelace", "14"), ("Blaise Pascal", "9"), ("Carl Gauss", "20"))


def test_a_change_that_came_between_is_told_and_kept(open_history: OpenHistory) -> None:
    desk = open_history()
    ada = row(desk, "Ada Lovelace")
    desk.api.update_result(desk.exam.id, ada.id, ada.version, grade="18")
    restore(desk.page, "Ada Lovelace: 14 → 16")
    expect(
        desk.page.get_by_text("The result was changed in another tab or by somebody else.")
    ).to_be_visible()
    assert row(desk, "Ada Lovelace").grade == "18"


def test_one_student_is_chosen_by_keyboard(open_history: OpenHistory) -> None:
    desk = open_history()
    page = desk.page
    tab_to(page, page.get_by_role("combobox", name="Student"))
    page.keyboard.type("Carl")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing was changed yet.")).to_be_visible()
    expect(line(page, "Ada Lovelace: 14")).to_have_count(0)


def test_a_long_history_is_shown_page_by_page(open_history: OpenHistory) -> None:
    desk = open_history()
    carl = row(desk, "Carl Gauss")
    for number in range(30):
        carl = desk.api.update_result(desk.exam.id, carl.id, carl.version, grade=str(number % 20))
    page = desk.page
    page.reload()
    expect(line(page, "Carl Gauss: 9 → 10")).to_be_visible()
    expect(line(page, "Ada Lovelace: 14")).to_have_count(0)
    tab_to(page, page.get_by_role("button", name="Show earlier changes"))
    page.keyboard.press("Enter")
    expect(line(page, "Ada Lovelace: 14 → 16")).to_be_visible()
    expect(page.get_by_role("button", name="Show earlier changes")).to_have_count(0)
