"""One open grid: the entries of its outbox are held until Save, and the last save can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shared.model.codes import RandomSource
from shared.model.exam import Audience, Result, new_id
from teacher_app.rows.bad_cells import BadCell, bad_cells
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
)
from teacher_app.rows.page_messages import Entry
from teacher_app.rows.page_session import PageSession
from teacher_app.rows.workspace import Workspace

__all__ = ["GridSession"]


class GridSession(PageSession):
    """Each line of the grid that differs from what is stored has one entry, with the line's number."""

    def __init__(self, workspace: Workspace, random: RandomSource) -> None:
        super().__init__(workspace, random)
        self._undoable: list[str] = []  # keys of the commands of the last save

    @property
    def audience(self) -> Audience:
        return self.workspace.exam.audience

    @property
    def unsaved(self) -> dict[str, Entry]:
        """Entries whose present attempt is not carried out, by key."""
        return {
            key: entry
            for key, entry in self.entries.items()
            if not isinstance(self.receipt(key), Saved | Deleted)
        }

    @property
    def choices(self) -> dict[str, Conflict | Duplicate]:
        """Entries about which the teacher has to decide: changed elsewhere, or stored already."""
        receipts = {key: self.receipt(key) for key in self.entries}
        return {key: found for key, found in receipts.items() if isinstance(found, Conflict | Duplicate)}

    @property
    def hindrances(self) -> set[Hindrance]:
        """Why the last save stored nothing of some entries."""
        receipts = [self.receipt(key) for key in self.entries]
        return {receipt.hindrance for receipt in receipts if isinstance(receipt, NotSaved)}

    @property
    def undoable_count(self) -> int:
        """How many lines the last save stored."""
        return len(self._undoable)

    def bad_cells(self) -> dict[str, list[BadCell]]:
        """The cells of unsaved entries that cannot be saved as they are, by key."""
        scale = self.workspace.exam.scale
        found = {
            key: list(bad_cells(entry.command, scale, self.audience))
            for key, entry in self.unsaved.items()
            if not isinstance(entry.command, Refused)
        }
        return {key: cells for key, cells in found.items() if cells}

    def grid_data(self, *, place: str) -> dict[str, Any]:
        """What the grid's script gets. `place` names the tab's storage; `bad_cells` are those of an attempt:
        {key: [attempt, [[column, reason], ...]]}."""
        return {
            **self.data(),
            "place": place,
            "subject": self.workspace.exam.subject,
            "has_codes": self.audience.has_codes,
            "bad_cells": {
                key: [self.entries[key].attempt, [[cell.column, cell.reason] for cell in cells]]
                for key, cells in self.bad_cells().items()
            },
        }

    def save(self) -> Iterator[tuple[int, int]]:
        """Save what waits for no choice. Yields (entries dealt with, all of them) after each step; a caller
        that stops leaves the rest unsaved."""
        choices = self.choices
        commands = [
            entry.command
            for key, entry in self.entries.items()
            if not (isinstance(entry.command, Refused) or key in choices or self.is_completed(key))
        ]
        completed: list[str] = []
        done = 0
        for receipts in self.writer.write_in_steps(commands):
            for key, receipt in receipts.items():
                self.record(key, receipt)
                if isinstance(receipt, Saved | Deleted):
                    completed.append(key)
            self._undoable = completed or self._undoable
            done += len(receipts)
            yield done, len(commands)

    def keep_mine(self, key: str) -> None:
        """Save the entry over what is stored now, which the teacher has seen."""
        self._carry_out(key, self._insisting(self.entries[key], self.choices[key]))

    def _carry_out(self, key: str, command: Command) -> None:
        (receipt,) = self.writer.write([command]).values()
        self.record(key, replace(receipt, key=key))
        self._undoable = [command.key] if isinstance(receipt, Saved | Deleted) else []

    def replace_existing(self, key: str) -> None:
        """Give the student who is stored already the grade that was typed."""
        receipt, command = self.choices[key], self.entries[key].command
        if not (isinstance(receipt, Duplicate) and isinstance(command, CreateRow)):
            raise ValueError(receipt)
        existing = receipt.existing
        change = _change_of(command, existing)
        self._carry_out(key, change)

    def take_theirs(self, key: str) -> None:
        """Leave what is stored now; what was typed on this line is given up."""
        self.record(key, self._stored_state(key))

    def discard(self) -> None:
        """Give up everything that is not saved."""
        for key in self.unsaved:
            self.take_theirs(key)

    def undo(self) -> list[Receipt]:
        """Undo the last save. Returns the receipts of what could not be undone; without an answer it may be
        tried again."""
        commands = {new_id(): key for key in self._undoable}
        receipts = self.writer.write(UndoCommand(key, of) for key, of in commands.items())
        failed: list[Receipt] = [
            receipt for receipt in receipts.values() if not isinstance(receipt, Saved | Deleted)
        ]
        self._undoable = [commands[receipt.key] for receipt in failed if isinstance(receipt, NotSaved)]
        return failed

    def _insisting(self, entry: Entry, receipt: Conflict | Duplicate) -> Command:
        match entry.command, receipt:
            case CreateRow() as command, Duplicate():
                return replace(command, accepts_duplicate=True)
            case DeleteRow() as command, Conflict(theirs=Result() as theirs):
                return replace(command, key=new_id(), expected_version=theirs.version)
            case (CreateRow() | ChangeRow()) as command, Conflict(theirs=Result() as theirs):
                return _change_of(command, theirs)
            case (CreateRow() | ChangeRow()) as command, _:
                # A row that was deleted comes back as a new one: its id is never used again.
                return CreateRow(
                    new_id(),
                    command.person,
                    command.grade,
                    code=entry.code,
                    number=command.number or "",
                    comment=command.comment or "",
                )
        raise ValueError(receipt)

    def _stored_state(self, key: str) -> Saved | Deleted:
        """A receipt that has the script show what is stored."""
        command = self.entries[key].command
        row_id = command.row_id if isinstance(command, ChangeRow | DeleteRow) else key
        row = self.workspace.result(row_id)
        at_s = self.workspace.now_s()
        return Deleted(key, at_s, row_id, None) if row is None else Saved(key, at_s, row, row)


def _change_of(command: CreateRow | ChangeRow, stored: Result) -> ChangeRow:
    """What was typed, for a row as it is stored now. A new row's empty number and comment remove nothing."""
    number, comment = command.number, command.comment
    if isinstance(command, CreateRow):
        number, comment = number or None, comment or None
    return ChangeRow(new_id(), stored.id, stored.version, command.person, command.grade, number, comment)
