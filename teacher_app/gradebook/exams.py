"""Which of a teacher's exams a gradebook reads, offers and shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.model.class_list import ClassStudent
from shared.model.exam import Exam, Result
from teacher_app.gradebook.choice import Choice, exam_key
from teacher_app.gradebook.matching import match_students

__all__ = ["LOOKED_AT_MAX", "OfferedExam", "exams_to_read", "offered_exams"]

LOOKED_AT_MAX: Final = 60  # of the newest exams are read to see whose students they have


@dataclass(frozen=True, slots=True)
class OfferedExam:
    """An exam that the teacher can tick. `student_count` is how many of the list are in it; None if its
    results are not read."""

    exam: Exam
    student_count: int | None
    is_shown: bool


def exams_to_read(exams: Iterable[Exam], choice: Choice) -> list[Exam]:
    """The newest ones with results, but for the unticked; and any that is ticked. `exams`: newest first."""
    with_results = [exam for exam in exams if exam.results_count]
    read = [
        exam for exam in with_results[:LOOKED_AT_MAX] if choice.is_shown(exam_key(exam.id), has_students=True)
    ]
    return read + [
        exam
        for exam in with_results[LOOKED_AT_MAX:]
        if choice.is_shown(exam_key(exam.id), has_students=False)
    ]


def offered_exams(
    exams: Iterable[Exam],
    results: Mapping[str, Sequence[Result]],
    students: Sequence[ClassStudent],
    choice: Choice,
) -> list[OfferedExam]:
    """All exams that have results, in the order given. `results`: by the id of the exams that are read.

    An exam is the list's, and shown unless unticked, if at least half of its results are of students of the
    list, or at least half of the list have a result in it. One pupil of the same name in another class is not
    enough: that grade would be counted here.
    """
    offered = []
    for exam in exams:
        if not exam.results_count:
            continue
        count = None
        is_the_lists = False
        if exam.id in results:
            match = match_students(students, exam, results[exam.id])
            count = len(match.results) + len(match.unclear)
            is_the_lists = count > 0 and 2 * count >= min(len(students), len(results[exam.id]))
        is_shown = choice.is_shown(exam_key(exam.id), has_students=is_the_lists) and exam.id in results
        offered.append(OfferedExam(exam, count, is_shown))
    return offered
