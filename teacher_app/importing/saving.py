"""Checked rows to the API: new rows in batches, replaced ones each; it can be gone on with.

New rows get random ids when saving begins and keep them for as long as the page is open, so that a batch
whose answer was lost is sent again without harm. Ids are not made from names: an id is public, and
whoever guesses a name could find the code of that student. After a page was lost the paste is checked
against what is there, and only what did not arrive is new.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.api.calls import BATCH_MAX
from shared.model.codes import new_codes
from shared.model.errors import (
    ApiRefused,
    BackendUnreachable,
    FieldInvalid,
    NotAllowed,
    NotFound,
    SessionEnded,
    VersionConflict,
)
from shared.model.exam import Audience, Exam, NewResult, Result
from teacher_app.importing.checking import CheckedRow, Fate
from teacher_app.rows.workspace import Workspace

__all__ = ["Refusal", "Saving"]

CHANGES_AT_A_TIME = 20  # replaced rows between two steps of the bar


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that the API did not take. `reason` is for people."""

    line: int
    person: str
    reason: str


class Saving:
    """One run over the rows that are to be written. `done` counts those that are stored."""

    def __init__(self, workspace: Workspace, rows: Sequence[CheckedRow], source: random.Random) -> None:
        self._workspace = workspace
        exam = workspace.exam
        new = [one for one in rows if one.fate is Fate.NEW]
        if exam.audience is Audience.CODES:
            # Whoever watches a published exam must not see rows arrive in the order of a register.
            source.shuffle(new)
        self._creates = list(zip(new, _new_results(new, exam, workspace.results, source), strict=True))
        self._changes = [one for one in rows if one.fate is Fate.REPLACES]
        self.total = len(self._creates) + len(self._changes)
        self.done = 0
        self.refusals: list[Refusal] = []
        self.created: list[Result] = []
        self.changed: list[tuple[Result, Result]] = []  # before and after

    @property
    def is_finished(self) -> bool:
        """Nothing is left to send."""
        return not self._creates and not self._changes

    @property
    def left(self) -> int:
        """Rows not sent, or not known to be stored."""
        return len(self._creates) + len(self._changes)

    def run(self) -> Iterator[int]:
        """Gives how many rows have been dealt with, after each batch.

        Raises BackendUnreachable, SessionEnded, NotAllowed or NotFound: what was stored counts as done, and
        another run goes on from there.
        """
        while self._creates:
            self._create_batch(self._creates[:BATCH_MAX])
            yield self.total - self.left
        while self._changes:
            for one in self._changes[:CHANGES_AT_A_TIME]:
                self._change(one)
            yield self.total - self.left

    def _create_batch(self, batch: list[tuple[CheckedRow, NewResult]]) -> None:
        workspace = self._workspace
        try:
            stored = workspace.api.create_results(workspace.exam.id, [new for _, new in batch])
        except (NotAllowed, NotFound):
            raise
        except (ApiRefused, FieldInvalid):
            # One of them is to blame: each is tried alone, and the others are saved.
            for one, new in batch:
                self._create_one(one, new)
            return
        self._keep(stored, [new for _, new in batch])
        del self._creates[: len(batch)]

    def _create_one(self, one: CheckedRow, new: NewResult) -> None:
        workspace = self._workspace
        try:
            stored = workspace.api.create_result(workspace.exam.id, new)
        except (NotAllowed, NotFound):
            raise
        except (ApiRefused, FieldInvalid) as error:
            self._refuse(one, error)
        else:
            self._keep([stored], [new])
        del self._creates[0]

    def _keep(self, stored: Sequence[Result], sent: Sequence[NewResult]) -> None:
        names = {new.id: new.name for new in sent}  # no answer tells names
        rows = [replace(row, name=names[row.id]) for row in stored]
        self._workspace.keep(rows)
        self.created += rows
        self.done += len(rows)

    def _change(self, one: CheckedRow) -> None:
        before = one.there
        assert before is not None  # noqa: S101  # a row that replaces has one
        has_codes = self._workspace.exam.audience is Audience.CODES
        person = one.row.person.strip()
        student = person if not has_codes and person != before.student else None
        name = person if has_codes and person not in {"", before.student, before.name} else None
        try:
            row = self._workspace.api.update_result(
                before.exam_id, before.id, before.version, student=student, grade=one.grade, name=name
            )
        except (NotAllowed, BackendUnreachable, SessionEnded):
            raise
        except (ApiRefused, FieldInvalid) as error:
            self._refuse(one, error)
        else:
            after = replace(row, name=name or before.name)
            self._workspace.keep([after])
            self.changed.append((before, after))
            self.done += 1
        self._changes.remove(one)

    def _refuse(self, one: CheckedRow, error: ApiRefused | FieldInvalid) -> None:
        reason = str(error)
        if isinstance(error, VersionConflict):
            reason = "It was changed elsewhere in the meantime. Import it again to see what is there now."
        elif isinstance(error, NotFound):
            reason = "It was deleted elsewhere in the meantime. Import it again to make it new."
        self.refusals.append(Refusal(one.row.line, one.row.person, reason))


def _new_results(
    rows: Sequence[CheckedRow], exam: Exam, there: Sequence[Result], source: random.Random
) -> list[NewResult]:
    if exam.audience is Audience.NAMES:
        return [NewResult(one.row.person, one.grade) for one in rows]
    given = {one.row.code for one in rows if one.row.code}
    present = {row.student for row in there}
    # A code that is there already belongs to somebody else, or to the same student's other row.
    wants = [not one.row.code or one.row.code in present for one in rows]
    fresh = iter(new_codes(sum(wants), present | given, source))
    return [
        NewResult(next(fresh) if is_wanted else one.row.code, one.grade, one.row.person.strip() or None)
        for one, is_wanted in zip(rows, wants, strict=True)
    ]
