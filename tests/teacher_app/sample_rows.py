"""Exams and results as the API gives them, without a backend."""

import datetime as dt
from typing import Any

from shared.model.exam import Audience, Exam, ExamStatus, Result
from shared.model.scales import OUT_OF_20
from tests.builders import new_id

__all__ = ["exam", "result", "results"]

NOW = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)


def exam(**changes: Any) -> Exam:
    values: dict[str, Any] = {
        "id": new_id(),
        "subject": "Physics",
        "date": dt.date(2026, 6, 5),
        "teacher": "M. Curie",
        "scale": OUT_OF_20,
        "status": ExamStatus.DRAFT,
        "audience": Audience.NAMES,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "owner": "sub-of-curie",
    }
    return Exam(**(values | changes))


def result(student: str, grade: str, **changes: Any) -> Result:
    values: dict[str, Any] = {"id": new_id(), "exam_id": new_id(), "version": 1, "is_published": False}
    return Result(student=student, grade=grade, **(values | changes))


def results(*grades: str) -> list[Result]:
    """One row a grade, of different students."""
    return [
        result(f"Student {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[index]}", text) for index, text in enumerate(grades)
    ]
