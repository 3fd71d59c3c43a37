"""A table and its layout to rows: whom, and what grade, as texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.grade_words import Word, word_of
from teacher_app.exam.summary_rows import is_summary
from teacher_app.importing.columns import Layout
from teacher_app.importing.tables import Table

__all__ = ["SourceRow", "rows_from_table"]

_HIDDEN = "The workbook hides this row: left out unless you tick it."


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One student's texts as they were read or mended. `code` and `number` are "" where the source has none.

    `flag` says why it seems to be no student's row; such a row is not `is_included` until the teacher says
    so.
    """

    line: int
    person: str
    grade: str
    code: str = ""
    flag: str = ""
    is_included: bool = True
    number: str = ""  # for the teacher's eyes only


def rows_from_table(table: Table, layout: Layout) -> list[SourceRow]:
    """In the order of the table; rows that name nobody and have no grade are left out.

    The layout must be complete.
    """
    result = layout.result
    found: list[SourceRow] = []
    hidden_lines = set(table.hidden_lines)
    for index, (line, cells) in enumerate(zip(table.lines, table.rows, strict=True)):
        if layout.is_passed_over(index):
            continue
        person = " ".join(text for column in layout.name_columns if (text := _at(cells, column)))
        grade = "" if result is None else _at(cells, result.index)
        remark = None if result is None else result.remark
        if remark is not None and (not grade or word_of(grade) is Word.NO_GRADE):
            grade = _mark(_at(cells, remark))
        code = "" if layout.code is None else _at(cells, layout.code)
        number = "" if layout.number is None else _at(cells, layout.number).strip("#")
        if person or grade or code:
            flag = _HIDDEN if line in hidden_lines else _flag(person, cells)
            found.append(SourceRow(line, person, grade, code, flag, is_included=not flag, number=number))
    return found


def _flag(person: str, cells: Sequence[str]) -> str:
    for text in (person, _at(cells, 0)):
        if is_summary(text):
            return f"“{text}” does not look like a student: left out unless you tick it."
    return ""


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _mark(remark: str) -> str:
    """ "ABSENT" or "EXEMPT" if the remark says so, else ""."""
    word = word_of(remark)
    return word.value if word in {Word.ABSENT, Word.EXEMPT} else ""
