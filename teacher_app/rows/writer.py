"""The one writer of result rows: every change that a teacher makes is a command, and each gets a receipt.

Entry, grid, import, their undo and the deletion of an exam all write through RowWriter. New rows and
deletions go to the API in batches as large as it takes; a batch that is refused is sent row by row, so that
only the row at fault is refused.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from shared.api.calls import BATCH_BYTES_MAX, BATCH_MAX, DELETED_CHARACTERS_MAX
from shared.model.codes import RandomSource, is_code, new_codes
from shared.model.errors import (
    ApiRefused,
    BackendUnreachable,
    FieldInvalid,
    InputRefused,
    NotAllowed,
    NotFound,
    ServerDiskFull,
    SessionEnded,
    VersionConflict,
)
from shared.model.exam import Audience, NewResult, Result, cleaned_comment
from shared.model.grades import AWAITED, stored_grade
from shared.model.names import are_other_numbers, name_key, same_number
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
from teacher_app.rows.undo import inverse_command
from teacher_app.rows.workspace import Workspace

__all__ = ["RowWriter"]

STEP_MIN = 20  # receipts that write_in_steps() collects before it yields

# As commands call the fields of a row.
_FIELDS = {"student": "person", "name": "person", "grade": "grade", "number": "number", "comment": "comment"}

_Item = NewResult | ChangeRow | DeleteRow
_AnyItem = TypeVar("_AnyItem", NewResult, DeleteRow)
_Call = tuple[Callable[[Sequence[Any]], Sequence[Receipt]], Sequence[_Item]]


class RowWriter:
    """Writes the rows of one exam for one open page.

    It remembers what it completed: a command that is sent again is carried out once, and it can be undone.

    Rows are sent in the order of their commands' keys. The keys are random, so that whoever watches a
    published exam that shows codes does not see rows arrive in the order of a class register; and since keys
    stay, a retry sends the same batches.
    """

    def __init__(self, workspace: Workspace, random: RandomSource) -> None:
        self._workspace = workspace
        self._random = random
        self._completed: dict[str, Saved | Deleted] = {}  # by key
        self._codes: dict[str, str] = {}  # by key, of new rows that are not known to be stored

    def write(self, commands: Iterable[Command]) -> dict[str, Receipt]:
        """A receipt for each command, by key. Errors of the API and of the session become receipts."""
        receipts: dict[str, Receipt] = {}
        for step in self.write_in_steps(commands):
            receipts |= step
        return receipts

    def write_in_steps(self, commands: Iterable[Command]) -> Iterator[dict[str, Receipt]]:
        """As write(), but yields the receipts as they come. A caller that stops leaves the rest undone."""
        step: dict[str, Receipt] = {}
        for receipts in self._receipts_by_call(commands):
            for receipt in receipts:
                if isinstance(receipt, Saved | Deleted):
                    self._completed[receipt.key] = receipt
                    self._codes.pop(receipt.key, None)
                step[receipt.key] = receipt
            if len(step) >= STEP_MIN:
                yield step
                step = {}
        if step:
            yield step

    def _receipts_by_call(self, commands: Iterable[Command]) -> Iterator[Sequence[Receipt]]:
        """The first item answers what needs no call, each other one is the outcome of a call."""
        creates: list[NewResult] = []
        changes: list[ChangeRow] = []
        deletes: list[DeleteRow] = []
        namesakes: list[CreateRow] = []  # of persons in `creates`: checked once those are stored
        answered: list[Receipt] = []
        resolved = [self._resolve(command) for command in {one.key: one for one in commands}.values()]
        present = self._rows_by_person()
        self._assign_codes([command for command in resolved if isinstance(command, CreateRow)])
        new_numbers: dict[str, list[str | None]] = defaultdict(list)  # by person, of `creates`
        for command in resolved:
            if isinstance(command, ChangeRow):
                changes.append(command)
            elif isinstance(command, DeleteRow):
                deletes.append(command)
            elif isinstance(command, CreateRow):
                new = self._new_result(command)
                if isinstance(new, Refused):
                    answered.append(new)
                    continue
                person = name_key(command.person)
                same = [
                    row
                    for row in present.get(person, [])
                    if row.id != command.key and not are_other_numbers(row.number, new.number)
                ]
                same.sort(key=lambda row: same_number(row.number, new.number), reverse=True)
                if same and not command.accepts_duplicate:
                    answered.append(Duplicate(command.key, same[0], new.grade == same[0].grade))
                elif not command.accepts_duplicate and not all(
                    are_other_numbers(number, new.number) for number in new_numbers[person]
                ):
                    namesakes.append(command)
                else:
                    creates.append(new)
                    new_numbers[person].append(new.number)
            else:
                answered.append(command)
        yield answered
        awaited = [new for new in creates if new.grade == AWAITED]
        graded = [new for new in creates if new.grade != AWAITED]
        yield from self._send(
            [
                # One event announces a batch, and awaited rows must not be announced to guests.
                *((self._create, batch) for batch in _batches(awaited, _request_bytes, BATCH_BYTES_MAX)),
                *((self._create, batch) for batch in _batches(graded, _request_bytes, BATCH_BYTES_MAX)),
                *(
                    (self._delete, batch)
                    for batch in _batches(deletes, self._characters, DELETED_CHARACTERS_MAX)
                ),
                *((self._change, [change]) for change in sorted(changes, key=_key)),
            ]
        )
        if namesakes:
            yield from self._receipts_by_call(namesakes)

    def _send(self, calls: Iterable[_Call]) -> Iterator[Sequence[Receipt]]:
        waiting = deque(calls)
        while waiting:
            send, items = waiting.popleft()
            try:
                receipts = send(items)
            except (ApiRefused, FieldInvalid, BackendUnreachable, SessionEnded) as error:
                if (hindrance := _hindrance(error)) is not None:
                    # The other calls would wait for an answer as long, each in turn.
                    left = [*items, *(item for _, others in waiting for item in others)]
                    yield [NotSaved(_key(item), hindrance, error) for item in left]
                    return
                if len(items) > 1 and not isinstance(error, NotAllowed):
                    waiting.extendleft((send, [item]) for item in reversed(items))
                    continue
                receipts = [_refused(_key(item), error) for item in items]
            yield receipts

    def _resolve(self, command: Command) -> CreateRow | ChangeRow | DeleteRow | Receipt:
        """A completed command becomes its receipt, an undo the command that it stands for."""
        completed = self._completed.get(command.key)
        if completed is not None:
            return completed
        if not isinstance(command, UndoCommand):
            return command
        undone = self._completed.get(command.of)
        inverse = None if undone is None else inverse_command(undone, command.key, self._audience)
        if inverse is None:
            return Refused(
                command.key, None, "This page no longer knows what it was. Change the row instead."
            )
        return inverse

    @property
    def _audience(self) -> Audience:
        return self._workspace.exam.audience

    def _rows_by_person(self) -> dict[str, list[Result]]:
        rows: dict[str, list[Result]] = {}
        for row in self._workspace.results:
            rows.setdefault(name_key(person_of(row, self._audience)), []).append(row)
        return rows

    # New rows.

    def _new_result(self, command: CreateRow) -> NewResult | Refused:
        try:
            grade = stored_grade(command.grade, self._workspace.exam.scale)
            number = command.number.strip() or None
            if not self._audience.has_codes:
                return NewResult(command.person, grade, None, command.key, number, command.comment)
            is_nameless = command.code is not None and not command.person  # put back as it was
            name = None if is_nameless else command.person
            code = self._codes[command.key]
            return NewResult(code, grade, name, command.key, number, command.comment)
        except FieldInvalid as error:
            return _refused(command.key, error)

    def _assign_codes(self, creates: Sequence[CreateRow]) -> None:
        """A code stays the same for as long as its row may have arrived; one that is taken is replaced."""
        length = self._audience.code_length
        if length is None:
            return
        taken = {row.student for row in self._workspace.results}
        new = [command for command in creates if command.key not in self._codes]
        kept = {one.key: one.code for one in new if one.code and is_code(one.code, length)}
        self._codes |= {key: code for key, code in kept.items() if code not in taken}
        keys = [one.key for one in new if one.key not in self._codes]
        fresh = new_codes(len(keys), taken | set(self._codes.values()), self._random, length)
        self._codes |= dict(zip(keys, fresh, strict=True))

    def _create(self, batch: Sequence[NewResult]) -> list[Receipt]:
        exam_id = self._workspace.exam.id
        if len(batch) > 1:
            rows = self._workspace.api.create_results(exam_id, batch)
        else:
            try:
                rows = [self._workspace.api.create_result(exam_id, batch[0])]
            except VersionConflict as conflict:
                wanted = _values(batch[0])
                if self._audience.has_codes:
                    del wanted["student"]  # the row keeps the code under which it arrived
                return [self._conflict(batch[0].id, batch[0].id, conflict, wanted, None)]
        sent = {new.id: new for new in batch}
        return [self._saved(row.id, replace(row, **_values(sent[row.id]))) for row in rows]

    def _saved(self, key: str, row: Result, before: Result | None = None) -> Saved:
        self._workspace.keep([row])
        return Saved(key, self._workspace.now_s(), row, before)

    # Rows that exist.

    def _change(self, batch: Sequence[ChangeRow]) -> list[Receipt]:
        (command,) = batch
        before = self._workspace.result(command.row_id)
        if before is None:
            return [Conflict(command.key, command.row_id, None)]
        wanted = self._wanted(command)
        stored = _values(before)
        changes = {name: value for name, value in wanted.items() if value != stored[name]}
        if not changes and before.version == command.expected_version:
            return [Saved(command.key, self._workspace.now_s(), before, before)]
        try:
            version = command.expected_version
            if wanted["grade"] == AWAITED and not before.is_awaited:
                row = self._workspace.api.retract_result(before.exam_id, before.id, version)
                del changes["grade"]
                version = row.version
            if changes or version == command.expected_version:
                texts = {name: value or "" for name, value in changes.items()}
                row = self._workspace.api.update_result(before.exam_id, before.id, version, **texts)
        except VersionConflict as conflict:
            return [self._conflict(command.key, command.row_id, conflict, wanted, before)]
        except NotFound:
            self._workspace.forget([command.row_id])
            return [Conflict(command.key, command.row_id, None)]
        return [self._saved(command.key, replace(row, **{**stored, **wanted}), before)]

    def _wanted(self, command: ChangeRow) -> dict[str, Any]:
        """What the command says of a row, by field. Raises FieldInvalid."""
        person = command.person.strip()
        wanted: dict[str, Any] = {"grade": stored_grade(command.grade, self._workspace.exam.scale)}
        wanted |= {"name": person or None} if self._audience.has_codes else {"student": person}
        if command.number is not None:
            wanted["number"] = command.number.strip() or None
        if command.comment is not None:
            wanted["comment"] = cleaned_comment(command.comment) or None
        return wanted

    def _characters(self, command: DeleteRow) -> int:
        """As the API counts those of the row's texts."""
        row = self._workspace.result(command.row_id)
        texts = "" if row is None else "".join(filter(None, _values(row).values()))
        return len(texts.encode("utf-16-le", "surrogatepass")) // 2

    def _delete(self, batch: Sequence[DeleteRow]) -> list[Receipt]:
        before = {command.row_id: self._workspace.result(command.row_id) for command in batch}
        exam_id = self._workspace.exam.id
        pairs = [(one.row_id, one.expected_version) for one in batch if before[one.row_id] is not None]
        try:
            if len(batch) == 1 and pairs:
                self._workspace.api.delete_result(exam_id, *pairs[0])
            elif pairs:
                self._workspace.api.delete_results(exam_id, pairs)
        except VersionConflict as conflict:
            if len(batch) > 1:
                raise
            return [Conflict(batch[0].key, batch[0].row_id, self._current_row(conflict))]
        except NotFound:
            if len(batch) > 1:
                raise
            before = {}  # whoever deleted it can undo that; here nothing is left to undo
        self._workspace.forget(command.row_id for command in batch)
        at_s = self._workspace.now_s()
        return [Deleted(one.key, at_s, one.row_id, before.get(one.row_id)) for one in batch]

    def _conflict(
        self,
        key: str,
        row_id: str,
        conflict: VersionConflict,
        wanted: Mapping[str, Any],
        before: Result | None,
    ) -> Receipt:
        """Two writes of the same values are no conflict: the row is as this teacher wants it."""
        theirs = self._current_row(conflict)
        if theirs is not None and wanted.items() <= _values(theirs).items():
            return Saved(key, self._workspace.now_s(), theirs, before)
        return Conflict(key, row_id, theirs)

    def _current_row(self, conflict: VersionConflict) -> Result | None:
        """The row as it is now, with its name, number and comment; the workspace keeps it."""
        row = conflict.current
        if not isinstance(row, Result):
            return None
        row = self._workspace.api.get_result(row.exam_id, row.id)  # no refusal contains what is private
        if row is not None:
            self._workspace.keep([row])
        return row


def _values(row: Result | NewResult) -> dict[str, Any]:
    """What a teacher writes of a row, by field. The API's answers to writes leave some of it out."""
    return {name: getattr(row, name) for name in ("student", "grade", "name", "number", "comment")}


def _batches(
    items: Sequence[_AnyItem], weight_of: Callable[[_AnyItem], int], weight_max: int
) -> Iterator[Sequence[_AnyItem]]:
    """Up to BATCH_MAX items that weigh `weight_max` at most, or a single one that weighs more."""
    batch: list[_AnyItem] = []
    weight = 0
    for item in sorted(items, key=_key):
        weight += weight_of(item)
        if batch and (len(batch) == BATCH_MAX or weight > weight_max):
            yield batch
            batch, weight = [], weight_of(item)
        batch.append(item)
    if batch:
        yield batch


def _request_bytes(new: NewResult) -> int:
    """In a request whose JSON escapes what is not ASCII: 12 bytes for an emoji."""
    return len(json.dumps(new.to_wire())) + len(", ")


def _key(item: _Item) -> str:
    return item.id if isinstance(item, NewResult) else item.key


def _hindrance(error: Exception) -> Hindrance | None:
    """Why the call was not carried out at all; None if the API refused it."""
    if isinstance(error, ServerDiskFull):
        return Hindrance.DISK_FULL
    if isinstance(error, BackendUnreachable):
        return Hindrance.UNREACHABLE
    if isinstance(error, SessionEnded) or (isinstance(error, NotAllowed) and not error.is_about_the_row):
        return Hindrance.SESSION_ENDED
    return None


def _refused(key: str, error: Exception) -> Refused:
    field, reason = None, str(error)
    if isinstance(error, FieldInvalid | InputRefused):
        reason = error.reason
        field = _FIELDS.get(error.field or "")
    elif isinstance(error, NotAllowed):
        reason = "This exam belongs to another teacher: only they can change it."
    elif isinstance(error, NotFound):
        reason = "This exam is no longer there: it was deleted."
    return Refused(key, field, reason, error)
