"""A student's own result in words."""

from __future__ import annotations

from shared.model.exam import Exam, Result
from shared.model.grades import shown_grade
from shared.model.overview import Overview
from shared.model.statistics import read_grade
from shared.model.statistics_texts import PLACE_WORDS

__all__ = ["own_texts"]


def own_texts(exam: Exam, overview: Overview, row: Result) -> tuple[str, str]:
    """The student with the grade, and the grade's place among all; "" if that may not be shown."""
    grade = read_grade(row.grade, exam.scale)
    place = overview.place_of(grade.score) if grade is not None and grade.is_scored else ""
    return f"{row.student}: {shown_grade(row.grade, exam.scale)}", f"{place} {PLACE_WORDS}" if place else ""
