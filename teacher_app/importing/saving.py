"""Checked rows as commands to the writer.

New rows get random ids when saving begins and keep them for as long as the page is open, so that a batch
whose answer was lost is sent again without harm. Ids are not made from names: an id is public, and
whoever guesses a name could find the code of that student. After a page was lost the paste is checked
against what is stored, and only what did not arrive is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.exam import Audience, new_id
from shared.model.grades import AWAITED, typed_grade
from teacher_app.importing.outcomes import CheckedRow, Outcome
from teacher_app.rows.commands import ChangeRow, Conflict, CreateRow, Receipt, Refused, person_of
from teacher_app.rows.write_job import WriteJob
from teacher_app.rows.writer import RowWriter

__all__ = ["Refusal", "Saving"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not stored. `reason` is for people."""

    line: int
    person: str
    reason: str


class Saving(WriteJob):
    """Saves the rows of an import that are new or replace others."""

    def __init__(self, writer: RowWriter, rows: Iterable[CheckedRow], audience: Audience) -> None:
        self._rows = {new_id(): one for one in rows if one.outcome.is_saved}
        super().__init__(writer, (_command(key, one, audience) for key, one in self._rows.items()))

    @property
    def refusals(self) -> list[Refusal]:
        """In the order of the source."""
        found = []
        for receipt in self.rejected:
            row = self._rows[receipt.key].row
            found.append(Refusal(row.line, row.person, _reason(receipt)))
        return sorted(found, key=lambda refusal: refusal.line)


def _command(key: str, one: CheckedRow, audience: Audience) -> CreateRow | ChangeRow:
    row = one.row
    person = row.person.strip()
    if one.outcome is not Outcome.REPLACES:
        # Namesakes were dealt with when the rows were checked.
        return CreateRow(
            key,
            person,
            typed_grade(one.grade),
            accepts_duplicate=True,
            code=row.code or None,
            number=row.number,
            comment=row.comment,
        )
    there = one.there
    assert there is not None  # noqa: S101  # what it replaces
    has_codes = audience.has_codes
    has_same_grade = one.grade in {there.grade, AWAITED}  # the rest of the row is new
    if has_same_grade or (has_codes and person in {"", there.student}):
        person = person_of(there, audience)
    grade = typed_grade(there.grade) if has_same_grade else one.grade
    # A blank cell takes nothing away.
    number, comment = (
        None if word in one.keeps else getattr(row, word) or None for word in ("number", "comment")
    )
    return ChangeRow(key, there.id, there.version, person, grade, number, comment)


def _reason(receipt: Receipt) -> str:
    match receipt:
        case Conflict(theirs=None):
            return "It was deleted elsewhere in the meantime. Import it again to make it new."
        case Refused(reason=reason):
            return reason
        case _:
            return "It was changed elsewhere in the meantime. Import it again to see what is there now."
