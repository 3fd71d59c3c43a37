"""What every export says of an exam: one row a student, in the order of the students' names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.exam import Audience, Exam, Result

__all__ = ["ExportRow", "export_rows", "file_stem", "has_codes"]


@dataclass(frozen=True, slots=True)
class ExportRow:
    """`code` is "" where the exam shows names; `person` may be "" where it shows codes."""

    result_id: str
    code: str
    person: str
    grade: str


def has_codes(exam: Exam) -> bool:
    """Whether students are shown by codes."""
    return exam.audience is Audience.CODES


def export_rows(exam: Exam, results: Iterable[Result]) -> list[ExportRow]:
    """By name, then by code, then by id."""
    rows = [
        ExportRow(row.id, row.student, row.name or "", row.grade)
        if has_codes(exam)
        else ExportRow(row.id, "", row.student, row.grade)
        for row in results
    ]
    return sorted(rows, key=lambda row: (row.person.casefold(), row.code, row.result_id))


def file_stem(exam: Exam) -> str:
    """A file's name without its ending, safe on every system: letters, digits and hyphens."""
    kept = "".join(character if character.isalnum() else "-" for character in exam.subject.casefold())
    parts = [part for part in kept.split("-") if part]
    return "-".join([exam.date.isoformat(), *parts])[:80]
