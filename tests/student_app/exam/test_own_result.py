"""A student's own result in words."""

from shared.model.overview import overview_of
from student_app.exam.own_result import own_texts
from tests.builders import a_published_exam, a_result, results_of


def test_my_result_is_a_grade_with_its_place() -> None:
    exam = a_published_exam()
    rows = results_of("10", "12", "14", "16", "18", "ABSENT", exam=exam)
    overview = overview_of(exam, rows)
    grade, place = own_texts(exam, overview, rows[2])
    assert grade == "Student 002: 14"
    assert place.startswith("50 % of the grades are below this one.")
    assert own_texts(exam, overview, rows[-1]) == ("Student 005: absent", "")
    few = rows[:4]
    assert own_texts(exam, overview_of(exam, few), few[0]) == ("Student 000: 10", "")


def test_my_corrected_result_says_so() -> None:
    exam = a_published_exam()
    rows = [a_result("Ada", "9", exam, is_corrected=True)]
    words = "✎ This grade was corrected after it had been published."
    assert own_texts(exam, overview_of(exam, rows), rows[0]) == ("Ada: 9", words)
