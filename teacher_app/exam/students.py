"""Students of an exam or of a class list, and the results without grades that they begin an exam with."""

from __future__ import annotations

from collections.abc import Iterable

from shared.model.class_list import ClassStudent
from shared.model.exam import Exam, Result, new_id
from teacher_app.rows.commands import CreateRow, person_of

__all__ = ["awaited_rows", "students_of"]


def students_of(exam: Exam, results: Iterable[Result]) -> tuple[ClassStudent, ...]:
    """The students of an exam, with numbers and, if it shows them, codes; whoever has no name is left out."""
    has_codes = exam.audience.has_codes
    return tuple(
        ClassStudent(person, row.number, row.student if has_codes else None)
        for row in results
        if (person := person_of(row, exam.audience))
    )


def awaited_rows(students: Iterable[ClassStudent], *, keeps_codes: bool) -> list[CreateRow]:
    """A new result without a grade for each student. A code that is not kept is made anew."""
    return [
        CreateRow(
            new_id(),
            student.name,
            "",
            accepts_duplicate=True,
            code=student.code if keeps_codes else None,
            number=student.number or "",
        )
        for student in students
    ]
