"""One student in a browser: found in all exams and class lists, exported, erased for good."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from shared.model.class_list import ClassStudent, NewClassList
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.browser.axe import faults_of
from tests.browser.entry_walk import SignedIn
from tests.browser.people import DEADLINE_MS, Person, await_stillness

expect.set_options(timeout=DEADLINE_MS)


def test_a_student_is_found_exported_and_erased(teacher: SignedIn, new_person: Callable[..., Person]) -> None:
    kept, deleted = (
        teacher.api.create_exam(NewExam(subject, dt.date(2026, 6, 15), "M. Curie", OUT_OF_20))
        for subject in ("Optics", "Waves")
    )
    for exam in (kept, deleted):
        teacher.api.create_results(exam.id, [NewResult("Zoë Brun", "12"), NewResult("Zoë Blanc", "9")])
    students = (ClassStudent("Brun, Zoë", "17"), ClassStudent("Grace Hopper"))
    class_list = teacher.api.create_class_list(NewClassList("7a", students))
    page = new_person(storage_state=teacher.storage_state).page

    page.goto(f"{teacher.teacher_url}/exam?exam={deleted.id}&part=Details")
    page.get_by_role("button", name="Delete this exam …").click()
    page.get_by_role("button", name="Delete the exam and its 2 results").click()
    expect(page.get_by_text("“Waves” and its 2 results deleted.")).to_be_visible()

    page.get_by_role("link", name="Find a student").click()
    page.get_by_role("link", name="Export or erase all of one student").click()
    page.get_by_role("heading", name="One student").wait_for()  # the page before it has such a field, too
    page.get_by_label("Name, number or code").fill("zoe b")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Zoë Blanc")).to_be_visible()
    page.get_by_label("Name, number or code").fill("17")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Optics, 15 June 2026: 12")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Class list 7a, number 17")).to_be_checked()
    await_stillness(page)
    for look in ({"color_scheme": "light"}, {"color_scheme": "dark"}):
        page.emulate_media(**look)  # type: ignore[arg-type]  # playwright's own literals
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            await_stillness(page)
            assert faults_of(page) == [], (look, width)

    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    content = json.loads(Path(download.value.path()).read_text())
    assert [one["Exam"] for one in content["results"]] == ["Optics"]

    confirmation = page.get_by_label("to confirm")
    confirmation.fill("Zoë Blanc")
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("Nothing was erased")).to_be_visible()
    confirmation.fill("zoe brun")
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("Erased: 1 result; taken off 1 class list.")).to_be_visible()
    assert [row.student for row in teacher.api.list_results(kept.id)] == ["Zoë Blanc"]
    stored = teacher.api.get_class_list(class_list.id)
    assert stored is not None
    assert [one.name for one in stored.students or ()] == ["Grace Hopper"]

    page.get_by_role("link", name="My exams").click()
    expect(page.get_by_role("link", name="Optics")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
