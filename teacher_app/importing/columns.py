"""Which columns of a table hold the names and the grades: recognised where possible, else for the teacher
to choose. Canvas and Moodle exports are known by their headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.model.codes import is_code
from shared.model.errors import GradeOutsideScale
from shared.model.grades import parse_grade
from shared.model.scales import LevelScale, Scale
from teacher_app.importing.files import Kind
from teacher_app.importing.headings import Role, plain_heading, role_of_heading
from teacher_app.importing.tables import Table

__all__ = ["Dialect", "Layout", "column_labels", "is_grade", "moodle_kind", "recognised"]

_SAMPLE_ROWS = 200


class Dialect(StrEnum):
    """Whose export it is."""

    PLAIN = "plain"
    CANVAS = "Canvas"
    MOODLE = "Moodle"
    ONEROSTER = "OneRoster"


@dataclass(frozen=True, slots=True)
class Layout:
    """Indexes of columns. The names of `name_columns` are joined by spaces in that order.

    `grade` is None where the teacher has to choose. `remark` is a column that may say "absent" or "exempt"
    where the grade is blank. `passed_over`: indexes of rows that are no students'. `points_possible` as the
    file says it, "" if it does not.
    """

    dialect: Dialect
    has_heading: bool
    name_columns: tuple[int, ...]
    code: int | None
    grade: int | None
    remark: int | None = None
    passed_over: frozenset[int] = frozenset()
    points_possible: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether rows can be made of it."""
        return self.grade is not None and (bool(self.name_columns) or self.code is not None)


def recognised(
    table: Table, scale: Scale, subject: str, *, kind: Kind = Kind.TEXT, has_heading: bool | None = None
) -> Layout:
    """The layout as far as it can be told. `has_heading` None: find out. `subject` tells which of several
    grade columns is meant."""
    if kind is Kind.ONEROSTER:
        return _oneroster(table, subject)
    if has_heading is None:
        has_heading = _has_heading(table, scale)
    headings = [plain_heading(cell) for cell in table.rows[0]] if has_heading else []
    if _is_canvas(headings):
        return _canvas(table, headings, subject)
    if _is_moodle(headings):
        return _moodle(table, headings, scale, subject)
    if has_heading:
        return _by_headings(table, scale, subject)
    return _by_contents(table, scale)


def column_labels(table: Table, *, has_heading: bool) -> list[str]:
    """Names of the columns for people, each a different one."""
    labels: list[str] = []
    for index in range(table.width):
        heading = _at(table.rows[0], index) if has_heading else ""
        example = next((cell for row in table.rows[:5] if (cell := _at(row, index))), "")
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


def _has_heading(table: Table, scale: Scale) -> bool:
    first = table.rows[0]
    if _is_canvas([plain_heading(cell) for cell in first]):
        return True
    known = sum(role_of_heading(cell) is not None for cell in first)
    return known >= 2 or (known == 1 and not any(cell and is_grade(cell, scale) for cell in first))


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


def _canvas(table: Table, headings: list[str], subject: str) -> Layout:
    choices = [
        index
        for index, heading in enumerate(headings)
        # An exam may be called “*”, of which nothing is left as a plain heading.
        if _at(table.rows[0], index) and heading not in _CANVAS_PERSON and not _CANVAS_TOTALS.search(heading)
    ]
    grade = _chosen(choices, [re.sub(r"\s*\(\d+\)$", "", heading) for heading in headings], subject)
    passed_over = {0}
    points = ""
    # Up to two rows before the students': posting policies, and the points that each column can have.
    for index, row in enumerate(table.rows[1:3], start=1):
        first = plain_heading(row[0])
        if first == "points possible":
            points = _at(row, grade) if grade is not None else ""
        elif first or not any(plain_heading(cell) == "manual posting" for cell in row):
            break
        passed_over.add(index)
        if first:
            break
    names = (0,) if headings[0] == "student" else (1, 0)
    return Layout(Dialect.CANVAS, True, names, None, grade, None, frozenset(passed_over), points)


# Moodle.

_MOODLE_GRADE = re.compile(r"(.* |)\((real|percentage|letter)\)")  # of an item called “*” no word is left


def _is_moodle(headings: Sequence[str]) -> bool:
    roles = {role_of_heading(heading) for heading in headings}
    has_people = {Role.FIRST_NAME, Role.LAST_NAME} <= roles
    return has_people and any(_MOODLE_GRADE.fullmatch(heading) for heading in headings)


def _moodle(table: Table, headings: list[str], scale: Scale, subject: str) -> Layout:
    kinds = {
        index: found for index, heading in enumerate(headings) if (found := _MOODLE_GRADE.fullmatch(heading))
    }
    wanted = moodle_kind(scale)
    choices = [index for index, found in kinds.items() if found[2] == wanted] or list(kinds)
    items = [index for index in choices if kinds[index][1] != "course total "]
    titles = [
        kinds[index][1].rpartition(":")[2].strip() if index in kinds else "" for index in range(len(headings))
    ]
    grade = _chosen(items or choices, titles, subject)
    remark = None
    if grade is not None:
        feedback = f"{kinds[grade][1]}(feedback)"
        remark = headings.index(feedback) if feedback in headings else None
    names = (_with_role(headings, Role.FIRST_NAME), _with_role(headings, Role.LAST_NAME))
    code = _code_column(table, headings)
    return Layout(Dialect.MOODLE, True, names, code, grade, remark, frozenset({0}))


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
    return Layout(Dialect.ONEROSTER, True, (0,), code, grade, passed_over=frozenset({0}))


# Everything else.


def _by_headings(table: Table, scale: Scale, subject: str) -> Layout:
    headings = [plain_heading(cell) for cell in table.rows[0]]
    roles = [role_of_heading(heading) for heading in headings]
    if Role.STUDENT in roles:
        names: tuple[int, ...] = (roles.index(Role.STUDENT),)
    elif Role.FIRST_NAME in roles and Role.LAST_NAME in roles:
        names = (roles.index(Role.FIRST_NAME), roles.index(Role.LAST_NAME))
    else:
        names = tuple(index for index, role in enumerate(roles) if role in {Role.FIRST_NAME, Role.LAST_NAME})
    code = _code_column(table, headings)
    choices = [index for index, role in enumerate(roles) if role is Role.GRADE]
    if not choices:
        taken = {*names, code}
        choices = [
            index
            for index in range(table.width)
            if index not in taken and _share_of_grades(table.rows[1:], index, scale) >= 0.6
        ]
    grade = _chosen(choices, headings, subject)
    return Layout(Dialect.PLAIN, True, names, code, grade, passed_over=frozenset({0}))


def _by_contents(table: Table, scale: Scale) -> Layout:
    rows = table.rows[:_SAMPLE_ROWS]
    columns = range(table.width)
    grades = [index for index in columns if _share_of_grades(rows, index, scale) >= 0.6]
    if table.width == 2 and not grades:
        grades = [1]  # a name, and whatever stands beside it: each row says what is wrong with it
    names = [
        index
        for index in columns
        if index not in grades and _share(rows, index, lambda cell: bool(re.search(r"[^\W\d_]", cell))) >= 0.6
    ]
    # Two columns of words may be first and last names, or a class; several of numbers, several papers.
    name_columns = (names[0],) if len(names) == 1 else ()
    is_clear = len(grades) == 1 and not table.is_comma_ambiguous
    return Layout(Dialect.PLAIN, False, name_columns, None, grades[0] if is_clear else None)


def _chosen(choices: Sequence[int], titles: Sequence[str], subject: str) -> int | None:
    """The only one, or the only one that is called like the exam."""
    if len(choices) == 1:
        return choices[0]
    same = [index for index in choices if titles[index] == plain_heading(subject)]
    return same[0] if len(same) == 1 else None


def _with_role(headings: Sequence[str], role: Role) -> int:
    return next(index for index, heading in enumerate(headings) if role_of_heading(heading) is role)


def _code_column(table: Table, headings: Sequence[str]) -> int | None:
    """A column that is called code and holds codes: other codes, such as of a class, are none of ours."""
    for index, heading in enumerate(headings):
        if role_of_heading(heading) is Role.CODE and _share(table.rows[1:], index, is_code) >= 0.6:
            return index
    return None


def _share_of_grades(rows: Sequence[Sequence[str]], index: int, scale: Scale) -> float:
    return _share(rows[:_SAMPLE_ROWS], index, lambda cell: is_grade(cell, scale))


def _share(rows: Sequence[Sequence[str]], index: int, holds: Callable[[str], bool]) -> float:
    """Of the cells that are filled; 0 where none is."""
    filled = [cell for row in rows if (cell := _at(row, index))]
    return sum(bool(holds(cell)) for cell in filled) / len(filled) if filled else 0.0
