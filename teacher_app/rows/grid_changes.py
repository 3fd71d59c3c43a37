"""What somebody typed into the grid: lines, their changes against what is stored, the cells to mend. Pure.

A line holds what is stored (`stored`, the version that the teacher saw) and what shall be there. What was
typed is folded into the lines before anything is saved, so that a save that fails loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.model.errors import FieldInvalid
from shared.model.exam import Audience, NewResult, Result
from shared.model.grades import grade_text, parse_grade
from shared.model.scales import Scale
from teacher_app.rows.commands import (
    ChangeRow,
    Command,
    Conflict,
    CreateRow,
    Deleted,
    DeleteRow,
    Duplicate,
    Hindrance,
    NotSaved,
    Receipt,
    Refused,
    Saved,
    person_of,
)

__all__ = [
    "COLUMNS",
    "GRADE",
    "PERSON",
    "BadCell",
    "GridLine",
    "bad_cells",
    "command_for",
    "edited",
    "has_edits",
    "line_of",
    "note_of",
    "settled",
]

PERSON, GRADE = COLUMNS = ("person", "grade")  # what can be typed into
_ANY_CODE = "222222"  # stands for a code while a new row's other fields are checked


@dataclass(frozen=True, slots=True)
class GridLine:
    """One line of the grid. `key` is that of the command that would save it; a new line has no `stored`."""

    key: str
    stored: Result | None
    person: str
    grade: str
    is_deleted: bool = False
    accepts_duplicate: bool = False
    code: str | None = None  # kept by a row that was deleted and is put back
    receipt: Receipt | None = None  # of the last try to save it, None once it is saved


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be saved as it is. `position` counts the shown lines from 0."""

    position: int
    column: str
    person: str
    reason: str


def line_of(row: Result, audience: Audience, key: str) -> GridLine:
    """The line of a stored row."""
    return GridLine(key, row, person_of(row, audience), grade_text(row.grade))


def has_edits(edits: Mapping[str, Any] | None) -> bool:
    """Whether anything was typed, added, deleted or put back."""
    return any((edits or {}).values())


def edited(
    lines: Sequence[GridLine], edits: Mapping[str, Any] | None, new_key: Callable[[], str]
) -> list[GridLine]:
    """`lines` with what was typed into them, added, deleted and put back."""
    edits = edits or {}
    typed: Mapping[int, Mapping[str, str]] = edits.get("edited_rows", {})
    deleted, restored = set(edits.get("deleted_rows", [])), set(edits.get("restored_rows", []))
    after = []
    for position, line in enumerate(lines):
        changed = _with_cells(line, typed.get(position, {}))
        if position in deleted or position in restored:
            changed = replace(changed, is_deleted=position in deleted, receipt=None)
        after.append(changed)
    after += [_with_cells(GridLine(new_key(), None, "", ""), cells) for cells in edits.get("added_rows", [])]
    return [line for line in after if line.stored or not (line.is_deleted or _is_blank(line))]


def command_for(line: GridLine, audience: Audience) -> Command | None:
    """What would save the line; None if it is as stored."""
    stored = line.stored
    if stored is None:
        return CreateRow(line.key, line.person, line.grade, line.accepts_duplicate, line.code)
    if line.is_deleted:
        return DeleteRow(line.key, stored.id, stored.version)
    if (line.person, line.grade) == (person_of(stored, audience), grade_text(stored.grade)):
        return None
    return ChangeRow(line.key, stored.id, stored.version, line.person, line.grade)


def bad_cells(lines: Iterable[GridLine], scale: Scale, audience: Audience) -> list[BadCell]:
    """Every cell of a changed line that breaks a rule, in the order of the lines."""
    found = []
    for position, line in enumerate(lines):
        if line.is_deleted or command_for(line, audience) is None:
            continue
        try:
            is_nameless = audience is Audience.CODES and line.stored is not None and not line.person.strip()
            name = _ANY_CODE if is_nameless else line.person
            NewResult(name, "1")
        except FieldInvalid as error:
            found.append(BadCell(position, PERSON, line.person, error.reason))
        try:
            parse_grade(line.grade, scale)
        except FieldInvalid as error:
            found.append(BadCell(position, GRADE, line.person, error.reason))
    return found


def settled(line: GridLine, receipt: Receipt, audience: Audience, new_key: str) -> GridLine | None:
    """The line after a try to save it; None if it is gone. What was typed stays until it is saved."""
    match receipt:
        case Saved():
            return line_of(receipt.row, audience, new_key)
        case Deleted():
            return None
        case _:
            return replace(line, receipt=receipt)  # under the same key: it may have arrived


def note_of(line: GridLine, audience: Audience) -> str:
    """Why the line is not saved yet, in few words; "" if there is no reason."""
    match line.receipt:
        case Refused(reason=reason):
            return reason
        case Duplicate(there=there):
            return f"Already here with {grade_text(there.grade)}: choose below."
        case Conflict(theirs=None):
            return "Deleted elsewhere meanwhile: choose below."
        case Conflict():
            return "Changed elsewhere meanwhile: choose below."
        case NotSaved(hindrance=Hindrance.SESSION_ENDED):
            return "Not saved: your session has ended."
        case NotSaved():
            return "Not saved: the server does not answer."
    if line.is_deleted:
        return "To be deleted."
    return "" if command_for(line, audience) is None else "Not saved yet."


def _with_cells(line: GridLine, cells: Mapping[str, str]) -> GridLine:
    wanted = {name: cells[name].strip() for name in COLUMNS if name in cells}
    return replace(line, **wanted, receipt=None) if wanted else line  # type: ignore[arg-type]


def _is_blank(line: GridLine) -> bool:
    return not line.person and not line.grade
