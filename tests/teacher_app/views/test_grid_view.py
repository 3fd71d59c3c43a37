"""The grid page without a browser: what it shows, what it stores, what it keeps."""

import datetime as dt
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from shared.model.exam import Exam, NewExam, NewResult, Result
from shared.model.scales import OUT_OF_20
from teacher_app.views import navigation
from tests.teacher_app.rows.page_outbox import change_entry, create_entry, delete_entry, outbox_of
from tests.teacher_app.views.desk import Desk


@pytest.fixture
def exam(desk: Desk) -> Exam:
    exam = desk.real_api.create_exam(NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20))
    desk.real_api.create_results(exam.id, [NewResult("Ada", "12"), NewResult("Blaise", "9")])
    return exam


@pytest.fixture
def page(desk: Desk, exam: Exam) -> AppTest:
    return desk.open(navigation.EXAM, exam=exam.id, part="Grid")


def type_into(page: AppTest, exam: Exam, *entries: dict[str, Any]) -> AppTest:
    """As the grid in a browser sends its outbox, with the lines numbered from 1."""
    numbered = [{"line_number": number, **entry} for number, entry in enumerate(entries, 1)]
    page.session_state[f"grid-{exam.id}-grid"] = {"outbox": outbox_of(*numbered)}
    return page.run()


def rows_of(desk: Desk, exam: Exam) -> list[Result]:
    return sorted(desk.real_api.list_results(exam.id), key=lambda row: row.student)


def button(page: AppTest, label: str) -> Any:
    return next(found for found in page.button if found.label == label)


def stored(desk: Desk, exam: Exam) -> list[tuple[str, str]]:
    return sorted((row.student, row.grade) for row in desk.real_api.list_results(exam.id))


def test_an_untouched_grid_says_that_there_is_nothing_to_save(page: AppTest) -> None:
    assert not page.exception
    assert button(page, "Discard my changes").disabled
    assert button(page, "Undo the last save").disabled
    assert page.warning.len == 0
    button(page, "Save").click().run()
    assert page.info[0].value.startswith("Nothing to save")


def test_input_is_stored_on_save_and_reverted_by_undo(page: AppTest, desk: Desk, exam: Exam) -> None:
    ada, _ = rows_of(desk, exam)
    type_into(page, exam, change_entry(ada, grade="13,5"), create_entry("Carl", "abs"))
    assert stored(desk, exam) == [("Ada", "12"), ("Blaise", "9")]
    button(page, "Save 2 changes").click().run()
    assert not page.exception
    assert stored(desk, exam) == [("Ada", "13.5"), ("Blaise", "9"), ("Carl", "ABSENT")]
    button(page, "Undo the last save (2 changes)").click().run()
    assert stored(desk, exam) == [("Ada", "12"), ("Blaise", "9")]


def test_each_invalid_cell_is_explained_and_the_valid_lines_are_stored(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    ada, blaise = rows_of(desk, exam)
    type_into(page, exam, change_entry(ada, grade="25"), change_entry(blaise, grade="10"))
    (warning,) = page.warning
    assert "1 cell to correct" in warning.value
    assert "Line 1, Ada, grade" in warning.value
    assert "above 20" in warning.value
    button(page, "Save 2 changes").click().run()
    assert stored(desk, exam) == [("Ada", "12"), ("Blaise", "10")]
    assert "above 20" in page.warning[0].value
    assert button(page, "Save 1 change")


@pytest.mark.parametrize(
    ("fault", "said"), [("is_down", "does not answer"), ("has_ended", "session has ended")]
)
def test_a_failed_save_keeps_the_input(page: AppTest, desk: Desk, exam: Exam, fault: str, said: str) -> None:
    type_into(page, exam, change_entry(rows_of(desk, exam)[0], grade="13"))
    setattr(desk, fault, True)
    button(page, "Save 1 change").click().run()
    assert any(said in error.value for error in page.error)
    setattr(desk, fault, False)
    button(page, "Save 1 change").click().run()
    assert stored(desk, exam) == [("Ada", "13"), ("Blaise", "9")]
    assert page.error.len == 0


@pytest.mark.parametrize(("choice", "grade"), [("Keep what I typed here", "7"), ("Use the other one", "15")])
def test_a_line_changed_elsewhere_shows_both_values_and_the_teacher_chooses(
    page: AppTest, desk: Desk, exam: Exam, choice: str, grade: str
) -> None:
    ada, _ = rows_of(desk, exam)
    type_into(page, exam, change_entry(ada, grade="7"))
    desk.real_api.update_result(exam.id, ada.id, 1, grade="15")
    button(page, "Save 1 change").click().run()
    assert any("Typed here: **Ada, 7**. Saved there: **Ada, 15**" in text.value for text in page.markdown)
    assert ("Ada", "15") in stored(desk, exam)
    button(page, choice).click().run()
    assert ("Ada", grade) in stored(desk, exam)
    assert not [found for found in page.button if found.label == choice]


def test_resolving_a_conflict_keeps_the_input_on_other_lines(page: AppTest, desk: Desk, exam: Exam) -> None:
    duplicate = create_entry("ada", "7")
    type_into(page, exam, duplicate)
    button(page, "Save 1 change").click().run()
    type_into(page, exam, duplicate, change_entry(rows_of(desk, exam)[1], grade="10"))
    button(page, "Discard what I typed").click().run()
    button(page, "Save 1 change").click().run()
    assert stored(desk, exam) == [("Ada", "12"), ("Blaise", "10")]


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ("Replace 12", [("Blaise", "9"), ("ada", "7")]),
        ("Save as a second result", [("Ada", "12"), ("Blaise", "9"), ("ada", "7")]),
        ("Discard what I typed", [("Ada", "12"), ("Blaise", "9")]),
    ],
)
def test_a_student_who_has_a_result_gets_the_new_grade_or_a_second_one_or_keeps_it(
    page: AppTest, desk: Desk, exam: Exam, choice: str, kept: list[tuple[str, str]]
) -> None:
    type_into(page, exam, create_entry("ada", "7"))
    button(page, "Save 1 change").click().run()
    button(page, choice).click().run()
    assert stored(desk, exam) == kept


def test_the_same_student_with_the_same_grade_is_not_offered_as_a_replacement(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    type_into(page, exam, create_entry("ada", "12,0"))
    button(page, "Save 1 change").click().run()
    assert any("already has this grade" in text.value for text in page.markdown)
    assert not [found for found in page.button if found.label.startswith("Replace")]


def test_changes_are_discarded_on_request(page: AppTest, desk: Desk, exam: Exam) -> None:
    ada, blaise = rows_of(desk, exam)
    type_into(page, exam, change_entry(ada, grade="13"), delete_entry(blaise))
    button(page, "Discard my changes").click().run()
    assert button(page, "Save")  # no changes to count
    assert button(page, "Discard my changes").disabled
    assert stored(desk, exam) == [("Ada", "12"), ("Blaise", "9")]


def test_the_input_is_still_there_after_visiting_another_tab_of_the_exam(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    type_into(page, exam, change_entry(rows_of(desk, exam)[0], grade="13"))
    page.session_state[navigation.PART] = "Details"
    page.run()
    page.session_state[navigation.PART] = "Grid"
    page.run()
    button(page, "Save 1 change").click().run()
    assert stored(desk, exam) == [("Ada", "13"), ("Blaise", "9")]


def test_an_existing_student_without_a_grade_is_named_as_plain_text(
    desk: Desk, page: AppTest, exam: Exam
) -> None:
    """A bold part that ended with a space would show its asterisks."""
    type_into(page, exam, create_entry("ada", ""))
    button(page, "Save 1 change").click().run()
    assert any(text.value.startswith("**ada** is not saved") for text in page.markdown)
