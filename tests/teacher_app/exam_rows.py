"""Rows of a file, read in the same way as the import reads them."""

from collections.abc import Iterable
from dataclasses import replace

from shared.model.exam import Exam, Result
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import recognised
from teacher_app.importing.outcomes import Choices, Repeated
from teacher_app.importing.rows import SourceRow, rows_from_table
from teacher_app.reading.files import Source, source_from_file

__all__ = ["read_rows", "rows_of_file"]


def rows_of_file(source: Source | bytes, exam: Exam) -> list[SourceRow]:
    """Of the first table, as it is recognised, with every row ticked."""
    if isinstance(source, bytes):
        source = source_from_file(source)
    table = next(iter(source.tables.values()))
    rows = rows_from_table(table, recognised(table, exam.scale, exam.subject, kind=source.kind))
    return [replace(row, is_included=True) for row in rows]


def read_rows(source: Source | bytes, exam: Exam, there: Iterable[Result] = ()) -> list[tuple[str, str, str]]:
    """Code, person and grade of each row; fails if a row is not accepted."""
    checked = check_rows(rows_of_file(source, exam), exam, there, Choices(repeated=Repeated.ALL))
    assert [(one.row, one.reason) for one in checked if not one.outcome.is_saved] == []
    return [(one.row.code, one.row.person, one.grade) for one in checked]
