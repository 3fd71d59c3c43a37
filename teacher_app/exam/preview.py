"""What students will see of an exam: the same tiles, bars and rows as on their board, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import shown_grade
from shared.model.overview import Overview, overview_of
from shared.model.students import sorted_by_student

__all__ = ["Preview", "preview_of"]


@dataclass(frozen=True, slots=True)
class Preview:
    """`rows` are (student, grade), sorted by what students see as the name. Empty if there is no list."""

    overview: Overview
    rows: tuple[tuple[str, str], ...]


def preview_of(exam: Exam, results: Sequence[Result], language: str = "") -> Preview:
    """The students' view of `results`."""
    listed = [] if exam.audience is Audience.OWN else [row for row in results if not row.is_awaited]
    rows = sorted_by_student(listed, exam.audience, language)
    return Preview(
        overview_of(exam, results),
        tuple((row.student, shown_grade(row.grade, exam.scale)) for row in rows),
    )
