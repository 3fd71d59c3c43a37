"""Several result columns of one file are made exams in one go: each complete, or not at all."""

import datetime as dt
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from shared.model.exam import Exam, NewExam
from shared.model.grades import AWAITED
from shared.model.scales import OUT_OF_20, describe
from teacher_app.views import navigation
from tests.teacher_app.importing.test_gradebooks import SAMPLES
from tests.teacher_app.views.desk import Desk
from tests.teacher_app.views.test_import_view import press, says

BLACKBOARD = (SAMPLES / "blackboard.xls").read_bytes()


@pytest.fixture
def exam(desk: Desk) -> Exam:
    return desk.real_api.create_exam(NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20))


def look(desk: Desk, exam: Exam, data: bytes = BLACKBOARD) -> AppTest:
    page = desk.open(navigation.EXAM, exam=exam.id, part="Import")
    page.file_uploader[0].upload("gc_full.xls", data, "application/octet-stream").run()
    assert not page.exception
    return press(page, "Look at the columns")


def exams_of(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """The results of each exam by its subject; fails for two of one subject."""
    mine = list(desk.real_api.list_my_exams())
    found = {
        exam.subject: sorted((row.student, row.grade) for row in desk.real_api.list_results(exam.id))
        for exam in mine
    }
    assert len(found) == len(mine)
    return found


MADE = {
    "Optics": [],
    "Mathematics": [("Ada Lovelace", "14.5"), ("Grace Hopper", AWAITED), ("José Peña", "7")],
    "Quiz 3": [("Ada Lovelace", "9"), ("Grace Hopper", "8"), ("José Peña", AWAITED)],
}


def test_an_exam_is_made_of_each_column(desk: Desk, exam: Exam) -> None:
    page = look(desk, exam)
    shown = page.dataframe[0].value
    assert list(shown["Exam"]) == ["Mathematics", "Quiz 3"]
    assert list(shown["Scale"]) == ["out of 20, passed: 10 or more", "out of 10, passed: 5 or more"]
    assert list(shown["What becomes of it"]) == ["3 students, new"] * 2
    press(page, "Make 2 exams")
    assert says(page, "2 exams made, as drafts that you alone see")
    assert exams_of(desk) == MADE
    made = {one.subject: one for one in desk.real_api.list_my_exams()}
    assert {describe(made[subject].scale) for subject in ("Mathematics", "Quiz 3")} == set(shown["Scale"])
    assert {(one.date, one.teacher, one.is_published) for one in made.values()} == {
        (dt.date(2026, 6, 5), "M. Curie", False)
    }


def test_each_exam_has_its_own_comments_and_all_have_the_numbers(desk: Desk, exam: Exam) -> None:
    text = (
        '"Student ID","Name","# Student Number","Algebra [20]","* Algebra","Essay [20]","* Essay"\n'
        '"a1","Lovelace, Ada","00123","14","Good work.","9","Too short."\n'
        '"a2","Lovelace, Ada","00124","12","","18","Fine."\n'
    )
    page = look(desk, exam, text.encode())
    press(page, "Make 2 exams")
    made = {one.subject: one.id for one in desk.real_api.list_my_exams()}

    def rows_of(subject: str) -> list[tuple[str | None, ...]]:
        rows = desk.real_api.list_results(made[subject])
        return sorted((row.student, row.number, row.grade, row.comment) for row in rows)

    ada = "Lovelace, Ada"
    assert rows_of("Algebra") == [(ada, "00123", "14", "Good work."), (ada, "00124", "12", None)]
    assert rows_of("Essay") == [(ada, "00123", "9", "Too short."), (ada, "00124", "18", "Fine.")]


def test_columns_can_be_left_out(desk: Desk, exam: Exam) -> None:
    page = look(desk, exam)
    page.multiselect[-1].set_value([7]).run()
    press(page, "Make 1 exam")
    assert exams_of(desk) == {"Optics": [], "Quiz 3": MADE["Quiz 3"]}


def test_nothing_is_made_of_a_column_with_a_row_to_correct(desk: Desk, exam: Exam) -> None:
    page = look(desk, exam, b"First name;Last name;Quiz 1;Quiz 2\nAda;Lovelace;14;25\nBo;King;9;8")
    assert says(page, "line 2, Ada Lovelace", "“25” is above 20")
    press(page, "Make 1 exam")
    assert exams_of(desk) == {"Optics": [], "Quiz 1": [("Ada Lovelace", "14"), ("Bo King", "9")]}
    assert list(page.dataframe[0].value["What becomes of it"]) == ["✓ 2 results saved", "✗ Not made"]


def test_a_lost_connection_is_gone_on_from_and_nothing_is_made_twice(
    desk: Desk, exam: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = look(desk, exam)
    create_results = desk.real_api.create_results

    def goes_down_after_one(*arguments: Any) -> Any:
        desk.is_down = True
        return create_results(*arguments)

    monkeypatch.setattr(desk.real_api, "create_results", goes_down_after_one)
    press(page, "Make 2 exams")
    assert says(page, "server does not answer", "1 exam made, 1 not yet")
    monkeypatch.undo()
    desk.is_down = False
    press(page, "Continue")
    assert says(page, "2 exams made")
    assert exams_of(desk) == MADE


def test_after_a_lost_page_the_same_file_completes_what_was_begun(
    desk: Desk, exam: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = look(desk, exam)
    create_exam = desk.real_api.create_exam

    def goes_down_after_one(*arguments: Any) -> Any:
        desk.is_down = True
        return create_exam(*arguments)

    monkeypatch.setattr(desk.real_api, "create_exam", goes_down_after_one)
    press(page, "Make 2 exams")
    assert exams_of(desk) == {"Optics": [], "Mathematics": []}
    monkeypatch.undo()
    desk.is_down = False
    again = look(desk, exam)
    assert list(again.dataframe[0].value["What becomes of it"]) == [
        "3 students, completes the draft that is there",
        "3 students, new",
    ]
    press(again, "Make 2 exams")
    assert exams_of(desk) == MADE
    press(look(desk, exam), "Make 2 exams")
    assert exams_of(desk) == MADE


def test_a_published_exam_of_that_name_is_not_written_to(desk: Desk, exam: Exam) -> None:
    there = desk.real_api.create_exam(NewExam("Quiz 3", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20))
    desk.real_api.publish_exam(there.id, there.version)
    page = look(desk, exam)
    assert says(page, "You have an exam of this subject and date already")
    press(page, "Make 1 exam")
    assert exams_of(desk) == {**MADE, "Quiz 3": []}
