"""Which exams are offered, how they are found, and how they are distinguished."""

import datetime as dt

from shared.model.exam import Exam
from student_app.exam.choosing import OFFERED_MAX, exam_label, matching_exams
from tests.builders import a_published_exam


def exams() -> list[Exam]:
    return [
        a_published_exam(f"Subject {number}", date=dt.date(2026, 1, 1 + number % 28)) for number in range(120)
    ]


def test_few_exams_are_offered_and_all_are_found() -> None:
    many = exams()
    assert len(matching_exams(many, "")) == OFFERED_MAX
    assert [exam.subject for exam in matching_exams(many, "subject 117")] == ["Subject 117"]


def test_a_search_matches_words_in_any_order_and_without_accents() -> None:
    wanted = a_published_exam("Éducation physique")
    found = matching_exams([a_published_exam("Maths"), wanted], "physique EDUCATION curie 2026-06")
    assert found == [wanted]
    assert matching_exams([wanted], "chimie") == []


def test_labels_distinguish_exams() -> None:
    assert exam_label(a_published_exam("Physics")) == "Physics · 18 June 2026 · M. Curie"
