"""The gradebook and the search for a student, against the embedded backend, without a browser."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from streamlit.testing.v1 import AppTest

from shared.model.class_list import ClassStudent, NewClassList
from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.grades import AWAITED
from shared.model.scales import LETTERS, OUT_OF_20, PERCENT, Scale
from teacher_app.gradebook.choice import exam_key
from teacher_app.gradebook.keeping import store_edits
from teacher_app.views import navigation
from tests.backend_process import RunningBackend
from tests.builders import new_id
from tests.teacher_app.views.desk import Desk

CLASS = ("Ada Lovelace", "Grace Hopper", "Emmy Noether")


def class_list(desk: Desk, *names: str, title: str = "7a") -> str:
    students = tuple(ClassStudent(name) for name in names or CLASS)
    return desk.real_api.create_class_list(NewClassList(title, students)).id


def exam_with(
    desk: Desk, grades: dict[str, str], subject: str = "Optics", scale: Scale = OUT_OF_20, day: int = 1
) -> Exam:
    exam = desk.real_api.create_exam(NewExam(subject, dt.date(2026, 9, day), "M. Curie", scale))
    for is_awaited in (True, False):
        rows = [NewResult(name, grade) for name, grade in grades.items() if (grade == AWAITED) is is_awaited]
        if rows:
            desk.real_api.create_results(exam.id, rows)
    return exam


def drawn(page: AppTest, component: str) -> dict[str, Any]:
    """What a component of the page was given to draw."""
    assert not page.exception
    (found,) = [one for one in page.get("bidi_component") if one.proto.component_name.endswith(component)]
    data: dict[str, Any] = json.loads(found.proto.json)
    return data


def averages(page: AppTest) -> dict[str, str]:
    return {one["name"]: one["average"] for one in drawn(page, "gradebook_table")["students"]}


def subjects(page: AppTest) -> list[str]:
    return [exam["subject"] for exam in drawn(page, "gradebook_table")["exams"]]


def words(page: AppTest) -> str:
    return " ".join(
        one.value for one in [*page.markdown, *page.info, *page.warning, *page.error, *page.caption]
    )


def test_the_students_of_a_list_have_their_grades_of_all_its_exams(desk: Desk) -> None:
    class_list(desk)
    exam_with(desk, {"Lovelace, Ada": "15", "grace hopper": "ABSENT", "Emmy Noether": AWAITED})
    exam_with(desk, {"Ada Lovelace": "A", "Grace Hopper": "C", "Somebody Else": "F"}, "Essay", LETTERS, day=2)
    page = desk.open(navigation.GRADEBOOK)
    data = drawn(page, "gradebook_table")
    assert subjects(page) == ["Optics", "Essay"]
    assert {one["name"]: [cell[:2] for cell in one["cells"]] for one in data["students"]} == {
        "Ada Lovelace": [["grade", "15"], ["grade", "A"]],
        "Grace Hopper": [["absent", "absent"], ["grade", "C"]],
        "Emmy Noether": [["awaited", ""], ["not-listed", ""]],
    }
    assert [one["missing"] for one in data["students"]] == [0, 0, 2]
    assert averages(page)["Emmy Noether"] == "–"
    assert "do not count" in words(page)
    assert "1 name in these exams, not on the list" in [one.label for one in page.expander]


def keep(desk: Desk, list_id: str, text: str) -> None:
    stored = desk.real_api.get_class_list(list_id)
    assert stored
    desk.real_api.update_class_list(list_id, stored.version, gradebook=text)


def test_weights_and_ticks_of_the_class_list_are_followed(desk: Desk) -> None:
    list_id = class_list(desk)
    first = exam_with(desk, {"Ada Lovelace": "10", "Grace Hopper": "20"}, "Optics")
    second = exam_with(desk, {"Ada Lovelace": "20", "Grace Hopper": "20"}, "Waves", day=2)
    third = exam_with(desk, {"Ada Lovelace": "0", "Grace Hopper": "0"}, "Heat", day=3)
    keep(desk, list_id, f"{exam_key(first.id)}~3_{exam_key(third.id)}~off")
    page = desk.open(navigation.GRADEBOOK)
    assert subjects(page) == ["Optics", "Waves"]
    assert averages(page)["Ada Lovelace"] == "62.5 %"
    data = drawn(page, "gradebook_table")
    assert [exam["share"] for exam in data["exams"]] == ["75 %", "25 %"]
    assert [exam["id"] for exam in data["offered"]] == [third.id, second.id, first.id]
    assert [exam["isShown"] for exam in data["offered"]] == [False, True, True]


def test_an_exam_of_another_class_with_one_of_the_names_is_offered_and_not_counted(desk: Desk) -> None:
    list_id = class_list(desk)
    exam_with(desk, {"Ada Lovelace": "10", "Grace Hopper": "20"}, "Optics")
    of_7b = {f"Pupil {number}": "5" for number in range(10)} | {"Ada Lovelace": "0"}
    other = exam_with(desk, of_7b, "Optics of 7b", day=2)
    page = desk.open(navigation.GRADEBOOK)
    assert subjects(page) == ["Optics"]
    assert averages(page)["Ada Lovelace"] == "50 %"
    assert "1 other exam with some of these students can be ticked" in words(page)
    keep(desk, list_id, f"{exam_key(other.id)}~on")
    assert subjects(desk.open(navigation.GRADEBOOK)) == ["Optics", "Optics of 7b"]


def test_the_weight_of_an_exam_deleted_meanwhile_does_no_harm_and_goes_with_the_next_edit(desk: Desk) -> None:
    list_id = class_list(desk)
    exam = exam_with(desk, {"Ada Lovelace": "10"})
    gone = exam_with(desk, {}, "Gone")
    keep(desk, list_id, f"{exam_key(gone.id)}~2")
    desk.real_api.delete_exam(gone.id, gone.version)
    page = desk.open(navigation.GRADEBOOK)
    assert subjects(page) == ["Optics"]
    stored = desk.real_api.get_class_list(list_id)
    assert stored
    after, faults = store_edits(desk.real_api, stored, {"weights": {exam.id: "5"}}, [exam.id])
    assert (after.gradebook, faults) == (f"{exam_key(exam.id)}~5", {})


def test_edits_of_two_tabs_to_two_exams_are_both_stored(desk: Desk) -> None:
    list_id = class_list(desk)
    exams = [exam_with(desk, {"Ada Lovelace": "10"}, subject) for subject in ("Optics", "Waves")]
    ids = [exam.id for exam in exams]
    seen = desk.real_api.get_class_list(list_id)
    assert seen
    store_edits(desk.real_api, seen, {"weights": {ids[0]: "2"}}, ids)
    after, faults = store_edits(desk.real_api, seen, {"weights": {ids[1]: "3", ids[0]: "no"}}, ids)
    assert set(after.gradebook.split("_")) == {f"{exam_key(ids[0])}~2", f"{exam_key(ids[1])}~3"}
    assert list(faults) == [ids[0]]
    assert desk.real_api.get_class_list(list_id) == after


def test_two_students_of_one_name_are_named_and_do_not_count(desk: Desk) -> None:
    class_list(desk, "Ethan Lin", "Ethan Lin", "Ada Lovelace")
    exam_with(desk, {"Ethan Lin": "10", "ETHAN LIN": "20", "Ada Lovelace": "12"})
    page = desk.open(navigation.GRADEBOOK)
    assert averages(page) == {"Ethan Lin": "–", "Ada Lovelace": "60 %"}
    assert "Not told apart: Ethan Lin." in words(page)


def test_drafts_are_shown_as_drafts(desk: Desk) -> None:
    class_list(desk)
    exam = exam_with(desk, {"Ada Lovelace": "10"})
    assert [one["isDraft"] for one in drawn(desk.open(navigation.GRADEBOOK), "gradebook_table")["exams"]] == [
        True
    ]
    desk.real_api.publish_exam(exam.id, exam.version)
    assert [one["isDraft"] for one in drawn(desk.open(navigation.GRADEBOOK), "gradebook_table")["exams"]] == [
        False
    ]


def test_without_lists_students_or_exams_the_page_says_what_to_do(desk: Desk) -> None:
    assert "You have no class list yet" in words(desk.open(navigation.GRADEBOOK))
    desk.real_api.create_class_list(NewClassList("empty", ()))
    assert "no students yet" in words(desk.open(navigation.GRADEBOOK))
    list_id = class_list(desk)
    page = desk.open(navigation.GRADEBOOK, **{"class": list_id})
    assert "No exam is shown" in words(page)
    assert list(averages(page)) == list(CLASS)
    assert "There is no such class list" in words(desk.open(navigation.GRADEBOOK, **{"class": new_id()}))


def test_what_was_read_stays_when_the_connection_is_lost(desk: Desk) -> None:
    class_list(desk)
    exam_with(desk, {"Ada Lovelace": "10"})
    page = desk.open(navigation.GRADEBOOK)
    desk.is_down = True
    page.run()
    assert len(page.error) == 1
    assert averages(page)["Ada Lovelace"] == "50 %"
    desk.is_down = False
    page.run()
    assert averages(page)["Ada Lovelace"] == "50 %"


def test_another_teachers_exams_are_not_read(desk: Desk, backend: RunningBackend) -> None:
    other = Desk(backend, f"teacher-{new_id()[:8]}")
    try:
        exam = exam_with(other, {"Ada Lovelace": "10"}, "Not yours")
        other.real_api.publish_exam(exam.id, exam.version)
    finally:
        other.close()
    keep(desk, class_list(desk), f"{exam_key(exam.id)}~on")
    assert subjects(desk.open(navigation.GRADEBOOK)) == []


def test_every_student_of_every_exam_can_be_found(desk: Desk) -> None:
    exam_with(desk, {"Ada Lovelace": "10", "Grace Hopper": AWAITED})
    coded = desk.real_api.create_exam(
        NewExam("Waves", dt.date(2026, 9, 2), "M. Curie", PERCENT, Audience.CODES)
    )
    desk.real_api.create_result(coded.id, NewResult("ABC234", "85", "Ada Lovelace", number="17"))
    data = drawn(desk.open(navigation.FIND), "student_finder")
    assert data["isComplete"] is True
    found = {
        (person, code, number, data["exams"][place]["subject"], grade)
        for person, code, number, place, grade in data["results"]
    }
    assert found == {
        ("Ada Lovelace", "", "", "Optics", "10"),
        ("Grace Hopper", "", "", "Optics", "no grade yet"),
        ("Ada Lovelace", "ABC234", "17", "Waves", "85"),
    }
