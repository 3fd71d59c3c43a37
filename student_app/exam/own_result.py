"""One student's own result, found by name or code, with its percentile."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import shown_grade
from shared.model.statistics import percentile
from shared.model.text import name_key

__all__ = ["find_own", "own_sentence"]


def find_own(rows: Iterable[Result], asked: str) -> list[Result]:
    """The rows of this name or code, compared by name_key(); empty if `asked` is blank.

    There are several if several students have the same name.
    """
    wanted = name_key(asked)
    return [row for row in rows if wanted and name_key(row.student) == wanted]


def own_sentence(exam: Exam, frame: pd.DataFrame, row: Result) -> str:
    """The grade and, if it may be shown, its percentile, as plain text. `frame` is from
    frame_from_results()."""
    grade = f"{row.student}: {shown_grade(row.grade, exam.scale)}."
    place = percentile(frame, row.id, exam.audience)
    if place is None:
        return grade
    about = "About " if exam.audience is Audience.CODES else ""
    return f"{grade} {about}{place:.0f} % of the grades are below it (of equal ones, half are counted)."
