"""One student's own result among all: found by name or code, with its place. No Streamlit."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import shown_grade
from shared.model.statistics import percentile
from shared.model.text import name_key

__all__ = ["find_own", "own_sentence"]


def find_own(rows: Iterable[Result], asked: str) -> list[Result]:
    """The rows of that name or code; case, spaces and forms of the same letters do not count.

    Several where several students have one name. None for an empty question.
    """
    wanted = name_key(asked)
    return [row for row in rows if wanted and name_key(row.student) == wanted]


def own_sentence(exam: Exam, frame: pd.DataFrame, row: Result) -> str:
    """The grade and, as far as it may be told, its place: plain text. `frame` is frame_from_results'."""
    grade = f"{row.student}: {shown_grade(row.grade, exam.scale)}."
    place = percentile(frame, row.id, exam.audience)
    if place is None:
        return grade
    about = "About " if exam.audience is Audience.CODES else ""
    return f"{grade} {about}{place:.0f} % of the grades are below it (of equal ones, half are counted)."
