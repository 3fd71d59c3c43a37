"""Students × exams of a class list, with averages on a common scale. No I/O.

The common scale is the grade's share between the worst (0 %) and the best (100 %) of its own scale; levels go
by their points, or by their place where they have none; extra credit exceeds 100 %. An average weighs these
shares. A student's average counts only the exams in which this student has a grade: absent, exempt, awaited
and missing ones never count as zeros. So weights need not add up to anything.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.model.class_list import ClassStudent
from shared.model.exam import Exam, Result
from shared.model.grades import AWAITED, Mark, grade_text, shown_grade
from shared.model.scales import Scale
from shared.model.statistics import read_grade
from teacher_app.gradebook.choice import Choice, exam_key
from teacher_app.gradebook.matching import match_students
from teacher_app.rows.commands import person_of

__all__ = [
    "TREND_GRADES_MIN",
    "TREND_STEADY_MAX",
    "Cell",
    "CellKind",
    "Column",
    "Gradebook",
    "Line",
    "cell_of",
    "gradebook_of",
    "trend_of",
    "trend_text",
    "weighted_average",
]

TREND_GRADES_MIN: Final = 4  # with fewer grades there is no trend
TREND_STEADY_MAX: Final = 0.05  # a smaller difference is neither a rise nor a fall


class CellKind(StrEnum):
    """What a student has in an exam. Only GRADE counts in averages."""

    GRADE = "grade"
    ABSENT = "absent"
    EXEMPT = "exempt"
    AWAITED = "awaited"  # on the exam's list, without a grade yet
    NOT_LISTED = "not-listed"  # no result in this exam
    UNREADABLE = "unreadable"  # a grade that does not fit the exam's scale
    UNCLEAR = "unclear"  # one of several results, whose students share a name


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` is as people read it; of UNCLEAR all that it may be. `score` is NaN unless it is a GRADE.
    `comment`: what the student is told, "" for nothing."""

    kind: CellKind
    text: str
    score: float = math.nan
    comment: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether a grade is still to come, or to be asked about."""
        return self.kind in {CellKind.AWAITED, CellKind.NOT_LISTED}


@dataclass(frozen=True, slots=True)
class Column:
    """One exam. `share` is its part of all weights shown, from 0 to 1; `mean` that of the list's scores, None
    without any; `missing` how many students have no grade in it, absent and exempt ones not counted."""

    exam: Exam
    weight: Decimal
    share: float
    mean: float | None
    missing: int


@dataclass(frozen=True, slots=True)
class Line:
    """One student. `average` is a score, None without a grade that counts; `trend` is from trend_of()."""

    student: ClassStudent
    cells: tuple[Cell, ...]
    average: float | None
    trend: float | None
    missing: int


@dataclass(frozen=True, slots=True)
class Gradebook:
    """`lines` in the order of the class list; `columns` by date. `mean` is that of the averages. `others`:
    the people in these exams who are not on the list, and in how many exams they are."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    mean: float | None
    others: tuple[tuple[str, int], ...]


def gradebook_of(
    students: Sequence[ClassStudent], read: Sequence[tuple[Exam, Sequence[Result]]], choice: Choice
) -> Gradebook:
    """The gradebook of these exams, with their results as read."""
    by_date = sorted(read, key=lambda one: (one[0].date, one[0].created_at, one[0].id))
    matches = [match_students(students, exam, results) for exam, results in by_date]
    exams = [exam for exam, _ in by_date]
    weights = [choice.weight(exam_key(exam.id)) for exam in exams]
    total = sum(weights)
    cells = [
        [
            _cell(match.results.get(place), match.unclear.get(place, ()), exam.scale)
            for place in range(len(students))
        ]
        for exam, match in zip(exams, matches, strict=True)
    ]
    columns = tuple(
        Column(
            exam,
            weight,
            float(weight / total) if total else 0.0,
            _mean([cell.score for cell in column if cell.kind is CellKind.GRADE]),
            sum(cell.is_missing for cell in column),
        )
        for exam, weight, column in zip(exams, weights, cells, strict=True)
    )
    lines = tuple(
        _line(student, tuple(column[place] for column in cells), weights)
        for place, student in enumerate(students)
    )
    others = Counter(
        person_of(row, exam.audience) or row.student
        for exam, match in zip(exams, matches, strict=True)
        for row in match.others
    )
    averages = [line.average for line in lines if line.average is not None]
    return Gradebook(columns, lines, _mean(averages), tuple(sorted(others.items())))


def weighted_average(scores: Sequence[float], weights: Sequence[Decimal]) -> float | None:
    """The average of the scores that are numbers; None if their weights are all 0."""
    counted = [
        (score, float(weight)) for score, weight in zip(scores, weights, strict=True) if not math.isnan(score)
    ]
    total = math.fsum(weight for _, weight in counted)
    return math.fsum(score * weight for score, weight in counted) / total if total else None


def trend_of(scores: Sequence[float]) -> float | None:
    """How much better the later half of the scores is than the earlier one, on average; of an odd number the
    middle one is in neither. None with fewer than TREND_GRADES_MIN."""
    half = len(scores) // 2
    if len(scores) < TREND_GRADES_MIN:
        return None
    return math.fsum(scores[-half:]) / half - math.fsum(scores[:half]) / half


def trend_text(trend: float | None) -> str:
    """Such as "rising by 8.3 points", "steady"; "" if there is none. A point is 1 % of the common scale."""
    if trend is None:
        return ""
    if abs(trend) < TREND_STEADY_MAX:
        return "steady"
    return f"{'rising' if trend > 0 else 'falling'} by {abs(100 * trend):.1f} points"


def cell_of(result: Result, scale: Scale) -> Cell:
    """What a student has in an exam, from the one result that is the student's."""
    if result.grade == AWAITED:
        return Cell(CellKind.AWAITED, "")
    grade = read_grade(result.grade, scale)
    if grade is None:
        return Cell(CellKind.UNREADABLE, result.grade)
    if grade.mark is not None:
        kind = CellKind.ABSENT if grade.mark is Mark.ABSENT else CellKind.EXEMPT
        return Cell(kind, grade_text(grade.text))
    return Cell(CellKind.GRADE, shown_grade(grade.text, scale), grade.score)


def _line(student: ClassStudent, cells: tuple[Cell, ...], weights: Sequence[Decimal]) -> Line:
    scores = [cell.score for cell in cells]
    counted = [
        score for score, weight in zip(scores, weights, strict=True) if weight and not math.isnan(score)
    ]
    missing = sum(cell.is_missing for cell in cells)
    return Line(student, cells, weighted_average(scores, weights), trend_of(counted), missing)


def _cell(result: Result | None, unclear: Sequence[Result], scale: Scale) -> Cell:
    if unclear:
        texts = (grade_text(row.grade) or "no grade" for row in unclear)
        return Cell(CellKind.UNCLEAR, " or ".join(texts))
    if result is None:
        return Cell(CellKind.NOT_LISTED, "")
    return replace(cell_of(result, scale), comment=result.comment or "")


def _mean(scores: Sequence[float]) -> float | None:
    return math.fsum(scores) / len(scores) if scores else None
