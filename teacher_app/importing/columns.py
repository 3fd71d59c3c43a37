"""Which columns of a table hold the names and the results: recognised where possible, else for the teacher
to choose."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from shared.model.codes import is_any_code
from shared.model.errors import GradeOutsideScale
from shared.model.grade_words import word_of
from shared.model.grades import Grade, parse_grade
from shared.model.scales import NumberScale, Scale
from teacher_app.importing.gradebooks import found_gradebook
from teacher_app.importing.headed import Dialect, Found, Headed, ResultColumn, commented
from teacher_app.reading.files import Kind
from teacher_app.reading.headings import (
    Role,
    heads_results,
    item_title,
    plain_heading,
    points_in_heading,
    role_of_heading,
)
from teacher_app.reading.tables import Table

__all__ = [
    "FIND",
    "GRADE_CELL_MAX",
    "HEADING_ROWS",
    "NO_GRADES",
    "Layout",
    "column_labels",
    "grade_or_none",
    "is_grade",
    "recognised",
    "with_grade",
]

_SAMPLE_ROWS = 200
FIND = -1  # in the place of a heading's row: find it
NO_GRADES = -1  # in the place of the column of grades: there is none
GRADE_CELL_MAX = 200  # characters; a longer cell is no grade, and is not looked at for one
HEADING_ROWS = 12  # a heading is looked for in so many rows
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"[-−]?\d{1,4}(?:[.,]\d{1,20})?(?: ?%| ?/ ?\d{1,4}(?:[.,]\d{1,2})?)?")
_LINE_ITEM = re.compile(r"(?P<title>.*?)(?: \[(?P<points>[0-9.,]+)\])?", re.DOTALL)
_NAME_ROLES = frozenset({Role.STUDENT, Role.FIRST_NAME, Role.LAST_NAME})
_NO_RESULTS = frozenset({*_NAME_ROLES, Role.MIDDLE_NAME, Role.NUMBER, Role.MAXIMUM, Role.OTHER, Role.COMMENT})


@dataclass(frozen=True, slots=True)
class Layout:
    """Indexes of columns. The names of `name_columns` are joined by spaces in that order.

    `grade` is None where the teacher has to choose, or where the table is a list of names (`has_grades` is
    False). `number`: the students' numbers, for the teacher alone. `comment`: what each student is told, in
    HTML if `has_html`. `results`: all columns that may hold the results of an exam. `first_row` is the first
    below the heading, which may have two rows; `groups` is what the upper one says above the columns of the
    other. `skipped`: so many rows below the heading are a gradebook's own.
    """

    dialect: Dialect
    heading_row: int | None
    first_row: int
    name_columns: tuple[int, ...]
    code: int | None
    grade: int | None
    number: int | None = None
    comment: int | None = None
    results: tuple[ResultColumn, ...] = ()
    groups: tuple[str, ...] = ()
    skipped: int = 0
    has_grades: bool = True
    has_html: bool = False

    @property
    def has_heading(self) -> bool:
        return self.heading_row is not None

    @property
    def is_complete(self) -> bool:
        """Whether rows can be made of it."""
        return (self.grade is not None or not self.has_grades) and (
            bool(self.name_columns) or self.code is not None
        )

    @property
    def result(self) -> ResultColumn | None:
        """What is known of the column with the grades."""
        if self.grade is None:
            return None
        return next((one for one in self.results if one.index == self.grade), ResultColumn(self.grade))

    @property
    def points_possible(self) -> str:
        """As the file says it for the column with the grades, "" if it does not."""
        return "" if self.result is None else self.result.points

    @property
    def points(self) -> Decimal | None:
        """points_possible as a number, where it is one."""
        try:
            points = Decimal(self.points_possible.replace(",", "."))
        except InvalidOperation:
            return None
        return points if points.is_finite() and points > 0 else None

    def is_passed_over(self, row: int) -> bool:
        """Whether that row belongs to the heading."""
        return row < self.first_row + self.skipped


def recognised(
    table: Table, scale: Scale, subject: str, *, kind: Kind = Kind.TEXT, heading_row: int | None = FIND
) -> Layout:
    """The layout as far as it can be recognised. `heading_row` is the row with the headings, None where the
    table has none. `subject` tells which of several columns is meant: one with that title is taken; else the
    only one that is headed as a grade, unless other columns could be grades too; else the only one whose
    cells are grades."""
    if kind is Kind.ONEROSTER:
        return _oneroster(table, subject)
    if heading_row == FIND:
        heading_row = _heading_row(table, scale, subject)
    if heading_row is None:
        return _by_contents(table, scale)
    headed, groups = _headed(table, heading_row)
    first_row = len(table.rows) - len(headed.rows)
    found = found_gradebook(headed, scale)
    if found is not None:
        layout = _of_gradebook(found, headed, heading_row, first_row, subject)
    else:
        layout = _by_headings(headed, groups, heading_row, first_row, scale, subject)
    if table.is_comma_ambiguous:
        layout = replace(layout, grade=None)
    return replace(layout, comment=_comment_column(layout, headed, subject))


def with_grade(layout: Layout, grade: int | None) -> Layout:
    """The layout with that column of grades, and the comments to these results, if any are about them."""
    chosen = replace(layout, grade=grade, has_grades=True)
    comment = None if chosen.result is None else chosen.result.comment
    if comment is None and all(layout.comment != one.comment for one in layout.results):
        comment = layout.comment
    return replace(chosen, comment=comment)


def column_labels(table: Table, layout: Layout) -> list[str]:
    """Names of the columns for people, each a different one."""
    labels: list[str] = []
    for index in range(table.width):
        heading = "" if layout.heading_row is None else _at(table.rows[layout.heading_row], index)
        if layout.groups:
            lower = _at(table.rows[layout.first_row - 1], index)
            heading = " ".join(dict.fromkeys(filter(None, (layout.groups[index], lower))))
        sample = table.rows[layout.first_row : layout.first_row + 5]
        example = next((cell for row in sample if (cell := _at(row, index))), "")
        label = heading or (f"Column {index + 1} ({example[:20]})" if example else f"Column {index + 1}")
        labels.append(f"{label} ({index + 1})" if label in labels else label)
    return labels


def is_grade(text: str, scale: Scale) -> bool:
    """Whether it can be read as one."""
    return grade_or_none(text, scale) is not None


def grade_or_none(text: str, scale: Scale) -> Grade | None:
    """The grade that a cell holds, None if it holds none."""
    if len(text) > GRADE_CELL_MAX:
        return None
    try:
        return parse_grade(text, scale)
    except GradeOutsideScale:
        return None


def _is_written_grade(text: str, scale: Scale) -> bool:
    """Whether it is a grade that no heading can be; "Missing" and "Passed" can."""
    return word_of(text) is None and is_grade(text, scale)


def _at(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""


# The heading.


def _heading_row(table: Table, scale: Scale, subject: str) -> int | None:
    """The first row, or one of the next that is clearly a heading below lines of a title."""
    first = table.rows[0]
    known = {index: role for index, cell in enumerate(first) if (role := role_of_heading(cell))}
    is_heading = known.keys() and set(known.values()) != {Role.OTHER}
    if len(known) >= 2 or (is_heading and not any(_is_written_grade(cell, scale) for cell in first)):
        return 0
    for index, row in enumerate(table.rows[1:HEADING_ROWS], start=1):
        roles = {role for cell in row if (role := role_of_heading(cell))}
        has_title = plain_heading(subject) in {
            plain_heading(text) for cell in row for text in (cell, item_title(cell)) if text
        }
        if len(roles) + has_title >= 2 and roles & {*_NAME_ROLES, Role.NUMBER}:
            return index
    return None


def _headed(table: Table, heading_row: int) -> tuple[Headed, tuple[str, ...]]:
    """The table by its heading, and what the upper row of a heading of two says above each column."""
    cells, first_row = _cells(table, heading_row), heading_row + 1
    groups: tuple[str, ...] = ()
    if first_row < len(table.rows) and _is_second_heading(cells, _cells(table, first_row)):
        upper, cells, first_row = cells, _cells(table, first_row), first_row + 1
        groups = _groups(upper, cells)
        cells = [cell or above for cell, above in zip(cells, groups, strict=True)]
    elif heading_row and _is_above(_cells(table, heading_row - 1), cells):
        groups = _groups(_cells(table, heading_row - 1), cells)
    above, rows = table.rows[:heading_row], table.rows[first_row:]
    return Headed(tuple(cells), tuple(map(plain_heading, cells)), above, rows), groups


def _cells(table: Table, row: int) -> list[str]:
    """The cells of a row, as many as the table is wide."""
    return [_at(table.rows[row], index) for index in range(table.width)]


def _is_second_heading(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether `lower` says what stands in columns that `upper` groups: "Mathematics" over "Points, Grade"."""
    roles = [role_of_heading(cell) for cell in lower]
    is_known = all(role is not None for cell, role in zip(lower, roles, strict=True) if cell)
    has_results = Role.GRADE in roles or Role.MAXIMUM in roles
    has_names = any(
        cell and role_of_heading(above) in _NAME_ROLES and role not in _NAME_ROLES
        for above, cell, role in zip(upper, lower, roles, strict=True)
    )
    return is_known and has_results and not has_names and any(role_of_heading(cell) is None for cell in upper)


def _is_above(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether `upper` groups the columns of `lower`, and is no line of a title."""
    has_group = any(
        above and (role_of_heading(cell) in {Role.GRADE, Role.MAXIMUM} or (not after and below))
        for above, after, cell, below in zip(upper, [*upper[1:], "x"], lower, [*lower[1:], ""], strict=True)
    )
    is_over_names = any(
        above and role_of_heading(cell) in {*_NAME_ROLES, Role.NUMBER} and role_of_heading(above) is None
        for above, cell in zip(upper, lower, strict=True)
    )
    return has_group and not is_over_names and not any(_NUMBER.fullmatch(cell) for cell in upper)


def _groups(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Each cell of `upper` over all columns up to the next, as merged cells are stored."""
    groups: list[str] = []
    for above, cell in zip(upper, lower, strict=True):
        groups.append(above or (groups[-1] if cell and groups and not role_of_heading(groups[-1]) else ""))
    return tuple(groups)


# Known gradebooks.


def _of_gradebook(found: Found, headed: Headed, heading_row: int, first_row: int, subject: str) -> Layout:
    names = found.names
    if names is None:
        names = _name_columns(headed.rows, [role_of_heading(cell) for cell in headed.cells])
    code, results = _code_column(headed), commented(found.results, headed)
    return Layout(
        found.dialect,
        heading_row,
        first_row,
        names,
        None if code in {one.index for one in results} else code,
        _chosen(results, subject),
        found.number,
        results=results,
        skipped=found.skipped,
        has_html=found.has_html,
    )


def _oneroster(table: Table, subject: str) -> Layout:
    """As oneroster.py lays it out."""
    (heading, *rows) = table.rows
    results = tuple(
        ResultColumn(index, found["title"], found["points"] or "", index + 1)
        for index in range(3, len(heading), 2)
        if (found := _LINE_ITEM.fullmatch(heading[index]))
    )
    number, code = (column if any(_at(row, column) for row in rows) else None for column in (1, 2))
    if code is None and _share(rows, 1, is_any_code) >= 0.6:
        number, code = None, 1  # where this dashboard wrote codes before
    layout = Layout(Dialect.ONEROSTER, 0, 1, (0,), code, None, number, results=results)
    grade = _chosen(results, subject)
    return layout if grade is None else with_grade(layout, grade)


def _chosen(results: Sequence[ResultColumn], subject: str) -> int | None:
    """The only one, or the only one that is called like the exam."""
    if len(results) == 1:
        return results[0].index
    same = [one.index for one in results if plain_heading(one.title) == plain_heading(subject)]
    return same[0] if len(same) == 1 else None


# Everything else.


def _by_headings(
    headed: Headed, groups: tuple[str, ...], heading_row: int, first_row: int, scale: Scale, subject: str
) -> Layout:
    cells, rows = headed.cells, headed.rows
    roles = [
        Role.COMMENT if headed.comments.get(index) else role_of_heading(cell)
        for index, cell in enumerate(cells)
    ]
    code = _code_column(headed)
    wanted = plain_heading(subject)

    def is_titled(index: int) -> bool:
        texts = (cells[index], groups[index]) if groups else (cells[index],)
        return wanted in {plain_heading(text) for cell in texts for text in (cell, item_title(cell)) if text}

    titled = [
        index
        for index, role in enumerate(roles)
        if index != code and role not in _NO_RESULTS - {Role.MAXIMUM, Role.OTHER} and is_titled(index)
    ]
    held = [
        index
        for index, role in enumerate(roles)
        if index != code and role is None and not _is_sequence(rows, index, 3 if cells[index] else 2)
    ]
    headed_so = [index for index, role in enumerate(roles) if role is Role.GRADE]
    choices = [*headed_so, *(index for index in held if _share_of_grades(rows, index, scale) >= 0.6)]
    if titled and wanted:
        choices = titled
        if groups and len(titled) > 1:  # the exam's points beside its percentages: those that fit the scale
            choices = [index for index in titled if _share_of_grades(rows, index, scale) == 1] or titled
    grade = choices[0] if len(choices) == 1 else None
    if grade is not None and not (titled and wanted):
        # Any figures may stand below words that are not known: seats, absences. Everybody's maximum is none.
        others = [index for index in held if index != grade and _may_hold_results(cells, rows, index, scale)]
        is_known = roles[grade] is Role.GRADE or (heads_results(cells[grade]) and not others)
        is_known = is_known or _begins_with(cells[grade], wanted)
        grade = grade if is_known and not _is_maximum(rows, grade, scale) else None
    results = tuple(
        ResultColumn(index, _title(cells[index], groups, index), _points(rows, roles, cells[index]))
        for index in sorted({*headed_so, *titled, *(one for one in held if _holds_results(rows, one, scale))})
    )
    return Layout(
        Dialect.PLAIN,
        heading_row,
        first_row,
        _name_columns(rows, roles),
        code,
        grade,
        headed.number(),
        results=commented(results, headed),
        groups=groups,
        has_grades=bool(choices) or None in roles,
    )


def _begins_with(heading: str, subject: str) -> bool:
    """The exam's title, and behind it at most a number: "Algebra-20"."""
    return bool(subject) and plain_heading(item_title(heading)).rstrip("0123456789.,/ -–") == subject


def _may_hold_results(cells: Sequence[str], rows: Sequence[Sequence[str]], index: int, scale: Scale) -> bool:
    return heads_results(cells[index]) or _holds_results(rows, index, scale)


def _title(cell: str, groups: Sequence[str], index: int) -> str:
    title = "" if role_of_heading(cell) is Role.GRADE else item_title(cell)
    return " ".join(dict.fromkeys(filter(None, (groups[index] if groups else "", title))))


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


def _is_sequence(rows: Sequence[Sequence[str]], index: int, rows_min: int = 3) -> bool:
    """Whether the cells count up from 1, or from a number of three digits or more, as roll numbers do."""
    cells = [_at(row, index) for row in rows[:_SAMPLE_ROWS] if any(row)]
    if len(cells) < rows_min or not all(cell.isdecimal() for cell in cells):
        return False
    if 1 < int(cells[0]) < 100:
        return False
    return all(int(after) - int(before) == 1 for before, after in itertools.pairwise(cells))


def _is_constant(rows: Sequence[Sequence[str]], index: int, scale: Scale) -> bool:
    """Whether there are several rows, and all have one number, as a maximum or a weight is."""
    cells = [cell for row in rows if (cell := _at(row, index))]
    return isinstance(scale, NumberScale) and len(cells) > 2 and len(set(cells)) == 1


def _is_maximum(rows: Sequence[Sequence[str]], index: int, scale: Scale) -> bool:
    """Whether several rows, and all, have as many points as are possible."""
    cells = [cell for row in rows if (cell := _at(row, index))]
    return (
        isinstance(scale, NumberScale)
        and len(cells) > 1
        and all(_same_number(cell, scale.highest) for cell in cells)
    )


def _same_number(text: str, number: Decimal) -> bool:
    try:
        return Decimal(text.replace(",", ".")) == number
    except InvalidOperation:
        return False


def _points(rows: Sequence[Sequence[str]], roles: Sequence[Role | None], heading: str) -> str:
    """How many points are possible, by the heading of the grades or by a column of maxima."""
    for index, role in enumerate(roles):
        values = {cell for row in rows if (cell := _at(row, index))}
        if role is Role.MAXIMUM and len(values) == 1:
            return values.pop()
    return points_in_heading(heading)


def _holds_results(rows: Sequence[Sequence[str]], index: int, scale: Scale) -> bool:
    """Whether the cells look like results, of whatever scale."""

    def is_result(cell: str) -> bool:
        return bool(_NUMBER.fullmatch(cell)) or word_of(cell) is not None or is_grade(cell, scale)

    return _share(rows[:_SAMPLE_ROWS], index, is_result) >= 0.6


def _by_contents(table: Table, scale: Scale) -> Layout:
    rows = table.rows[:_SAMPLE_ROWS]
    columns = range(table.width)
    grades = [
        index
        for index in columns
        if _share_of_grades(rows, index, scale) >= 0.6
        and not (table.width > 2 and (_is_sequence(rows, index) or _is_constant(rows, index, scale)))
    ]
    if not grades and _is_list_of_names(table):
        in_order = (1, 0) if table.width == 2 else (0,)
        return Layout(Dialect.PLAIN, None, 0, in_order, None, None, has_grades=False)
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
    results = tuple(map(ResultColumn, grades))
    return Layout(
        Dialect.PLAIN, None, 0, name_columns, None, grades[0] if is_clear else None, results=results
    )


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


def _comment_column(layout: Layout, headed: Headed, subject: str) -> int | None:
    """What the students are told about the chosen results; else the only column of comments, if it is about
    nothing else."""
    if layout.result is not None and layout.result.comment is not None:
        return layout.result.comment
    taken, abouts = {one.comment for one in layout.results}, ("", plain_heading(subject))
    others = [
        index
        for index, title in headed.comments.items()
        if plain_heading(title) in abouts and index not in taken
    ]
    return others[0] if len(others) == 1 else None


def _code_column(headed: Headed) -> int | None:
    """A column that is called code and holds codes: other codes, such as of a class, are none of ours."""
    for index in headed.with_role(Role.CODE):
        if _share(headed.rows, index, is_any_code) >= 0.6:
            return index
    return None


def _share_of_grades(rows: Sequence[Sequence[str]], index: int, scale: Scale) -> float:
    return _share(rows[:_SAMPLE_ROWS], index, lambda cell: is_grade(cell, scale))


def _share(rows: Sequence[Sequence[str]], index: int, holds: Callable[[str], bool]) -> float:
    """Of the cells that are filled; 0 where none is."""
    filled = [cell for row in rows if (cell := _at(row, index))]
    return sum(bool(holds(cell)) for cell in filled) / len(filled) if filled else 0.0
