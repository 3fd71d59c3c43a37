"""One student's own result, found by name or code, with its percentile."""

from __future__ import annotations

import pandas as pd

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import shown_grade
from shared.model.statistics import percentile

__all__ = ["own_sentence"]


def own_sentence(exam: Exam, frame: pd.DataFrame, row: Result) -> str:
    """The grade and, if it may be shown, its percentile, as plain text. `frame` is from
    frame_from_results()."""
    grade = f"{row.student}: {shown_grade(row.grade, exam.scale)}."
    place = percentile(frame, row.id, exam.audience)
    if place is None:
        return grade
    about = "About " if exam.audience is Audience.CODES else ""
    return f"{grade} {about}{place:.0f} % of the grades are below it (of equal ones, half are counted)."
