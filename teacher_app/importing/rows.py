"""A table and its layout to rows: whom, and what grade, as texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.grade_words import Word, word_of
from shared.model.names import fold
from teacher_app.exam.summary_rows import is_summary
from teacher_app.importing.columns import Layout
from teacher_app.importing.headings import Role, role_of_heading
from teacher_app.importing.tables import Table

__all__ = ["SourceRow", "rows_from_table"]

_LEFT_OUT = "left out unless you tick it."
_HIDDEN = f"The workbook hides this row: {_LEFT_OUT}"
_NAME_ROLES = frozenset({Role.STUDENT, Role.FIRST_NAME, Role.MIDDLE_NAME, Role.LAST_NAME})
_GROUP = re.compile(
    r"(?:class|classe|clase|klasse|klas|klasa|trida|kurs|course|group|groupe|grupo|gruppe|gruppo|groep|section"
    r"|period|sinif|класс|группа) ?(?:[^\W\d_]|[0-9]{1,3}[^\W_]?)",
)
_OTHER_TABLE_ROLES = frozenset({Role.GRADE, Role.MAXIMUM})


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
    other_table = ""  # the heading of another table below the students
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
        is_heading = bool(role_of_heading(grade)) or is_summary(grade)
        if is_heading and role_of_heading(person) in _OTHER_TABLE_ROLES:
            other_table = person  # such as how often each grade was given
        if person or grade or code:
            flag = _flag(person, cells)
            if line in hidden_lines:
                flag = _HIDDEN
            elif (is_heading and _are_name_headings(person)) or (result and not grade and _is_group(person)):
                flag = f"“{person}” heads the students below: {_LEFT_OUT}"
            elif other_table and not flag:
                flag = f"Below “{other_table}”, the heading of another table: {_LEFT_OUT}"
            found.append(SourceRow(line, person, grade, code, flag, is_included=not flag, number=number))
    return found


def _flag(person: str, cells: Sequence[str]) -> str:
    """Why the row seems to be no student's; "" if it does not."""
    for text in (person, *(cells[:1] if person else cells)):
        if is_summary(text):
            return f"“{text}” does not look like a student: {_LEFT_OUT}"
    return ""


def _are_name_headings(text: str) -> bool:
    """ "Name", "Nom Prénom"."""
    words = text.split()
    return bool(words) and (
        role_of_heading(text) in _NAME_ROLES or all(role_of_heading(word) in _NAME_ROLES for word in words)
    )


def _is_group(text: str) -> bool:
    """ "Group A", "Klasse 7b"."""
    return _GROUP.fullmatch(fold(text)) is not None


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _mark(remark: str) -> str:
    """ "ABSENT" or "EXEMPT" if the remark says so, else ""."""
    word = word_of(remark)
    return word.value if word in {Word.ABSENT, Word.EXEMPT} else ""
