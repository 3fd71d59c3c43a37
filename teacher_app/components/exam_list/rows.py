"""The rows of the list of exams, as its component reads them."""

from __future__ import annotations

from collections.abc import Iterable

from shared.model.exam import Exam
from shared.model.text import date_text

__all__ = ["list_rows"]

_COUNTED_MAX = 1000  # the API stops counting there: 1000 stands for 1000 or more


def list_rows(exams: Iterable[Exam]) -> list[dict[str, object]]:
    """One row per exam, in the given order: id, subject, teacher, date (ISO), dateText, scale, isPublished,
    releaseAt (ISO, "" without an hour), hasCodes, results (a number to sort by), resultsText."""
    return [
        {
            "id": exam.id,
            "subject": exam.subject,
            "teacher": exam.teacher,
            "date": exam.date.isoformat(),
            "dateText": date_text(exam.date),
            "scale": exam.scale.label,
            "isPublished": exam.is_published,
            "releaseAt": "" if exam.release_at is None else exam.release_at.isoformat(),
            "hasCodes": exam.audience.has_codes,
            "results": exam.results_count or 0,
            "resultsText": _count(exam.results_count),
        }
        for exam in exams
    ]


def _count(results: int | None) -> str:
    if results is None:
        return "–"
    return f"{_COUNTED_MAX:,}+" if results >= _COUNTED_MAX else str(results)
