"""A table and its layout to rows: whom, and what grade, as texts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.model.grade_words import Word, word_of
from shared.model.names import fold
from teacher_app.exam.summary_rows import is_summary
from teacher_app.importing.columns import Layout
from teacher_app.importing.comments import comment_from_cell
from teacher_app.importing.headed import Dialect
from teacher_app.reading.headings import Role, role_of_heading
from teacher_app.reading.limits import CELL_MAX
from teacher_app.reading.tables import Table

__all__ = ["SourceRow", "is_cut_short", "number_from_cell", "owners_by_number", "rows_from_table"]

_Key = TypeVar("_Key")
_Owner = TypeVar("_Owner")
_LEFT_OUT = "left out unless you tick it."
_HIDDEN = f"The workbook hides this row: {_LEFT_OUT}"
_NAME_ROLES = frozenset({Role.STUDENT, Role.FIRST_NAME, Role.MIDDLE_NAME, Role.LAST_NAME})
_GROUP = re.compile(
    r"(?:class|classe|clase|klasse|klas|klasa|trida|kurs|course|group|groupe|grupo|gruppe|gruppo|groep|section"
    r"|period|sinif|класс|группа) ?(?:[^\W\d_]|[0-9]{1,3}[^\W_]?)",
)
_OTHER_TABLE_ROLES = frozenset({Role.GRADE, Role.MAXIMUM})
_NO_NUMBER = frozenset({"", "0", "-", "–", "—", "n/a", "na", "none", "null", "nan", "?"})
_WHOLE_NUMBER = re.compile(r"(\d+)\.0")
_CUT_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One student's texts as they were read or corrected; "" where the source has none. The `number` is for
    the teacher alone, the `comment` also for the student.

    `flag` says why it seems to be no student's row; such a row is not `is_included` until the teacher says
    so.
    """

    line: int
    person: str
    grade: str
    code: str = ""
    flag: str = ""
    is_included: bool = True
    number: str = ""
    comment: str = ""


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
        comment = "" if layout.comment is None else _comment(cells, layout.comment, layout)
        column = layout.comment if result is None or result.comment is None else result.comment
        is_open = not grade or word_of(grade) is Word.NO_GRADE
        if is_open and column is not None and layout.dialect is not Dialect.PLAIN:
            remark = _comment(cells, column, layout)
            mark, _, rest = remark.partition("\n")  # as it is filled in where the gradebook has no such grade
            grade = _mark(mark)
            if grade and comment == remark:
                comment = rest.strip()
        code = "" if layout.code is None else _at(cells, layout.code)
        number = "" if layout.number is None else number_from_cell(_at(cells, layout.number))
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
            found.append(
                SourceRow(
                    line, person, grade, code, flag, is_included=not flag, number=number, comment=comment
                )
            )
    return found


def number_from_cell(cell: str) -> str:
    """A student's number as the school writes it, to which zeros in front belong. What programs put around it
    does not: the # that Brightspace writes so that spreadsheets keep the zeros, the apostrophe that is typed
    for the same end, the .0 of a number that was a decimal one for a while."""
    plain = cell.strip().lstrip("#'").strip()
    if fold(plain) in _NO_NUMBER:
        return ""
    whole = _WHOLE_NUMBER.fullmatch(plain)
    return whole[1] if whole else plain


def owners_by_number(
    owned: Iterable[tuple[str | None, _Key, _Owner]],
) -> dict[str, dict[_Key, _Owner]]:
    """Who has each number, by fold() of it: the first owner of each key, such as a name_key(). A number is
    one student's, so several owners are to be corrected."""
    owners: dict[str, dict[_Key, _Owner]] = defaultdict(dict)
    for number, key, owner in owned:
        if number:
            owners[fold(number)].setdefault(key, owner)
    return dict(owners)


def is_cut_short(number: str) -> bool:
    """Whether a spreadsheet has rounded it ("1.23E+11"), so that whose it is cannot be known any more."""
    return _CUT_NUMBER.fullmatch(number) is not None


def _comment(cells: Sequence[str], column: int, layout: Layout) -> str:
    """A cell that was cut stays as long as it is: less of it would be stored without a word."""
    cell = _at(cells, column)
    return comment_from_cell(cell, has_html=layout.has_html and len(cell) < CELL_MAX)


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
