"""Class lists against the embedded backend, without a browser: making, choosing, changing, deleting."""

from __future__ import annotations

import datetime as dt

import pytest
from streamlit.testing.v1 import AppTest

from shared.model.class_list import ClassList, ClassStudent, NewClassList
from shared.model.exam import Audience, NewExam, NewResult
from shared.model.grades import AWAITED
from shared.model.scales import OUT_OF_20
from teacher_app.views import navigation
from tests.teacher_app.views.desk import Desk

STUDENTS = (ClassStudent("Ada Lovelace", "17", "ABC234"), ClassStudent("Grace Hopper"))


def lists(desk: Desk) -> list[ClassList]:
    found = [desk.real_api.get_class_list(one.id) for one in desk.real_api.list_class_lists()]
    return [one for one in found if one is not None]


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.success, *page.info, *page.error])


def made_by_paste(desk: Desk, title: str, text: str) -> AppTest:
    page = desk.open(navigation.CLASSES)
    assert not page.exception
    next(one for one in page.text_input if one.placeholder == "7a").set_value(title)
    page.text_area[0].set_value(text)
    return press(page, "Make the class list")


def test_a_class_list_is_made_of_pasted_names(desk: Desk) -> None:
    page = made_by_paste(desk, "7a", "Ada Lovelace\nHopper, Grace")
    assert "“7a” is stored with 2 students" in words(page)
    (stored,) = lists(desk)
    assert stored.title == "7a"
    assert [one.name for one in stored.students or ()] == ["Ada Lovelace", "Hopper, Grace"]


def test_numbers_and_codes_beside_the_names_are_kept(desk: Desk) -> None:
    made_by_paste(desk, "7b", "Name\tStudent number\tCode\nAda Lovelace\t4017\tABC234\nBob\t4022\tXYZ789")
    (stored,) = lists(desk)
    assert stored.students == (
        ClassStudent("Ada Lovelace", "4017", "ABC234"),
        ClassStudent("Bob", "4022", "XYZ789"),
    )


def test_it_is_said_who_is_left_out_of_a_new_list_and_who_is_in_it_twice(desk: Desk) -> None:
    page = made_by_paste(desk, "7_a_", "Ada Lovelace\nGrace Hopper\nlovelace, ada\nZoë  O’Neil\nAverage")
    said = words(page).replace("\\", "")
    assert "“7_a_” is stored with 4 students" in said
    assert "does not look like a student: Average." in said
    assert "More than once in it: Ada Lovelace." in said
    (stored,) = lists(desk)
    assert [one.name for one in stored.students or ()] == [
        "Ada Lovelace",
        "Grace Hopper",
        "lovelace, ada",
        "Zoë  O’Neil",
    ]


def test_two_of_one_name_with_numbers_are_two_students(desk: Desk) -> None:
    page = made_by_paste(desk, "7a", "Name\tStudent number\nAda Lovelace\t4017\nAda Lovelace\t4022")
    assert "with 2 students" in words(page)
    assert "More than once" not in words(page)


def test_a_number_that_two_names_share_is_pointed_out(desk: Desk) -> None:
    page = made_by_paste(desk, "7a", "Name\tStudent number\nAda\t4017\nGrace\t4017\nAlan\t4018")
    said = words(page).replace("\\", "")
    assert "The number 4017 is that of Ada and Grace: correct it below." in said


@pytest.mark.parametrize(
    ("title", "text", "says"),
    [
        ("", "Ada", "title is empty"),
        ("7a", "", ""),
        ("7a", "Name\tStudent number\nAda\t1.23E+11\nBo\t1.23E+11\nCy\t7", "cut the number of Ada short"),
    ],
)
def test_a_list_that_cannot_be_made_says_why(desk: Desk, title: str, text: str, says: str) -> None:
    page = made_by_paste(desk, title, text)
    assert page.error
    assert says in page.error[0].value
    assert lists(desk) == []


def test_an_exam_begins_with_the_students_of_a_class_list_and_their_codes(desk: Desk) -> None:
    made = desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = desk.open(navigation.NEW)
    next(one for one in page.text_input if one.label == "Subject").set_value("Optics").run()
    page.radio[0].set_value(Audience.CODES).run()
    next(one for one in page.selectbox if one.label.startswith("Students")).set_value(made.id).run()
    next(one for one in page.checkbox if one.label.startswith("Students keep")).check().run()
    press(page, "Create the exam")
    (exam,) = desk.real_api.list_my_exams()
    rows = {row.name: row for row in desk.real_api.list_results(exam.id)}
    assert {row.grade for row in rows.values()} == {AWAITED}
    assert rows["Ada Lovelace"].student == "ABC234"
    assert {name: row.number for name, row in rows.items()} == {one.name: one.number for one in STUDENTS}
    assert set(rows) == {"Ada Lovelace", "Grace Hopper"}


def test_an_exam_makes_a_class_list_with_its_codes(desk: Desk) -> None:
    new = NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20, Audience.CODES)
    exam = desk.real_api.create_exam(new)
    desk.real_api.create_result(exam.id, NewResult("ABC234", "14", "Ada Lovelace", number="0017"))
    page = desk.open(navigation.EXAM, exam=exam.id, part="Details")
    press(page, "Make a class list of its 1 student")
    assert "Stored" in words(page)
    (stored,) = lists(desk)
    assert stored.title == "Optics, 5 June 2026"
    assert stored.students == (ClassStudent("Ada Lovelace", "0017", "ABC234"),)


def test_a_class_list_is_renamed_and_deleted_and_exams_keep_their_students(desk: Desk) -> None:
    desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = desk.open(navigation.CLASSES)
    page.text_input[0].set_value("8a").run()
    assert "This counts for the next exams" in words(page)
    press(page, "Save the class list")
    (stored,) = lists(desk)
    assert (stored.title, stored.students) == ("8a", STUDENTS)
    press(page, "Delete the class list …")
    press(page, "Delete it")
    assert lists(desk) == []


def test_a_name_being_changed_stays_while_the_gradebook_keeps_a_weight(desk: Desk) -> None:
    made = desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = desk.open(navigation.CLASSES)
    page.text_input[0].set_value("8a").run()
    desk.real_api.update_class_list(made.id, 1, gradebook="3f2a90c1b7de~2")
    page.run()
    assert page.text_input[0].value == "8a"
    press(page, "Save the class list")
    (stored,) = lists(desk)
    assert (stored.title, stored.gradebook, stored.version) == ("8a", "3f2a90c1b7de~2", 3)


def choose(page: AppTest, list_id: str) -> AppTest:
    return page.selectbox[0].set_value(list_id).run()


def two_lists(desk: Desk) -> list[str]:
    return [desk.real_api.create_class_list(NewClassList(title, STUDENTS)).id for title in ("7a", "7b")]


def test_what_is_changed_of_a_list_stays_while_another_is_looked_at(desk: Desk) -> None:
    first, second = two_lists(desk)
    page = desk.open(navigation.CLASSES)
    page.text_input[0].set_value("8a").run()
    choose(page, second)
    assert page.text_input[0].value == "7b"
    assert "Not saved yet: 7a" in words(page)
    choose(page, first)
    assert page.text_input[0].value == "8a"
    press(page, "Save the class list")
    assert sorted(one.title for one in lists(desk)) == ["7b", "8a"]
    assert "Not saved yet" not in words(choose(page, second))


def test_changes_are_discarded_at_a_press(desk: Desk) -> None:
    two_lists(desk)
    page = desk.open(navigation.CLASSES)
    assert "Discard my changes" not in [button.label for button in page.button]
    page.text_input[0].set_value("8a").run()
    press(page, "Discard my changes")
    assert page.text_input[0].value == "7a"


@pytest.mark.parametrize(("press_on", "kept"), [("Save mine", "8a"), ("Keep what is stored", "7x")])
def test_a_list_that_was_changed_elsewhere_too_is_the_teachers_to_choose(
    desk: Desk, press_on: str, kept: str
) -> None:
    made = desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = desk.open(navigation.CLASSES)
    page.text_input[0].set_value("8a").run()
    desk.real_api.update_class_list(made.id, 1, title="7x")
    press(page, "Save the class list")
    assert [one.title for one in lists(desk)] == ["7x"]
    assert "changed elsewhere meanwhile; it is now “7x”" in page.warning[0].value
    assert page.text_input[0].value == "8a"
    press(page, press_on)
    assert [one.title for one in lists(desk)] == [kept]
    assert page.text_input[0].value == kept
    assert not page.warning


def test_a_list_that_was_changed_elsewhere_is_shown_as_it_is_now(desk: Desk) -> None:
    made = desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = desk.open(navigation.CLASSES)
    desk.real_api.update_class_list(made.id, 1, title="7x")
    page.run()
    assert page.text_input[0].value == "7x"
    assert not page.warning


def test_changes_of_a_list_that_was_deleted_elsewhere_are_not_lost_without_a_word(desk: Desk) -> None:
    first, _second = two_lists(desk)
    page = desk.open(navigation.CLASSES)
    page.text_input[0].set_value("8a").run()
    desk.real_api.delete_class_list(first, 1)
    page.run()
    assert page.warning[0].value == "“7a” was deleted elsewhere. What you changed of it is not saved."
    page.run()
    assert not page.warning


def test_a_new_list_is_the_one_that_is_shown_then(desk: Desk) -> None:
    desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = made_by_paste(desk, "7b", "Alan Turing")
    assert page.text_input[0].value == "7b"
    assert [one.value for one in page.text_area] == [""]


def test_what_is_changed_stays_while_the_server_does_not_answer(desk: Desk) -> None:
    desk.real_api.create_class_list(NewClassList("7a", STUDENTS))
    page = desk.open(navigation.CLASSES)
    page.text_input[0].set_value("8a").run()
    desk.is_down = True
    page.run()
    assert "The server does not answer" in words(page)
    press(page, "Save the class list")
    assert page.text_input[0].value == "8a"
    desk.is_down = False
    press(page, "Save the class list")
    assert [one.title for one in lists(desk)] == ["8a"]


def test_of_two_lists_of_one_name_each_can_be_chosen(desk: Desk) -> None:
    for student in STUDENTS:
        desk.real_api.create_class_list(NewClassList("7a", (student,)))
    page = desk.open(navigation.CLASSES)
    assert page.selectbox[0].options == ["7a (1 student)", "7a (1 student), no. 2"]
    for one in lists(desk):
        choose(page, one.id)
        assert one.students is not None
        assert one.students[0].name in " ".join(part.proto.body for part in page.get("html"))
