"""Test data: exams and results as the API returns them, and inputs as sent over the wire."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from shared.model.exam import Audience, Exam, ExamStatus, Result
from shared.model.scales import OUT_OF_20

__all__ = [
    "a_published_exam",
    "a_result",
    "an_announced_exam",
    "an_exam",
    "at_version",
    "exam_input",
    "new_id",
    "new_word",
    "result_input",
    "results_of",
]


def new_id() -> str:
    return str(uuid.uuid4())


def new_word() -> str:
    """A word that no other test has, of letters alone: whoever searches for a number does not find it."""
    return uuid.uuid4().hex[:8].translate(str.maketrans("0123456789", "ghijklmnop"))


def an_exam(subject: str = "Mathematics", **changes: Any) -> Exam:
    """A draft with a new id, shown by names."""
    then = dt.datetime(2026, 6, 15, 8, tzinfo=dt.UTC)
    values: dict[str, Any] = {
        "id": new_id(),
        "date": dt.date(2026, 6, 15),
        "teacher": "A. Lovelace",
        "scale": OUT_OF_20,
        "status": ExamStatus.DRAFT,
        "audience": Audience.NAMES,
        "version": 1,
        "created_at": then,
        "updated_at": then,
    }
    return Exam(subject=subject, **(values | changes))


def a_published_exam(subject: str = "Physics", **changes: Any) -> Exam:
    """Another teacher's exam, published."""
    values: dict[str, Any] = {
        "date": dt.date(2026, 6, 18),
        "teacher": "M. Curie",
        "status": ExamStatus.PUBLISHED,
        "version": 2,
    }
    return an_exam(subject, **(values | changes))


def an_announced_exam(subject: str = "Physics", *, seconds_to_release: float = 3600, **changes: Any) -> Exam:
    """Published, with results that come out so much later, on 21 June 2026 at noon UTC."""
    hour = dt.datetime(2026, 6, 21, 12, tzinfo=dt.UTC)
    return a_published_exam(subject, release_at=hour, seconds_to_release=seconds_to_release, **changes)


def a_result(student: str, grade: str, exam: Exam | None = None, **changes: Any) -> Result:
    """A row with a new id, of `exam` or of some draft."""
    values: dict[str, Any] = {
        "id": new_id(),
        "exam_id": new_id() if exam is None else exam.id,
        "version": 1,
        "is_published": exam is not None and exam.is_published,
    }
    return Result(student=student, grade=grade, **(values | changes))


def results_of(*grades: str, exam: Exam | None = None) -> list[Result]:
    """One row per grade, of different students."""
    return [a_result(f"Student {number:03}", grade, exam) for number, grade in enumerate(grades)]


def exam_input() -> dict[str, Any]:
    """A new exam's fields, with a new id."""
    return {
        "id": new_id(),
        "subject": "Mathematics",
        "date": "2026-06-15",
        "teacher": "A. Lovelace",
        "scale": "OUT_OF_20",
        "audience": "NAMES",
    }


def result_input(exam_id: str) -> dict[str, Any]:
    """A new result's fields, with a new id."""
    return {"id": new_id(), "examId": exam_id, "student": "Grace Hopper", "grade": "18.5"}


def at_version(row: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an input that identifies a row and its expected version."""
    which = {"id": row["id"], "expectedVersion": row["version"]}
    return {**which, "examId": row["examId"]} if "examId" in row else which
