"""What may become of an imported row, and what the teacher may choose about it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.model.exam import Result
from teacher_app.importing.rows import SourceRow

__all__ = ["CheckedRow", "Choices", "OtherNumber", "Outcome", "Repeated", "There"]


class There(StrEnum):
    """What to do with a student who is there with another grade."""

    SKIP = "skip"
    REPLACE = "replace"
    ADD = "add"


class Repeated(StrEnum):
    """What to do with a student who is more than once in the source."""

    CORRECT = "correct"
    FIRST = "first"
    LAST = "last"
    ALL = "all"


class OtherNumber(StrEnum):
    """What to do with students whose name is there with another number."""

    CORRECT = "correct"
    NEW = "new"  # they are other students
    SAME = "same"  # they are the same, and the number that is there stays


@dataclass(frozen=True, slots=True)
class Choices:
    """For one import. `rounds`: grades with too many decimals are rounded to the scale's step. `out_of`: the
    grades are points out of so many, to be converted to the exam's."""

    there: There = There.SKIP
    repeated: Repeated = Repeated.CORRECT
    numbers: OtherNumber = OtherNumber.CORRECT
    rounds: bool = False
    out_of: Decimal | None = None


class Outcome(StrEnum):
    """What saving does with a row."""

    NEW = "new"
    REPLACES = "replaces"  # the row that is there gets these values
    SAME = "same"  # is there already
    SKIPPED = "skipped"  # there with another grade, which is kept; or repeated, and another one counts
    NO_GRADE = "no grade"  # a student who is new and whose grade is awaited
    REPEATED = "repeated"  # in the source; nothing was chosen yet
    BAD = "bad"
    UNTICKED = "unticked"  # the teacher leaves it out, or it seems to be no student's row

    @property
    def needs_correction(self) -> bool:
        """Whether the teacher has to do something before it can be saved."""
        return self in {Outcome.REPEATED, Outcome.BAD}

    @property
    def is_saved(self) -> bool:
        """Whether something is written."""
        return self in {Outcome.NEW, Outcome.REPLACES, Outcome.NO_GRADE}


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """`grade` is canonical, AWAITED where there is none yet, "" where it cannot be read. `reason` is for
    people, "" where all is plain. `there` is the row that it replaces or equals. `is_rounding_offered`: the
    grade only has too many decimals. `has_other_number`: a student of this name is there with another number.
    `keeps`: fields of `there`, number and comment, that stay although the row has others."""

    row: SourceRow
    outcome: Outcome
    reason: str = ""
    grade: str = ""
    there: Result | None = None
    is_rounding_offered: bool = False
    has_other_number: bool = False
    keeps: frozenset[str] = frozenset()

    def becomes(self, outcome: Outcome, reason: str, there: Result | None = None) -> CheckedRow:
        """The same row with another outcome; what was offered before is no longer."""
        return CheckedRow(self.row, outcome, reason, self.grade, there)
