"""The gradebook of a class, and one box that finds a student, in Chromium by keyboard; in each look."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
from playwright.sync_api import Locator, Page, expect

from shared.model.class_list import ClassStudent, NewClassList
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.grades import AWAITED
from shared.model.scales import OUT_OF_20, PERCENT, Scale
from tests.browser.axe import faults_of
from tests.browser.entry_walk import SignedIn
from tests.browser.people import DEADLINE_MS, Person, await_answers, await_stillness, in_every_look, tab_to
from tests.browser.streamlit_socket import StreamlitSocket
from tests.builders import new_id, new_word

expect.set_options(timeout=DEADLINE_MS)

ACTIONS = """() => {
  window.actions = 0;
  let field = null;
  addEventListener("pointerdown", () => { window.actions += 1; field = null; }, true);
  addEventListener("keydown", (event) => {
    const typed = event.key.length === 1 || event.key === "Backspace";
    const target = event.composedPath()[0];
    if (!typed || target !== field) window.actions += 1;
    field = typed ? target : null;
  }, true);
}"""  # a press, a key, and what is typed into a field without leaving it: one action each


def exam_with(
    teacher: SignedIn, subject: str, grades: dict[str, str], *, day: int = 1, scale: Scale = OUT_OF_20
) -> Exam:
    exam = teacher.api.create_exam(NewExam(subject, dt.date(2026, 9, day), "M. Curie", scale))
    for is_awaited in (True, False):
        rows = [NewResult(name, grade) for name, grade in grades.items() if (grade == AWAITED) is is_awaited]
        if rows:
            teacher.api.create_results(exam.id, rows)
    return exam


def class_with(teacher: SignedIn, title: str, *names: str) -> str:
    students = tuple(ClassStudent(name) for name in names)
    return teacher.api.create_class_list(NewClassList(title, students)).id


def line(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def names_drawn(page: Page) -> list[str]:
    return page.locator(".gradebook tbody th").all_inner_texts()


def press(page: Page, name: str) -> None:
    tab_to(page, page.get_by_role("button", name=name, exact=True))
    page.keyboard.press("Enter")


def type_into(page: Page, field: Locator, text: str) -> None:
    tab_to(page, field)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_a_student_is_found_across_all_exams_in_two_actions(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    """From any page: press the link, type the name. Not even Enter is needed."""
    ada = f"Żaneta Löfgren-{new_id()[:4]}"
    exams = [exam_with(teacher, f"Quiz {day}", {ada: str(10 + day), "Grace": "3"}, day=day) for day in (1, 2)]
    exam_with(teacher, "Without her", {"Grace": "4"}, day=3)
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/exam?exam={exams[0].id}&part=Share")
    expect(page.get_by_role("heading", name="Quiz 1")).to_be_visible()
    page.evaluate(ACTIONS)
    page.get_by_role("link", name="Find a student").click()
    expect(page.get_by_label("Name, number or code")).to_be_focused()
    page.keyboard.type(ada.lower().replace("ż", "z").replace("ö", "o"))
    found = page.locator(".people tbody tr")
    expect(found).to_have_count(2)
    assert page.evaluate("window.actions") == 2
    expect(found.first).to_contain_text(re.compile("Quiz 2.*12", re.DOTALL))
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Quiz 2")).to_be_visible()


def test_the_finder_tells_students_of_one_name_apart_by_their_numbers(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    """With one number, or none, all results of a name stay together."""
    twin, alone = f"Ethan Lin-{new_word()}", f"Ada Lin-{new_word()}"
    for day, numbers in enumerate((("17", "18"), ("18", "17")), 1):
        exam = exam_with(teacher, f"Twins {day}", {}, day=day)
        rows = [NewResult(twin, str(10 * day + n), number=number) for n, number in enumerate(numbers)]
        rows.append(NewResult(alone, "9", number="19" if day == 1 else None))
        teacher.api.create_results(exam.id, rows)
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/find")
    field = page.get_by_label("Name, number or code")
    people = page.locator(".people section")
    for typed, expected in (
        (twin, {f"{twin} 17": ["21", "10"], f"{twin} 18": ["20", "11"]}),
        (f"{twin} 18", {f"{twin} 18": ["20", "11"]}),
        (alone, {f"{alone} 19": ["9", "9"]}),
    ):
        field.fill(typed)
        expect(people).to_have_count(len(expected))
        for title, grades in expected.items():
            found = people.filter(has=page.get_by_role("heading", name=title, exact=True))
            expect(found.locator("td.grade")).to_have_text(grades)
    assert faults_of(page) == []


def test_a_gradebook_by_keyboard_its_weights_ticks_and_files(
    teacher: SignedIn, new_person: Callable[..., Person], tmp_path: Path
) -> None:
    title = f"7a {new_id()[:4]}"
    names = ("Ada Lovelace", "Grace Hopper", "=1+1", "Emmy Noether")
    list_id = class_with(teacher, title, *names)
    optics = {"Lovelace, Ada": "10", "Grace Hopper": "16", "=1+1": "ABSENT", "Emmy Noether": AWAITED}
    exam_with(teacher, "Optics", optics)
    exam_with(
        teacher, "Waves", {"Ada Lovelace": "80", "Grace Hopper": "50", "=1+1": "20"}, day=2, scale=PERCENT
    )
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/gradebook?class={list_id}")
    average = line(page, "Ada Lovelace").locator(".average")
    expect(average).to_have_text("65 %")
    assert names_drawn(page) == list(names)

    # A weight, with a decimal comma, is in the average, kept with the class list, and in another tab.
    weight = page.get_by_label("Weight of Waves, 2 September 2026")
    type_into(page, weight, "0,5")
    page.keyboard.press("Enter")
    expect(average).to_have_text("60 %")
    stored = teacher.api.get_class_list(list_id)
    assert stored
    assert stored.gradebook.endswith("~0.5")
    other = page.context.new_page()
    other.goto(f"{teacher.teacher_url}/gradebook?class={list_id}")
    other_weight = other.get_by_label("Weight of Waves, 2 September 2026")
    expect(other_weight).to_have_value("0.5")
    # What is no weight stays in its field, with what to type.
    type_into(page, weight, "half")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“half” is no weight. Type a number")
    expect(weight).to_have_value("half")
    expect(average).to_have_text("60 %")
    type_into(page, weight, "0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(average).to_have_text("50 %")
    # The other tab has not seen that. Its edit is the newer one: the first tab's next edit leaves it alone.
    type_into(other, other_weight, "2")
    other.keyboard.press("Enter")
    expect(line(other, "Ada Lovelace").locator(".average")).to_have_text("70 %")
    other.close()
    type_into(page, page.get_by_label("Weight of Optics, 1 September 2026"), "1,0")
    page.keyboard.press("Enter")
    expect(average).to_have_text("70 %")
    expect(weight).to_have_value("2")
    page.reload()
    expect(average).to_have_text("70 %")

    # An exam that is unticked is gone, and comes back.
    tab_to(page, page.locator(".offered summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("checkbox", name="Optics, 1 September 2026"))
    page.keyboard.press("Space")
    expect(average).to_have_text("80 %")
    expect(page.get_by_label("Weight of Optics")).to_have_count(0)
    page.keyboard.press("Space")
    expect(average).to_have_text("70 %")

    # Sorting puts those without an average last in either direction; filters and the search narrow.
    press(page, "Average")
    expect(page.locator(".gradebook tbody th")).to_have_text(
        ["Ada Lovelace", "Grace Hopper", "=1+1", "Emmy Noether"]
    )
    page.keyboard.press("Enter")
    expect(page.locator(".gradebook tbody th")).to_have_text(
        ["=1+1", "Grace Hopper", "Ada Lovelace", "Emmy Noether"]
    )
    press(page, "by last name")
    assert names_drawn(page) == ["=1+1", "Grace Hopper", "Ada Lovelace", "Emmy Noether"]
    press(page, "Missing grades (1)")
    expect(page.locator(".gradebook tbody th")).to_have_text(["Emmy Noether"])
    expect(line(page, "Emmy Noether").locator(".awaited")).to_have_text("missing")
    press(page, "All (4)")
    type_into(page, page.get_by_label("Find in this class"), "LOVELÂCE ad")
    expect(page.locator(".gradebook tbody th")).to_have_text(["Ada Lovelace"])

    # The files have every student, and no formula.
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV").click()
    text = Path(downloading.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == [
        "Student",
        "Average (%)",
        "Trend",
        "Missing",
        "Optics (2026-09-01)",
        "Waves (2026-09-02)",
    ]
    assert rows[1][4:] == ["1", "2"]
    assert rows[3:] == [
        ["Ada Lovelace", "70", "", "0", "10", "80"],
        ["Grace Hopper", "60", "", "0", "16", "50"],
        ["'=1+1", "20", "", "0", "absent", "20"],
        ["Emmy Noether", "", "", "2", "no grade", ""],
    ]
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Excel (XLSX)").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(downloading.value.path()).read_bytes())).active
    assert sheet["A6"].value == "=1+1"
    assert sheet["A6"].data_type == "s"
    assert sheet["B4"].value == 70


def test_all_rows_and_exams_of_a_large_class_are_printed(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    names = [f"Student {number:03}" for number in range(60)]
    list_id = class_with(teacher, "large", *names)
    for day in range(1, 21):
        exam_with(teacher, "Mechanics", dict.fromkeys(names, "ABSENT" if day % 3 else "12.5"), day=day)
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/gradebook?class={list_id}")
    expect(page.locator(".gradebook tbody tr")).to_have_count(60)
    last = page.locator(".gradebook tbody tr").last
    page.set_viewport_size({"width": 1040, "height": 720})  # of a landscape A4 page within its margins
    page.emulate_media(media="print")
    region = page.get_by_role("region", name="Students and exams")
    assert region.evaluate(
        "one => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1"
    )
    box, frame = last.bounding_box(), region.bounding_box()
    assert box
    assert frame
    assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2


@in_every_look
def test_neither_page_has_a_barrier_that_axe_finds(
    teacher: SignedIn, new_person: Callable[..., Person], options: dict[str, object]
) -> None:
    list_id = class_with(teacher, "looks", "Ada Lovelace", "Grace Hopper", "Ethan Lin", "Ethan Lin")
    looks = {"Ada Lovelace": AWAITED, "Grace Hopper": "ABSENT", "Ethan Lin": "9", "Somebody": "8"}
    exam_with(teacher, "Looks", looks)
    exam_with(teacher, "Levels", {"Ada Lovelace": "Z", "Grace Hopper": "12"}, day=2)
    page = new_person(storage_state=teacher.storage_state, **options).page
    for name, address, shown in (
        ("gradebook", f"gradebook?class={list_id}", page.get_by_role("rowheader", name="Ada Lovelace")),
        ("find", "find", page.get_by_text(re.compile("people in"))),
    ):
        page.goto(f"{teacher.teacher_url}/{address}")
        shown.wait_for()
        if name == "gradebook":
            page.locator(".offered summary").click()
        else:
            page.keyboard.type("ada")
            page.locator(".people a").first.wait_for()
        await_stillness(page)
        if shots := os.environ.get("SHOTS"):
            page.screenshot(path=f"{shots}/{name}-{len(str(options))}.png", full_page=True)
        assert faults_of(page) == []


def test_two_classes_chosen_before_an_answer_show_the_second(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    titles = [f"{number} {new_word()}" for number in range(3)]
    ids = [class_with(teacher, title, f"Student of {title}") for title in titles]
    page = new_person(storage_state=teacher.storage_state).page
    socket = StreamlitSocket(page)
    page.goto(f"{teacher.teacher_url}/gradebook?class={ids[0]}")
    line(page, f"Student of {titles[0]}").wait_for()
    await_answers(page)
    socket.hold_answers()
    for count, title in enumerate(titles[1:], 1):
        page.get_by_label("Class list").click()
        page.get_by_role("option", name=title).click()
        socket.await_held_answers(count)
    socket.release_answers()
    line(page, f"Student of {titles[2]}").wait_for()
    page.wait_for_url(f"**/gradebook?class={ids[2]}")


def test_back_leads_to_the_class_before_and_from_an_exam_to_the_class_that_was_shown(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    words = [new_word() for _ in range(2)]
    for number, word in enumerate(words):
        class_with(teacher, f"{number} {word}", f"Ada {word}")
        exam_with(teacher, f"Exam {word}", {f"Ada {word}": "12"})
    page = new_person(storage_state=teacher.storage_state).page
    page.goto(f"{teacher.teacher_url}/gradebook")
    ada = line(page, f"Ada {words[1]}")
    first_shown = page.get_by_role("combobox", name="Class list").input_value()
    page.get_by_label("Class list").click()
    page.get_by_role("option", name=words[1]).click()
    ada.wait_for()
    page.go_back()
    expect(page.get_by_role("combobox", name="Class list")).to_have_value(first_shown)
    page.go_forward()
    ada.wait_for()
    page.locator(".gradebook thead a[data-open]").first.click()
    expect(page.get_by_role("heading", name=f"Exam {words[1]}")).to_be_visible()
    page.go_back()
    ada.wait_for()
