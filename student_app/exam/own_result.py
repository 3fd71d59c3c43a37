"""A student's own result in words."""

from __future__ import annotations

from shared.model.exam import Exam, Result
from shared.model.grades import shown_grade
from shared.model.overview import Overview
from shared.model.statistics import read_grade
from shared.model.statistics_texts import PLACE_WORDS

__all__ = ["own_texts"]

_CORRECTED = "✎ This grade was corrected after it had been published."  # as in drawing/own.js


def own_texts(exam: Exam, overview: Overview, row: Result) -> tuple[str, str]:
    """The student with the grade; and its place among all, if that may be shown, and that it was corrected,
    if it was."""
    grade = read_grade(row.grade, exam.scale)
    place = overview.place_of(grade.score) if grade is not None and grade.is_scored else ""
    notes = [f"{place} {PLACE_WORDS}"] if place else []
    if row.is_corrected:
        notes.append(_CORRECTED)
    return f"{row.student}: {shown_grade(row.grade, exam.scale)}", " ".join(notes)
