"""The page of class lists, made and changed in a browser; light, dark and on a phone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from shared.model.class_list import ClassStudent, NewClassList
from tests.browser.axe import faults_of
from tests.browser.entry_walk import SignedIn
from tests.browser.people import DEADLINE_MS, Person, await_answers, await_stillness
from tests.builders import new_word
from tests.waiting import wait_until

expect.set_options(timeout=DEADLINE_MS)

LOOKS = [{}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 800}}]


def test_a_class_list_is_made_of_names(teacher: SignedIn, new_person: Callable[..., Person]) -> None:
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/exams")
    page.get_by_role("button", name="Class lists").click()
    page.get_by_placeholder("7a").fill("9c")
    page.get_by_label("Students, one a line").fill("Ada Lovelace\nGrace Hopper")
    page.get_by_role("button", name="Make the class list").click()
    expect(page.get_by_text("“9c” is stored with 2 students.")).to_be_visible()
    (stored,) = [one for one in teacher.api.list_class_lists() if one.title == "9c"]
    assert stored.student_count == 2


def test_what_is_typed_stays_while_other_pages_are_shown(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    ids = [
        teacher.api.create_class_list(
            NewClassList(f"{number} {new_word()}", (ClassStudent("Ada Lovelace"),))
        ).id
        for number in range(2)
    ]
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/classes")
    page.get_by_label("Students, one a line").fill("Alan Turing")
    _retype_first_name(page, "Ada Byron")
    expect(page.get_by_text("Ada Byron: new. Ada Lovelace: no longer on the list.")).to_be_visible()
    page.get_by_role("button", name="Open its gradebook").click()
    expect(page.get_by_role("heading", name="Gradebook")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Ada Byron: new. Ada Lovelace: no longer on the list.")).to_be_visible()
    expect(page.get_by_label("Students, one a line")).to_have_value("Alan Turing")
    _retype_first_name(page, "Ada King")
    expect(page.get_by_text("Ada King: new. Ada Lovelace: no longer on the list.")).to_be_visible()
    page.get_by_role("button", name="Save the class list").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    names = [[one.name for one in teacher.api.get_class_list(list_id).students] for list_id in ids]
    assert sorted(names) == [["Ada King"], ["Ada Lovelace"]]


def test_a_list_stays_chosen_under_its_new_name(teacher: SignedIn, new_person: Callable[..., Person]) -> None:
    titles = [f"{letter} {new_word()}" for letter in "AB"]
    for title in titles:
        teacher.api.create_class_list(NewClassList(title, (ClassStudent("Ada Lovelace"),)))
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/classes")
    chosen, title = page.get_by_role("combobox"), page.get_by_label("Name of the class").first
    chosen.click()
    page.get_by_role("option", name=titles[1]).click()
    expect(title).to_have_value(titles[1])
    for number in range(2):
        title.fill(f"{titles[1]}, {number}")
        # Pressed at once, while the server does not know the name yet.
        page.get_by_role("button", name="Save the class list").click()
        expect(chosen).to_have_value(f"{titles[1]}, {number} (1 student)")
        expect(title).to_have_value(f"{titles[1]}, {number}")
    stored = {one.title for one in teacher.api.list_class_lists()}
    assert {titles[0], f"{titles[1]}, 1"} <= stored


def _retype_first_name(page: Page, name: str) -> None:
    await_answers(page)
    table = page.get_by_test_id("stDataFrame").locator("canvas").first
    field = page.locator("#portal textarea")

    def is_open() -> bool:
        """Streamlit's table takes a moment to listen after it was drawn."""
        table.scroll_into_view_if_needed()
        await_stillness(page)
        table.click(position={"x": 100, "y": 52}, force=True)
        page.keyboard.press("Enter")
        with contextlib.suppress(PlaywrightTimeout):
            field.wait_for(timeout=1000)
        return field.is_visible()

    wait_until(is_open, deadline_s=DEADLINE_MS / 1000, what="a cell is open")
    field.fill(name)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "phone"])
def test_the_page_has_no_barrier_that_axe_finds(
    teacher: SignedIn, new_person: Callable[..., Person], look: dict[str, object]
) -> None:
    students = (ClassStudent("Ada Lovelace", "17", "ABC234"), ClassStudent("Grace Hopper"))
    teacher.api.create_class_list(NewClassList("7a", students))
    page = new_person(storage_state=teacher.storage_state, **look).page
    page.goto(f"{teacher.teacher_url}/classes")
    page.get_by_role("button", name="Make the class list").wait_for()
    await_stillness(page)
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/classes-{len(str(look))}.png", full_page=True)
    assert faults_of(page) == []
