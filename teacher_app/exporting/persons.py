"""The student of a row as other programs expect it."""

from __future__ import annotations

from shared.model.exam import Exam, Result
from teacher_app.rows.commands import person_of

__all__ = ["has_codes", "shown_person", "split_name"]


def shown_person(row: Result, exam: Exam) -> str:
    """The student's name; the code if an exam with codes has no name for it."""
    return person_of(row, exam.audience) or row.student


def split_name(name: str) -> tuple[str, str]:
    """First and last name, which joined by a space are `name` again. A single word is a last name."""
    first, space, last = name.rpartition(" ")
    is_whole = bool(space) and first.strip() == first and last.strip() == last and bool(first and last)
    return (first, last) if is_whole else ("", name)


def has_codes(exam: Exam) -> bool:
    """Whether the exam shows students by code."""
    return exam.audience.has_codes
