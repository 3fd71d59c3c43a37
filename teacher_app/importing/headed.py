"""A table by its heading: which columns may hold results, students' numbers, and comments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.model.names import fold
from teacher_app.reading.headings import Role, comment_title, role_of_heading

__all__ = ["Dialect", "Found", "Headed", "ResultColumn", "commented"]

_ANY_ID = frozenset({"id", "uid", "number"})
_NUMBERS_LOOKED_AT = 200


class Dialect(StrEnum):
    """Whose export it is."""

    PLAIN = "plain"
    CANVAS = "Canvas"
    MOODLE = "Moodle"
    BLACKBOARD = "Blackboard"
    BRIGHTSPACE = "Brightspace"
    SAKAI = "Sakai"
    GRADESCOPE = "Gradescope"
    CLASSROOM = "Google Classroom"
    FORMS = "Google Forms"
    POWERSCHOOL = "PowerSchool"
    SCHOOLOGY = "Schoology"
    PRONOTE = "PRONOTE"
    MAGISTER = "Magister"
    ONEROSTER = "OneRoster"


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column that may hold the results of an exam. `title`: what the file calls that exam, "" where the
    heading says no more than that there are grades. `points`: how many are possible, as the file says it, ""
    if it does not. `comment`: the column of what students are told about these results; in a gradebook it may
    say "absent" or "exempt" where the grade is blank."""

    index: int
    title: str = ""
    points: str = ""
    comment: int | None = None


@dataclass(frozen=True, slots=True)
class Headed:
    """A table by its heading: `cells` as they are written, `headings` plain, both as wide as the table; the
    rows above and below the heading."""

    cells: tuple[str, ...]
    headings: tuple[str, ...]
    above: Sequence[Sequence[str]]
    rows: Sequence[Sequence[str]]

    def column(self, *headings: str) -> int | None:
        """The first column with the first of these headings that is there."""
        return next((self.headings.index(one) for one in headings if one in self.headings), None)

    @property
    def comments(self) -> dict[int, str]:
        """The columns of comments, each with the title of what they are about, "" where that is not said."""
        titles = ((index, comment_title(cell)) for index, cell in enumerate(self.cells))
        return {index: title for index, title in titles if title is not None}

    def with_role(self, *roles: Role) -> list[int]:
        """The columns whose headings have one of these roles."""
        return [index for index, cell in enumerate(self.cells) if role_of_heading(cell) in roles]

    def number(self) -> int | None:
        """The column of students' numbers: the first that has them, one that is headed "ID" alone last, if
        these are not the numbers of the lines; and no number that all have."""
        found = self.with_role(Role.NUMBER)
        for index in sorted(found, key=lambda index: self.headings[index] in _ANY_ID):
            cells = list(itertools.islice(self.below(index), _NUMBERS_LOOKED_AT))
            is_any = self.headings[index] in _ANY_ID
            counts_lines = is_any and cells and cells[0].lstrip("0") in {"", "1"} and _is_counting(cells)
            if cells and not counts_lines and (len(cells) < 2 or len(set(cells)) > 1):
                return index
        return None

    def below(self, index: int) -> Iterator[str]:
        """The filled cells of a column."""
        return (row[index] for row in self.rows if index < len(row) and row[index])


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about an export. `names`: None where the headings' roles say it. `number`: of students.
    `skipped`: so many rows below the heading belong to it. `has_html`: comments are written in HTML."""

    dialect: Dialect
    results: tuple[ResultColumn, ...]
    names: tuple[int, ...] | None = None
    number: int | None = None
    skipped: int = 0
    has_html: bool = False


def _is_counting(cells: Sequence[str]) -> bool:
    """Whether three cells or more count up by one."""
    return (
        len(cells) > 2
        and all(cell.isdecimal() for cell in cells)
        and all(int(after) - int(before) == 1 for before, after in itertools.pairwise(cells))
    )


def commented(results: Sequence[ResultColumn], headed: Headed) -> tuple[ResultColumn, ...]:
    """The result columns, each with its column of comments where the headings say which: the one with the
    same title, the only one for the only results, or, of several without a title, the one right behind."""
    titled = {fold(title): index for index, title in headed.comments.items() if title}
    others = [index for index, title in headed.comments.items() if not title]

    def comment_of(result: ResultColumn) -> int | None:
        if result.comment is not None:
            return result.comment
        if result.title and fold(result.title) in titled:
            return titled[fold(result.title)]
        if len(others) == 1 and len(results) == 1:
            return others[0]
        return result.index + 1 if len(others) > 1 and result.index + 1 in others else None

    return tuple(replace(result, comment=comment_of(result)) for result in results)
