"""What a teacher may ask for with rows of one exam, and the receipts that come back. Plain data.

Every command has a `key`, a UUID made where it was typed; sent again, it is carried out once. Where an exam
shows codes, `person` is the real name and the row's `student` is the code; otherwise `person` is `student`.
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
    """A new row; `key` becomes its id. `code` is kept from a row that is put back."""

    key: str
    person: str
    grade: str
    accepts_duplicate: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Both values as they shall be; `expected_version` is the one that the teacher saw."""

    key: str
    row_id: str
    expected_version: int
    person: str
    grade: str


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """A row to delete, as the teacher saw it."""

    key: str
    row_id: str
    expected_version: int


@dataclass(frozen=True, slots=True)
class UndoCommand:
    """Takes back the command with the key `of`, carried out while this page was open."""

    key: str
    of: str


Command = CreateRow | ChangeRow | DeleteRow | UndoCommand


class Hindrance(StrEnum):
    """Why nothing is known to be saved; the same command may be sent again."""

    UNREACHABLE = "unreachable"
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
    """The row is gone. `before` is what it was, None if it was gone before it was ever seen here."""

    key: str
    at_s: float
    row_id: str
    before: Result | None


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be saved like this. `field` is person, grade or None; `reason` says what to do."""

    key: str
    field: str | None
    reason: str
    cause: Exception | None = dataclasses.field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """That person is there already: the teacher chooses."""

    key: str
    there: Result


@dataclass(frozen=True, slots=True)
class Conflict:
    """The row was changed elsewhere since the teacher saw it. `theirs` is None if it was deleted."""

    key: str
    row_id: str
    theirs: Result | None


@dataclass(frozen=True, slots=True)
class NotSaved:
    """Nothing was answered, or nobody is signed in: press again later."""

    key: str
    hindrance: Hindrance
    cause: Exception | None = dataclasses.field(default=None, compare=False)


Receipt = Saved | Deleted | Refused | Duplicate | Conflict | NotSaved


def person_of(row: Result, audience: Audience) -> str:
    """Whom a row is about; "" where an exam shows codes and no name was given."""
    return (row.name or "") if audience is Audience.CODES else row.student
