"""A table and its layout to rows: whom, and what grade, as texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.errors import GradeOutsideScale
from shared.model.grades import parse_grade
from shared.model.scales import PERCENT
from teacher_app.importing.columns import Dialect, Layout
from teacher_app.importing.tables import Table

__all__ = ["SourceRow", "rows_from_table"]

_NO_GRADE = frozenset({"-", "–", "—"})  # what Moodle writes


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One student's texts as they were read or mended. `code` is "" where the source has none."""

    line: int
    person: str
    grade: str
    code: str = ""


def rows_from_table(table: Table, layout: Layout) -> list[SourceRow]:
    """In the order of the table; rows that name nobody and have no grade are left out.

    The layout must be complete.
    """
    assert layout.grade is not None  # noqa: S101  # is_complete
    found: list[SourceRow] = []
    for index, (line, cells) in enumerate(zip(table.lines, table.rows, strict=True)):
        if index in layout.passed_over:
            continue
        person = " ".join(text for column in layout.name_columns if (text := _at(cells, column)))
        grade = _at(cells, layout.grade)
        if layout.dialect is Dialect.MOODLE and grade in _NO_GRADE:
            grade = ""
        if not grade and layout.remark is not None:
            grade = _mark(_at(cells, layout.remark))
        code = "" if layout.code is None else _at(cells, layout.code)
        if person or grade or code:
            found.append(SourceRow(line, person, grade, code))
    return found


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _mark(remark: str) -> str:
    """ "ABSENT" or "EXEMPT" if the remark says so, else ""."""
    try:
        grade = parse_grade(remark, PERCENT)  # marks are the same on every scale
    except GradeOutsideScale:
        return ""
    return grade.text if grade.mark else ""
