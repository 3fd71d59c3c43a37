"""The page of class lists, made and changed in a browser; light, dark and on a phone."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from shared.model.class_list import ClassStudent, NewClassList
from tests.browser.axe import faults_of
from tests.browser.entry_walk import SignedIn
from tests.browser.people import DEADLINE_MS, Person, await_stillness

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
