"""Which columns of a table hold the names and the grades: recognised where possible, else for the teacher
to choose. Canvas and Moodle exports are known by their headings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.model.codes import is_code
from shared.model.errors import GradeOutsideScale
from shared.model.grade_words import word_of
from shared.model.grades import parse_grade
from shared.model.scales import LevelScale, Scale
from teacher_app.importing.files import Kind
from teacher_app.importing.headings import Role, item_title, plain_heading, points_in_heading, role_of_heading
from teacher_app.importing.tables import Table

__all__ = [
    "FIND",
    "HEADING_ROWS",
    "NO_GRADES",
    "Dialect",
    "Layout",
    "column_labels",
    "is_grade",
    "moodle_kind",
    "recognised",
]

_SAMPLE_ROWS = 200
FIND = -1  # in the place of a heading's row: find it
NO_GRADES = -1  # in the place of the column of grades: there is none
_LETTER = re.compile(r"[^\W\d_]")
HEADING_ROWS = 12  # a heading is looked for in so many rows
_NAME_ROLES = frozenset({Role.STUDENT, Role.FIRST_NAME, Role.LAST_NAME})


class Dialect(StrEnum):
    """Whose export it is."""

    PLAIN = "plain"
    CANVAS = "Canvas"
    MOODLE = "Moodle"
    ONEROSTER = "OneRoster"


@dataclass(frozen=True, slots=True)
class Layout:
    """Indexes of columns. The names of `name_columns` are joined by spaces in that order.

    `grade` is None where the teacher has to choose, or where the table is a list of names (`has_grades` is
    False). `remark` is a column that may say "absent" or "exempt" where the grade is blank. `passed_over`:
    indexes of rows that are no students'. `points_possible` as the file says it, "" if it does not.
    """

    dialect: Dialect
    heading_row: int | None
    name_columns: tuple[int, ...]
    code: int | None
    grade: int | None
    remark: int | None = None
    passed_over: frozenset[int] = frozenset()
    points_possible: str = ""
    has_grades: bool = True

    @property
    def has_heading(self) -> bool:
        return self.heading_row is not None

    @property
    def is_complete(self) -> bool:
        """Whether rows can be made of it."""
        return (self.grade is not None or not self.has_grades) and (
            bool(self.name_columns) or self.code is not None
        )


def recognised(
    table: Table, scale: Scale, subject: str, *, kind: Kind = Kind.TEXT, heading_row: int | None = FIND
) -> Layout:
    """The layout as far as it can be recognised. `heading_row` is the row with the headings, None where the
    table has none. `subject` tells which of several grade columns is meant: a column with that title is
    taken; else the only one that is headed as a grade, unless other columns could be grades too; else the
    only one whose cells are grades."""
    if kind is Kind.ONEROSTER:
        return _oneroster(table, subject)
    if heading_row == FIND:
        heading_row = _heading_row(table, scale)
    if heading_row is None:
        return _by_contents(table, scale)
    cells = _cells(table, heading_row)
    headings = [plain_heading(cell) for cell in cells]
    if _is_canvas(headings):
        return _canvas(table, heading_row, headings, subject)
    if _is_moodle(headings):
        return _moodle(table, heading_row, headings, scale, subject)
    return _by_headings(table, heading_row, scale, subject)


def column_labels(table: Table, *, heading_row: int | None) -> list[str]:
    """Names of the columns for people, each a different one."""
    labels: list[str] = []
    first = 0 if heading_row is None else heading_row
    for index in range(table.width):
        heading = "" if heading_row is None else _at(table.rows[heading_row], index)
        example = next((cell for row in table.rows[first : first + 5] if (cell := _at(row, index))), "")
        label = heading or (f"Column {index + 1} ({example[:20]})" if example else f"Column {index + 1}")
        labels.append(f"{label} ({index + 1})" if label in labels else label)
    return labels


def is_grade(text: str, scale: Scale) -> bool:
    """Whether it can be read as one."""
    try:
        parse_grade(text, scale)
    except GradeOutsideScale:
        return False
    return True


def _at(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _cells(table: Table, row: int) -> list[str]:
    """The cells of a row, as many as the table is wide."""
    return [_at(table.rows[row], index) for index in range(table.width)]


def _heading_row(table: Table, scale: Scale) -> int | None:
    """The first row, or one of the next that is clearly a heading below lines of a title."""
    first = table.rows[0]
    if _is_canvas([plain_heading(cell) for cell in first]):
        return 0
    known = [role_of_heading(cell) for cell in first]
    found = len(known) - known.count(None)
    if found >= 2 or (found == 1 and not any(cell and is_grade(cell, scale) for cell in first)):
        return 0
    for index, row in enumerate(table.rows[1:HEADING_ROWS], start=1):
        roles = {role for cell in row if (role := role_of_heading(cell))}
        if len(roles) >= 2 and roles & _NAME_ROLES:
            return index
    return None


# Canvas.

_CANVAS_TOTALS = re.compile(
    r"(?:unposted )?(?:current|final|override) (?:score|points|grade|status)(?: \(.*\))?"
)
_CANVAS_PERSON = {
    *(
        "student",
        "lastname",
        "firstname",
        "id",
        "sis user id",
        "sis login id",
        "integration id",
        "root account",
    ),
    *("section", "notes"),
}


def _is_canvas(headings: Sequence[str]) -> bool:
    has_names = headings[:1] == ["student"] or headings[:2] == ["lastname", "firstname"]
    return has_names and "id" in headings[:3] and "section" in headings


_CANVAS_POLICIES = frozenset({"manual posting", "muted"})


def _canvas(table: Table, heading_row: int, headings: list[str], subject: str) -> Layout:
    cells = _cells(table, heading_row)
    choices = [
        index
        for index, heading in enumerate(headings)
        # An exam may be called “*”, of which nothing is left as a plain heading.
        if cells[index] and heading not in _CANVAS_PERSON and not _CANVAS_TOTALS.search(heading)
    ]
    grade = _chosen(choices, [re.sub(r"\s*\(\d+\)$", "", heading) for heading in headings], subject)
    passed_over = set(range(heading_row + 1))
    points = ""
    # A few rows before the students': posting policies, and the points that each column can have.
    for index, row in enumerate(table.rows[heading_row + 1 : heading_row + 4], start=heading_row + 1):
        first = plain_heading(row[0])
        if first == "points possible":
            points = _at(row, grade) if grade is not None else ""
        elif first or not any(plain_heading(cell) in _CANVAS_POLICIES for cell in row):
            break
        passed_over.add(index)
        if first:
            break
    names = (0,) if headings[0] == "student" else (1, 0)
    return Layout(Dialect.CANVAS, heading_row, names, None, grade, None, frozenset(passed_over), points)


# Moodle.

_MOODLE_GRADE = re.compile(
    r"(.* |)\((?:(?P<real>real|punkte|r[ée]elle|brut|valore|reale|punten|cijfer|wartość|gerçek|оценка)"
    r"|(?P<percentage>percentage|prozentsatz|pourcentage|porcentaje|percentuale|porcentagem|procent|yüzde)"
    r"|(?P<letter>letter|buchstabe|lettre|letra|lettera))\)"
)  # of an item called “*” no word is left


def _is_moodle(headings: Sequence[str]) -> bool:
    roles = {role_of_heading(heading) for heading in headings}
    has_people = {Role.FIRST_NAME, Role.LAST_NAME} <= roles
    return has_people and any(_MOODLE_GRADE.fullmatch(heading) for heading in headings)


_COURSE_TOTALS = frozenset(
    {"course total ", "kurs gesamt ", "total du cours ", "total del curso ", "totale corso ", "cursustotaal "}
)
_FEEDBACK = ("feedback", "rückmeldung", "retroalimentación", "comentarios", "commentaire", "commento")


def _moodle(table: Table, heading_row: int, headings: list[str], scale: Scale, subject: str) -> Layout:
    kinds = {
        index: found for index, heading in enumerate(headings) if (found := _MOODLE_GRADE.fullmatch(heading))
    }
    wanted = moodle_kind(scale)
    choices = [index for index, found in kinds.items() if found.lastgroup == wanted] or list(kinds)
    items = [index for index in choices if kinds[index][1] not in _COURSE_TOTALS]
    titles = [
        kinds[index][1].rpartition(":")[2].strip() if index in kinds else "" for index in range(len(headings))
    ]
    grade = _chosen(items or choices, titles, subject)
    remark = None
    if grade is not None:
        feedback = [f"{kinds[grade][1]}({word})" for word in _FEEDBACK]
        remark = next((index for index, heading in enumerate(headings) if heading in feedback), None)
    names = (_with_role(headings, Role.FIRST_NAME), _with_role(headings, Role.LAST_NAME))
    code = _code_column(table, heading_row, headings)
    passed_over = frozenset(range(heading_row + 1))
    points = "" if grade is None else points_in_heading(kinds[grade][1])
    return Layout(Dialect.MOODLE, heading_row, names, code, grade, remark, passed_over, points)


def moodle_kind(scale: Scale) -> str:
    """The way in which Moodle writes the grades of that scale: "real", "percentage" or "letter"."""
    if isinstance(scale, LevelScale):
        return "real" if scale.is_pass_fail else "letter"
    return "percentage" if scale.is_percent else "real"


# OneRoster, as oneroster.py lays it out.


def _oneroster(table: Table, subject: str) -> Layout:
    titles = [plain_heading(cell) for cell in table.rows[0]]
    code = 1 if any(_at(row, 1) for row in table.rows[1:]) else None
    grade = _chosen(range(2, len(titles)), titles, subject)
    return Layout(Dialect.ONEROSTER, 0, (0,), code, grade, passed_over=frozenset({0}))


# Everything else.


def _by_headings(table: Table, heading_row: int, scale: Scale, subject: str) -> Layout:
    cells = _cells(table, heading_row)
    roles = [role_of_heading(cell) for cell in cells]
    rows = table.rows[heading_row + 1 :]
    code = _code_column(table, heading_row, cells)
    names = _name_columns(rows, roles)
    wanted = plain_heading(subject)
    titles = [
        index
        for index, cell in enumerate(cells)
        if index != code
        and roles[index] not in {*_NAME_ROLES, Role.OTHER}
        and wanted in {plain_heading(cell), item_title(cell)}
    ]
    if titles and wanted:
        choices = titles
    else:
        headed = [index for index, role in enumerate(roles) if role is Role.GRADE]
        others = [
            index
            for index, role in enumerate(roles)
            if role is None
            and index != code
            and not _is_sequence(rows, index)
            and _share_of_grades(rows, index, scale) >= 0.6
        ]
        choices = [*headed, *others]
    grade = choices[0] if len(choices) == 1 and not table.is_comma_ambiguous else None
    points = "" if grade is None else _points(rows, roles, cells[grade])
    passed_over = frozenset(range(heading_row + 1))
    has_grades = bool(choices) or None in roles
    return Layout(
        Dialect.PLAIN, heading_row, names, code, grade, None, passed_over, points, has_grades=has_grades
    )


def _name_columns(rows: Sequence[Sequence[str]], roles: Sequence[Role | None]) -> tuple[int, ...]:
    """First, middle and last name together; else the whole name. Numbers are nobody's name."""

    def has_role(*wanted: Role) -> list[int]:
        return [index for index, role in enumerate(roles) if role in wanted and _has_names(rows, index)]

    first, last, whole = has_role(Role.FIRST_NAME), has_role(Role.LAST_NAME), has_role(Role.STUDENT)
    if first and last:
        return (first[0], *has_role(Role.MIDDLE_NAME)[:1], last[0])
    if first and whole:
        return (first[0], whole[0])  # beside a first name, “Name” is the last name
    if whole:
        return (whole[0],)
    if Role.STUDENT in roles and not {Role.FIRST_NAME, Role.LAST_NAME} & set(roles):
        return (roles.index(Role.STUDENT),)  # numbers for everybody, as in anonymous marking
    words = [index for index, role in enumerate(roles) if role is None and _has_names(rows, index)]
    # One part of a name beside a column of unknown words: the other part may be there.
    return () if words else tuple([*first, *last][:1])


def _has_names(rows: Sequence[Sequence[str]], index: int) -> bool:
    filled = any(_at(row, index) for row in rows[:_SAMPLE_ROWS])
    return (
        not filled or _share(rows[:_SAMPLE_ROWS], index, lambda cell: _LETTER.search(cell) is not None) >= 0.5
    )


def _is_sequence(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Whether the cells count up from 1, or from a number of three digits or more, as roll numbers do."""
    cells = [_at(row, index) for row in rows[:_SAMPLE_ROWS] if any(row)]
    if len(cells) < 3 or not all(cell.isdecimal() for cell in cells):
        return False
    if 1 < int(cells[0]) < 100:
        return False
    return all(int(after) - int(before) == 1 for before, after in itertools.pairwise(cells))


def _points(rows: Sequence[Sequence[str]], roles: Sequence[Role | None], heading: str) -> str:
    """How many points are possible, by the heading of the grades or by a column of maxima."""
    for index, role in enumerate(roles):
        values = {cell for row in rows if (cell := _at(row, index))}
        if role is Role.MAXIMUM and len(values) == 1:
            return values.pop()
    return points_in_heading(heading)


def _by_contents(table: Table, scale: Scale) -> Layout:
    rows = table.rows[:_SAMPLE_ROWS]
    columns = range(table.width)
    grades = [
        index
        for index in columns
        if _share_of_grades(rows, index, scale) >= 0.6 and not (table.width > 2 and _is_sequence(rows, index))
    ]
    if not grades and _is_list_of_names(table):
        return Layout(Dialect.PLAIN, None, (1, 0) if table.width == 2 else (0,), None, None, has_grades=False)
    if table.width == 2 and not grades:
        grades = [1]  # a name, and whatever stands beside it: each row says what is wrong with it
    names = [
        index
        for index in columns
        if index not in grades and _share(rows, index, lambda cell: _LETTER.search(cell) is not None) >= 0.6
    ]
    # Two columns of words may be first and last names, or a class; several of numbers, several papers.
    name_columns = (names[0],) if len(names) == 1 else ()
    is_clear = len(grades) == 1 and not table.is_comma_ambiguous
    return Layout(Dialect.PLAIN, None, name_columns, None, grades[0] if is_clear else None)


def _is_list_of_names(table: Table) -> bool:
    """One name a line, or “Lovelace, Ada”; not a name and a grade that does not fit the scale."""
    is_name = re.compile(r"[^\W\d_][^\d]*").fullmatch
    if table.width == 2 and table.delimiter != ",":
        return False
    return table.width <= 2 and all(
        len(row) >= table.width
        and all(is_name(cell) and word_of(cell) is None for cell in row[: table.width])
        for row in table.rows
    )


def _chosen(choices: Sequence[int], titles: Sequence[str], subject: str) -> int | None:
    """The only one, or the only one that is called like the exam."""
    if len(choices) == 1:
        return choices[0]
    same = [index for index in choices if titles[index] == plain_heading(subject)]
    return same[0] if len(same) == 1 else None


def _with_role(headings: Sequence[str], role: Role) -> int:
    return next(index for index, heading in enumerate(headings) if role_of_heading(heading) is role)


def _code_column(table: Table, heading_row: int, headings: Sequence[str]) -> int | None:
    """A column that is called code and holds codes: other codes, such as of a class, are none of ours."""
    for index, heading in enumerate(headings):
        if (
            role_of_heading(heading) is Role.CODE
            and _share(table.rows[heading_row + 1 :], index, is_code) >= 0.6
        ):
            return index
    return None


def _share_of_grades(rows: Sequence[Sequence[str]], index: int, scale: Scale) -> float:
    return _share(rows[:_SAMPLE_ROWS], index, lambda cell: is_grade(cell, scale))


def _share(rows: Sequence[Sequence[str]], index: int, holds: Callable[[str], bool]) -> float:
    """Of the cells that are filled; 0 where none is."""
    filled = [cell for row in rows if (cell := _at(row, index))]
    return sum(bool(holds(cell)) for cell in filled) / len(filled) if filled else 0.0
