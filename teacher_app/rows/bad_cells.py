"""Cells of the grid that break a rule, found before anything is saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.model.errors import FieldInvalid
from shared.model.exam import Audience, NewResult
from shared.model.grades import stored_grade
from shared.model.scales import Scale
from teacher_app.rows.commands import ChangeRow, Command, CreateRow

__all__ = ["COMMENT", "GRADE", "NUMBER", "PERSON", "BadCell", "bad_cells"]

PERSON, GRADE, NUMBER, COMMENT = "person", "grade", "number", "comment"
_ANY_CODE = "222222"  # stands for a code while the other fields are checked


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be saved as it is. `column` is one of the constants above."""

    column: str
    reason: str


def bad_cells(command: Command, scale: Scale, audience: Audience) -> Iterator[BadCell]:
    """The cells that the API would refuse; none of a command that writes no values."""
    if not isinstance(command, CreateRow | ChangeRow):
        return
    try:
        has_code = audience.has_codes and (isinstance(command, ChangeRow) or bool(command.code))
        NewResult(_ANY_CODE if has_code and not command.person.strip() else command.person, "1")
    except FieldInvalid as error:
        yield BadCell(PERSON, error.reason)
    try:
        NewResult(_ANY_CODE, "1", number=(command.number or "").strip() or None)
    except FieldInvalid as error:
        yield BadCell(NUMBER, error.reason)
    try:
        NewResult(_ANY_CODE, "1", comment=command.comment)
    except FieldInvalid as error:
        yield BadCell(COMMENT, error.reason)
    try:
        stored_grade(command.grade, scale)
    except FieldInvalid as error:
        yield BadCell(GRADE, error.reason)
