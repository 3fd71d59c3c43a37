"""Commands that change the rows of one exam, and the receipts that answer them. Plain data.

Every command has a `key`, a random UUID made where it was typed; a command that is sent again is carried out
once. Where an exam shows codes, `person` is the real name and the row's `student` is the code; otherwise
`person` is `student`. A blank `grade` is an awaited one: the student has none yet, or it is taken back.
`number` is the school's of the student, `comment` what the teacher tells the student; an empty one is none.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

from shared.model.exam import Audience, Result

__all__ = [
    "ChangeRow",
    "Command",
    "Conflict",
    "CreateRow",
    "DeleteRow",
    "Deleted",
    "Duplicate",
    "Hindrance",
    "NotSaved",
    "Receipt",
    "Refused",
    "Saved",
    "UndoCommand",
    "person_of",
]


@dataclass(frozen=True, slots=True)
class CreateRow:
    """A new row; `key` becomes its id. `code` is the code that it gets back, if it is free."""

    key: str
    person: str
    grade: str
    accepts_duplicate: bool = False
    code: str | None = None
    number: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """The new values of a row; `expected_version` is the version that the teacher saw. A `number` or a
    `comment` that is None stays as it is."""

    key: str
    row_id: str
    expected_version: int
    person: str
    grade: str
    number: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """A row to delete, as the teacher saw it."""

    key: str
    row_id: str
    expected_version: int


@dataclass(frozen=True, slots=True)
class UndoCommand:
    """Undoes the command with the key `of`, which was carried out while this page was open."""

    key: str
    of: str


Command = CreateRow | ChangeRow | DeleteRow | UndoCommand


class Hindrance(StrEnum):
    """Why it is unknown whether a command was carried out. It may be sent again."""

    UNREACHABLE = "unreachable"
    DISK_FULL = "disk-full"  # the server's
    SESSION_ENDED = "session-ended"


@dataclass(frozen=True, slots=True)
class Saved:
    """The row is stored. `before` is what it was, None if it is new. `at_s`: epoch seconds."""

    key: str
    at_s: float
    row: Result
    before: Result | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """The row is deleted. `before` is what it was, None if somebody else had deleted it."""

    key: str
    at_s: float
    row_id: str
    before: Result | None


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be saved like this. `field` is person, grade, number, comment or None; `reason` says what to
    do, `cause` is the API's error, if any."""

    key: str
    field: str | None
    reason: str
    cause: Exception | None = dataclasses.field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """That person has a row already: the teacher decides. `is_same_grade`: with the grade that was typed."""

    key: str
    existing: Result
    is_same_grade: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """The row was changed elsewhere since the teacher saw it. `theirs` is None if it was deleted."""

    key: str
    row_id: str
    theirs: Result | None


@dataclass(frozen=True, slots=True)
class NotSaved:
    """No answer, or nobody is signed in: it may be tried again later. `cause` is the error."""

    key: str
    hindrance: Hindrance
    cause: Exception | None = dataclasses.field(default=None, compare=False)


Receipt = Saved | Deleted | Refused | Duplicate | Conflict | NotSaved


def person_of(row: Result, audience: Audience) -> str:
    """Whom a row is about; "" where an exam shows codes and no name was given."""
    return (row.name or "") if audience.has_codes else row.student
