"""Stored rows as the schema's objects. The schema's directives decide who may see a field, except for `name`,
`number` and `comment`, and for `student` where each student sees the own result only.

These are included only on request: for the exam's owner, in the answer to a query; the comment also for
whoever has the code. In answers to mutations, and so in events, they are always null and empty. Whether an
exam's hour has come is decided at each answer, by the time `now_s` (epoch seconds) of this backend's clock;
nothing acts when it comes.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import asdict

from deploy.local.backend.storage.class_lists import ClassList
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import Result

__all__ = [
    "WireObject",
    "are_results_public",
    "batch_object",
    "class_list_object",
    "exam_object",
    "result_object",
]

WireObject = dict[str, object]


def are_results_public(exam: Exam, now_s: float) -> bool:
    """Whether everybody may see the results that have a grade."""
    return exam.is_published and _seconds_to_release(exam, now_s) == 0


def exam_object(exam: Exam, now_s: float) -> WireObject:
    """All fields of `Exam`, without `resultsCount`: only queries answer that."""
    return {
        "id": exam.id,
        "subject": exam.subject,
        "date": exam.date,
        "teacher": exam.teacher,
        "scale": exam.scale,
        "status": "PUBLISHED" if exam.is_published else "DRAFT",
        "audience": exam.audience,
        "listed": exam.is_listed,
        "published": exam.is_published and exam.is_listed,
        "releaseAt": exam.release_at,
        "secondsToRelease": _seconds_to_release(exam, now_s),
        "version": exam.version,
        "createdAt": exam.created_at,
        "updatedAt": exam.updated_at,
        "owner": exam.owner,
        "resultsCount": None,
    }


def result_object(
    result: Result,
    exam: Exam,
    now_s: float,
    *,
    for_owner: bool = False,
    with_student: bool = False,
    with_comment: bool = False,
) -> WireObject:
    """All fields of `Results`. An awaited result is never readable: subscribers are filtered on that.

    `for_owner`: with everything that is the owner's alone.
    """
    is_readable = are_results_public(exam, now_s) and not result.is_awaited
    return {
        "id": result.id,
        "examId": result.exam_id,
        "student": result.student if for_owner or with_student or not exam.is_own_result_only else "",
        "grade": result.grade,
        "readable": is_readable,
        "published": is_readable and exam.is_listed,
        "version": result.version,
        "createdAt": result.created_at,
        "updatedAt": result.updated_at,
        "owner": exam.owner,
        "name": result.name if for_owner else None,
        "number": result.number if for_owner else None,
        "comment": result.comment if for_owner or with_comment else None,
        "corrected": is_readable and _is_corrected(result, exam),
    }


def _is_corrected(result: Result, exam: Exam) -> bool:
    """Whether the grade was changed, or taken back, since the results came to be public."""
    return result.regraded_at is not None and result.regraded_at > (exam.public_since or "")


def batch_object(results: Sequence[Result], exam: Exam, now_s: float) -> WireObject:
    """All fields of `ResultsBatch`, its rows ordered by their random ids; awaited ones only if all are.

    The event shows everybody these rows: the order in which they were entered could identify the
    people behind codes, and awaited results are the owner's alone.
    """
    graded = [result for result in results if not result.is_awaited]
    shown = sorted(graded or results, key=lambda result: result.id)
    is_readable = are_results_public(exam, now_s) and bool(graded)
    return {
        "examId": exam.id,
        "readable": is_readable,
        "published": is_readable and exam.is_listed,
        "items": [result_object(result, exam, now_s) for result in shown],
        "owner": exam.owner,
    }


def class_list_object(stored: ClassList, *, with_students: bool = True) -> WireObject:
    """All fields of `ClassList`."""
    return {
        "id": stored.id,
        "title": stored.title,
        "studentCount": len(stored.students),
        "students": [asdict(student) for student in stored.students] if with_students else None,
        "gradebook": stored.gradebook,
        "version": stored.version,
        "createdAt": stored.created_at,
        "updatedAt": stored.updated_at,
    }


def _seconds_to_release(exam: Exam, now_s: float) -> float:
    if exam.release_at is None:
        return 0.0
    milliseconds = 1000 * (dt.datetime.fromisoformat(exam.release_at).timestamp() - now_s)
    return max(0, math.ceil(milliseconds)) / 1000  # rounded up: 0 would be too early
