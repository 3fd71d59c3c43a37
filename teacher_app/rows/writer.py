"""Carrying out what a teacher asks for with rows of one exam: each command gets a receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.api.calls import BATCH_MAX
from shared.model.codes import RandomSource, new_codes
from shared.model.errors import (
    ApiRefused,
    BackendUnreachable,
    FieldInvalid,
    InputRefused,
    NotAllowed,
    NotFound,
    SessionEnded,
    VersionConflict,
)
from shared.model.exam import Audience, NewResult, Result
from shared.model.grades import parse_grade
from shared.model.text import name_key
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
    UndoCommand,
    person_of,
)
from teacher_app.rows.undo import inverse
from teacher_app.rows.workspace import Workspace

__all__ = ["Entering"]


class Entering:
    """The rows of one open page. It remembers what was carried out, so that a command sent again is carried
    out once and can be undone; that is forgotten with the page."""

    def __init__(self, workspace: Workspace, now_s: Callable[[], float], random: RandomSource) -> None:
        self._workspace = workspace
        self._now_s = now_s
        self._random = random
        self._done: dict[str, Saved | Deleted] = {}  # by key; one entry for each act of a person
        self._codes: dict[str, str] = {}  # by id of a row that may have arrived: it keeps its code

    def carry_out(self, commands: Sequence[Command]) -> dict[str, Receipt]:
        """A receipt for each command, by key. Nothing is raised that the API or the session raises."""
        receipts: dict[str, Receipt] = {}
        creates: list[tuple[CreateRow, NewResult]] = []
        others: list[ChangeRow | DeleteRow] = []
        there = self._rows_by_person()
        for wanted in commands:
            known = self._done.get(wanted.key)
            command = self._resolved(wanted) if known is None else known
            if isinstance(command, ChangeRow | DeleteRow):
                others.append(command)
            elif isinstance(command, CreateRow):
                checked = self._checked(command)
                if isinstance(checked, Refused):
                    receipts[command.key] = checked
                    continue
                person = name_key(command.person)
                if any(name_key(other.person) == person for other, _ in creates):
                    receipts |= self._create(creates)  # so that the second of two equal names meets the first
                    creates, there = [], self._rows_by_person()
                same = [row for row in there.get(person, []) if row.id != command.key]
                if same and not command.accepts_duplicate:
                    receipts[command.key] = Duplicate(command.key, same[0])
                else:
                    creates.append((command, checked))
            else:
                receipts[command.key] = command
        receipts |= self._create(creates)
        hindrance = next(
            (entry.hindrance for entry in receipts.values() if isinstance(entry, NotSaved)), None
        )
        for other in others:
            # After one call without an answer the others need not wait for theirs.
            receipt = NotSaved(other.key, hindrance) if hindrance else self._change_or_delete(other)
            hindrance = receipt.hindrance if isinstance(receipt, NotSaved) else None
            receipts[other.key] = receipt
        self._done |= {key: entry for key, entry in receipts.items() if isinstance(entry, Saved | Deleted)}
        return receipts

    def _resolved(self, command: Command) -> CreateRow | ChangeRow | DeleteRow | Refused:
        if not isinstance(command, UndoCommand):
            return command
        done = self._done.get(command.of)
        found = None if done is None else inverse(done, command.key, self._audience)
        if found is None:
            return Refused(
                command.key, None, "This page no longer knows what it was. Change the row instead."
            )
        return found

    @property
    def _audience(self) -> Audience:
        return self._workspace.exam.audience

    def _rows_by_person(self) -> dict[str, list[Result]]:
        rows: dict[str, list[Result]] = {}
        for row in self._workspace.results:
            rows.setdefault(name_key(person_of(row, self._audience)), []).append(row)
        return rows

    # New rows.

    def _checked(self, command: CreateRow) -> NewResult | Refused:
        try:
            grade = parse_grade(command.grade, self._workspace.exam.scale).text
            if self._audience is Audience.NAMES:
                return NewResult(command.person, grade, id=command.key)
            is_nameless = command.code is not None and not command.person  # put back as it was
            name = None if is_nameless else command.person
            return NewResult(self._code(command), grade, name, command.key)
        except FieldInvalid as error:
            return _refused(command.key, error)

    def _code(self, command: CreateRow) -> str:
        code = command.code or self._codes.get(command.key)
        if code is None:
            taken = {row.student for row in self._workspace.results} | set(self._codes.values())
            code = new_codes(1, taken, self._random)[0]
        self._codes[command.key] = code
        return code

    def _create(self, creates: Sequence[tuple[CreateRow, NewResult]]) -> dict[str, Receipt]:
        receipts: dict[str, Receipt] = {}
        try:
            for start in range(0, len(creates), BATCH_MAX):
                batch = [new for _, new in creates[start : start + BATCH_MAX]]
                receipts |= {receipt.key: receipt for receipt in self._create_batch(batch)}
        except (BackendUnreachable, SessionEnded) as error:
            # Rows of this batch that did arrive are met again by their ids.
            left = [new.id for _, new in creates if new.id not in receipts]
            receipts |= {key: _not_saved(key, error) for key in left}
        return receipts

    def _create_batch(self, batch: Sequence[NewResult]) -> list[Receipt]:
        if len(batch) == 1:
            return [self._create_one(batch[0])]
        try:
            rows = self._workspace.api.create_results(self._workspace.exam.id, batch)
        except (NotAllowed, NotFound) as error:
            return [_refused_by_api(new.id, error) for new in batch]
        except ApiRefused:
            # One of them is to blame: each is tried alone, and the others are saved.
            return [self._create_one(new) for new in batch]
        names = {new.id: new.name for new in batch}
        return [self._saved(row.id, replace(row, name=names[row.id])) for row in rows]

    def _create_one(self, new: NewResult) -> Receipt:
        try:
            row = self._workspace.api.create_result(self._workspace.exam.id, new)
        except VersionConflict as conflict:
            return self._met(new.id, new.id, conflict, new.name or new.student, new.grade, None)
        except ApiRefused as error:
            return _refused_by_api(new.id, error)
        return self._saved(new.id, replace(row, name=new.name))

    def _saved(self, key: str, row: Result, before: Result | None = None) -> Saved:
        self._workspace.keep([row])
        return Saved(key, self._now_s(), row, before)

    # Rows that are there.

    def _change_or_delete(self, command: ChangeRow | DeleteRow) -> Receipt:
        try:
            if isinstance(command, ChangeRow):
                return self._change(command)
            return self._delete(command)
        except FieldInvalid as error:
            return _refused(command.key, error)
        except (BackendUnreachable, SessionEnded) as error:
            return _not_saved(command.key, error)
        except ApiRefused as error:
            return _refused_by_api(command.key, error)

    def _change(self, command: ChangeRow) -> Receipt:
        before = self._workspace.result(command.row_id)
        if before is None:
            return Conflict(command.key, command.row_id, None)
        grade = parse_grade(command.grade, self._workspace.exam.scale).text
        person = command.person.strip()
        has_codes = self._audience is Audience.CODES
        is_new_person = person != person_of(before, self._audience)
        if not is_new_person and grade == before.grade and before.version == command.expected_version:
            return Saved(command.key, self._now_s(), before, before)
        try:
            row = self._workspace.api.update_result(
                before.exam_id,
                before.id,
                command.expected_version,
                student=person if is_new_person and not has_codes else None,
                grade=grade,
                name=person if is_new_person and has_codes and person else None,
                removes_name=is_new_person and has_codes and not person,
            )
        except VersionConflict as conflict:
            return self._met(command.key, command.row_id, conflict, person, grade, before)
        except NotFound:
            self._workspace.forget([command.row_id])
            return Conflict(command.key, command.row_id, None)
        name = (person or None) if has_codes else before.name
        return self._saved(command.key, replace(row, name=name), before)

    def _delete(self, command: DeleteRow) -> Receipt:
        before = self._workspace.result(command.row_id)
        if before is not None:
            try:
                self._workspace.api.delete_result(before.exam_id, before.id, command.expected_version)
            except VersionConflict as conflict:
                return Conflict(command.key, command.row_id, self._present(conflict))
            except NotFound:
                before = None  # who deleted it may undo that; here there is nothing to take back
            self._workspace.forget([command.row_id])
        return Deleted(command.key, self._now_s(), command.row_id, before)

    def _met(
        self,
        key: str,
        row_id: str,
        conflict: VersionConflict,
        person: str,
        grade: str,
        before: Result | None,
    ) -> Receipt:
        """What to say to a teacher whose write met another one: nothing, if both say the same."""
        theirs = self._present(conflict)
        if theirs is not None and theirs.grade == grade and person_of(theirs, self._audience) == person:
            return Saved(key, self._now_s(), theirs, before)
        return Conflict(key, row_id, theirs)

    def _present(self, conflict: VersionConflict) -> Result | None:
        """The row as it is now, its name included, and kept."""
        row = conflict.current
        if not isinstance(row, Result):
            return None
        if self._audience is Audience.CODES:
            row = self._workspace.api.get_result(row.exam_id, row.id)  # no refusal tells names
        if row is not None:
            self._workspace.keep([row])
        return row


def _refused(key: str, error: FieldInvalid) -> Refused:
    field = {"student": "person", "name": "person", "grade": "grade"}.get(error.field)
    return Refused(key, field, error.reason)


def _refused_by_api(key: str, error: ApiRefused) -> Refused | NotSaved:
    if isinstance(error, NotAllowed):
        if not error.is_about_the_row:
            return NotSaved(key, Hindrance.SESSION_ENDED)
        return Refused(key, None, "This exam belongs to another teacher: only they can change it.")
    if isinstance(error, NotFound):
        return Refused(key, None, "This exam is no longer there: it was deleted.")
    if isinstance(error, InputRefused):
        return _refused(key, FieldInvalid(error.field or "", error.reason))
    return Refused(key, None, str(error))


def _not_saved(key: str, error: BackendUnreachable | SessionEnded) -> NotSaved:
    is_ended = isinstance(error, SessionEnded)
    return NotSaved(key, Hindrance.SESSION_ENDED if is_ended else Hindrance.UNREACHABLE)
