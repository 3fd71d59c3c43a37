"""A gradebook as its component reads it."""

from __future__ import annotations

from collections.abc import Sequence

from shared.model.scales import PERCENT, number_text
from shared.model.statistics import has_mean, rate_text, score_text
from shared.model.text import date_text
from teacher_app.exam.wording import count_text
from teacher_app.gradebook.exams import OfferedExam
from teacher_app.gradebook.gradebook import (
    TREND_STEADY_MAX,
    Cell,
    CellKind,
    Column,
    Gradebook,
    Line,
    trend_text,
)

__all__ = ["gradebook_data"]


def gradebook_data(book: Gradebook, offered: Sequence[OfferedExam]) -> dict[str, object]:
    """`exams`, `students` (each with as many `cells` as there are exams), `offered` exams with their ticks,
    and `mean`. What ends in By is a number to sort by, null where there is none."""
    return {
        "exams": [_exam(column) for column in book.columns],
        "students": [_student(line) for line in book.lines],
        "offered": [_offered(one) for one in offered],
        "mean": score_text(book.mean, PERCENT),
    }


def _exam(column: Column) -> dict[str, object]:
    exam = column.exam
    return {
        "id": exam.id,
        "subject": exam.subject,
        "date": date_text(exam.date),
        "scale": exam.scale.label,
        "isDraft": not exam.is_published,
        "weight": number_text(column.weight),
        "share": rate_text(column.share),
        # Of levels without points no mean is one of the levels: it is shown on the common scale.
        "mean": score_text(column.mean, exam.scale if has_mean(exam.scale) else PERCENT),
        "missing": column.missing,
    }


def _student(line: Line) -> dict[str, object]:
    student = line.student
    return {
        "name": student.name,
        "number": student.number or "",
        "code": student.code or "",
        "average": score_text(line.average, PERCENT),
        "averageBy": line.average,
        "trend": _trend_sign(line.trend),
        "trendText": trend_text(line.trend),
        "trendBy": line.trend,
        "missing": line.missing,
        "cells": [_cell(cell) for cell in line.cells],
    }


def _trend_sign(trend: float | None) -> str:
    if trend is None:
        return ""
    if abs(trend) < TREND_STEADY_MAX:
        return "→"
    return f"{'↗' if trend > 0 else '↘'} {abs(100 * trend):.0f}"


def _cell(cell: Cell) -> tuple[str, str, float | None]:
    return cell.kind.value, cell.text, cell.score if cell.kind is CellKind.GRADE else None


def _offered(one: OfferedExam) -> dict[str, object]:
    count = "" if one.student_count is None else count_text(one.student_count, "student") + " of the list"
    return {
        "id": one.exam.id,
        "text": f"{one.exam.subject}, {date_text(one.exam.date)}",
        "count": count,
        "isShown": one.is_shown,
    }
