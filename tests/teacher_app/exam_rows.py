"""Exams and rows for tests of files: made here, stored nowhere."""

import datetime as dt
import uuid
from collections.abc import Iterable

from shared.model.exam import Audience, Exam, ExamStatus, Result
from shared.model.scales import OUT_OF_20, Scale
from teacher_app.importing.checking import Choices, Repeated, check_rows
from teacher_app.importing.columns import recognised
from teacher_app.importing.files import Source, source_from_file
from teacher_app.importing.rows import SourceRow, rows_from_table

__all__ = ["exam_of", "read_rows", "result_of", "rows_of_file"]

_THEN = dt.datetime(2026, 6, 15, 8, tzinfo=dt.UTC)


def exam_of(
    scale: Scale = OUT_OF_20, audience: Audience = Audience.NAMES, subject: str = "Mathematics"
) -> Exam:
    return Exam(
        str(uuid.UUID(int=1)),
        subject,
        dt.date(2026, 6, 15),
        "A. Lovelace",
        scale,
        ExamStatus.DRAFT,
        audience,
        1,
        _THEN,
        _THEN,
    )


def result_of(exam: Exam, student: str, grade: str, name: str | None = None, *, number: int = 1) -> Result:
    """`number` makes the id."""
    return Result(str(uuid.UUID(int=number)), exam.id, student, grade, 1, False, name=name)


def rows_of_file(source: Source | bytes, exam: Exam) -> list[SourceRow]:
    """Of the first table, as it is recognised."""
    if isinstance(source, bytes):
        source = source_from_file(source)
    table = next(iter(source.tables.values()))
    return rows_from_table(table, recognised(table, exam.scale, exam.subject, kind=source.kind))


def read_rows(data: bytes, exam: Exam, there: Iterable[Result] = ()) -> list[tuple[str, str, str]]:
    """Code, person and grade of each row, all of which must be good."""
    checked = check_rows(rows_of_file(data, exam), exam, there, Choices(repeated=Repeated.ALL))
    assert [(one.row, one.reason) for one in checked if not one.fate.is_saved] == []
    return [(one.row.code, one.row.person, one.grade) for one in checked]
