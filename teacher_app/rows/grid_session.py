"""One open grid: its lines, saving them with what can fail, undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from shared.model.codes import RandomSource
from shared.model.exam import Audience, Result, new_id
from shared.model.text import sort_key
from teacher_app.rows.commands import (
    Command,
    Conflict,
    Deleted,
    Duplicate,
    NotSaved,
    Receipt,
    Saved,
    UndoCommand,
    person_of,
)
from teacher_app.rows.grid_changes import GridLine, command_for, edited, has_edits, line_of, settled
from teacher_app.rows.grid_messages import edits_from
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter

__all__ = ["GridPage"]


class GridPage:
    """Kept in the page's Streamlit session.

    `generation` names the present lines: edits of earlier ones, or of an earlier session's, are worth
    nothing. `heard` numbers the last telling of edits that was of the lines of its time.
    """

    def __init__(self, workspace: Workspace, random: RandomSource) -> None:
        self.workspace = workspace
        self.generation = new_id()
        self.heard = 0
        self._writer = RowWriter(workspace, random)
        self._undoable: list[str] = []  # keys of the last save
        self._begin()

    @property
    def audience(self) -> Audience:
        return self.workspace.exam.audience

    @property
    def unsaved(self) -> list[GridLine]:
        """Lines that differ from what is stored."""
        return [line for line in self.lines if command_for(line, self.audience) is not None]

    @property
    def to_choose(self) -> list[GridLine]:
        """Lines that wait for the teacher's word: changed elsewhere, or there already."""
        return [line for line in self.lines if isinstance(line.receipt, Conflict | Duplicate)]

    @property
    def undoable_count(self) -> int:
        """How many lines the last save stored."""
        return len(self._undoable)

    def hear(self, told: object) -> dict[str, Any]:
        """The edits of the present lines that the script has told; {} if there are none."""
        telling = edits_from(told, self.generation)
        if telling is None:
            return {}
        self.heard, edits = telling
        return edits

    def lines_with(self, edits: Mapping[str, Any] | None) -> list[GridLine]:
        """The lines as the grid shows them with these edits."""
        return edited(self.lines, edits, new_id)

    def absorb(self, edits: Mapping[str, Any] | None) -> None:
        """Make what was typed part of the lines: the grid may go now."""
        if has_edits(edits):
            self._set(self.lines_with(edits))

    def catch_up(self, edits: Mapping[str, Any] | None) -> None:
        """Show what others stored, unless something here waits to be saved."""
        shown = {line.stored for line in self.lines}
        if not has_edits(edits) and not self.unsaved and shown != set(self.workspace.results):
            self._begin()

    def discard(self) -> None:
        """Back to what is stored."""
        self._begin()

    def save(self) -> Iterator[tuple[int, int]]:
        """Save every unsaved line that waits for no choice; tells (done, of) after each few. Stopped in the
        middle, the lines that are left are still unsaved."""
        wanted = [line for line in self.unsaved if not isinstance(line.receipt, Conflict | Duplicate)]
        undoable: list[str] = []
        done = 0
        for receipts in self._writer.write_in_steps(self._commands(wanted)):
            self._apply(receipts)
            undoable += [key for key, receipt in receipts.items() if isinstance(receipt, Saved | Deleted)]
            if undoable:
                self._undoable = undoable
            done += len(receipts)
            yield done, len(wanted)

    def keep_mine(self, key: str) -> None:
        """Save the line over what is there now, which the teacher has seen."""
        line = self._line(key)
        if isinstance(line.receipt, Duplicate):
            line = replace(line, accepts_duplicate=True, receipt=None)
        elif isinstance(line.receipt, Conflict):
            theirs = line.receipt.theirs
            # A row that was deleted comes back as a new one: its id is never used again.
            code = line.stored.student if line.stored and self.audience is Audience.CODES else None
            line = replace(line, key=new_id(), stored=theirs, code=code, receipt=None)
        self._put(key, line)
        receipts = self._writer.write(self._commands([line]))
        self._apply(receipts)
        self._undoable = [done for done, found in receipts.items() if isinstance(found, Saved | Deleted)]

    def take_theirs(self, key: str) -> None:
        """Leave what is there now; what was typed on this line goes."""
        receipt = self._line(key).receipt
        theirs: Result | None = receipt.theirs if isinstance(receipt, Conflict) else None
        self._put(key, None if theirs is None else line_of(theirs, self.audience, new_id()))

    def undo(self) -> list[Receipt]:
        """Take back the last save; gives the receipts of what could not be taken back."""
        commands = [UndoCommand(new_id(), key) for key in reversed(self._undoable)]
        receipts = self._writer.write(commands)
        by_key = {command.key: command.of for command in commands}
        self._undoable = [
            by_key[key] for key, receipt in receipts.items() if isinstance(receipt, NotSaved)
        ]  # these may be tried again
        drafts = {line.key: line for line in self.unsaved}
        self._begin()
        self._set([*self._merged(drafts)])
        return [receipt for receipt in receipts.values() if not isinstance(receipt, Saved | Deleted)]

    def _merged(self, drafts: Mapping[str, GridLine]) -> Iterator[GridLine]:
        """The lines as stored, with what was typed and not saved put over them."""
        by_row = {line.stored.id: line for line in drafts.values() if line.stored is not None}
        for line in self.lines:
            yield by_row.pop(line.stored.id, line) if line.stored is not None else line
        yield from by_row.values()
        yield from (line for line in drafts.values() if line.stored is None)

    def _commands(self, lines: list[GridLine]) -> list[Command]:
        commands = [command_for(line, self.audience) for line in lines]
        return [command for command in commands if command is not None]

    def _apply(self, receipts: Mapping[str, Receipt]) -> None:
        after = []
        for line in self.lines:
            receipt = receipts.get(line.key)
            changed = line if receipt is None else settled(line, receipt, self.audience, new_id())
            if changed is not None:
                after.append(changed)
        self._set(after)

    def _line(self, key: str) -> GridLine:
        return next(line for line in self.lines if line.key == key)

    def _put(self, key: str, line: GridLine | None) -> None:
        after = [line if known.key == key else known for known in self.lines]
        self._set([known for known in after if known is not None])

    def _begin(self) -> None:
        rows = sorted(
            self.workspace.results, key=lambda row: (sort_key(person_of(row, self.audience)), row.id)
        )
        self._set([line_of(row, self.audience, new_id()) for row in rows])

    def _set(self, lines: Iterator[GridLine] | list[GridLine]) -> None:
        self.lines = list(lines)
        self.generation = new_id()
