"""The results of many exams as the finder's component reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.model.exam import Exam, Result
from shared.model.text import date_text
from teacher_app.gradebook.gradebook import CellKind, cell_of
from teacher_app.rows.commands import person_of

__all__ = ["finder_data"]

_WORDS = {CellKind.AWAITED: "no grade yet"}


def finder_data(exams: Sequence[Exam], results: Mapping[str, Sequence[Result]]) -> dict[str, object]:
    """`exams` in the order given, and `results`: person, code and number ("" without one), place of the exam,
    grade."""
    return {
        "exams": [
            {
                "id": exam.id,
                "subject": exam.subject,
                "date": date_text(exam.date),
                "isDraft": not exam.is_published,
            }
            for exam in exams
        ],
        "results": [
            (
                person_of(row, exam.audience),
                "" if not exam.audience.has_codes else row.student,
                row.number or "",
                place,
                _grade(row, exam),
            )
            for place, exam in enumerate(exams)
            for row in results.get(exam.id, ())
        ],
    }


def _grade(row: Result, exam: Exam) -> str:
    cell = cell_of(row, exam.scale)
    return _WORDS.get(cell.kind, cell.text)
