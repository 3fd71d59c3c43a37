"""One import from its source to its end, as one open page has it: kept while the teacher goes elsewhere."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from shared.model.exam import Audience, Exam, Result, new_id
from shared.model.scales import HIGHEST_LIMIT, NumberScale, Scale
from teacher_app.importing.checking import SHARES_OF, are_shares, check_rows
from teacher_app.importing.columns import FIND, NO_GRADES, Layout, recognised, with_grade
from teacher_app.importing.headed import Dialect
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome
from teacher_app.importing.rows import SourceRow, rows_from_table
from teacher_app.importing.saving import Saving
from teacher_app.reading.files import Source
from teacher_app.reading.tables import Table
from teacher_app.rows.commands import UndoCommand
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.write_job import WriteJob
from teacher_app.rows.writer import RowWriter

__all__ = ["ImportDraft", "Progress", "outcome_counts"]


class Progress(StrEnum):
    """The state of the saving or of the undoing."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class ImportDraft:
    """The source with all that the teacher decided about it. `asks_for_columns`: they were not recognised, or
    guessed from the cells alone."""

    def __init__(self, source: Source, workspace: Workspace) -> None:
        self.source = source
        self._workspace = workspace
        self.sheet = next(iter(source.tables))
        self.choices = Choices()
        self.saving: Saving | None = None
        self.undoing: WriteJob | None = None  # of what `saving` saved
        self.progress = Progress.NONE
        self.hindrance: Exception | None = None  # the error that paused it; None if the teacher did
        self.finished_at: dt.datetime | None = None
        self.offered: dict[str, Sequence[SourceRow]] = {}  # by editor: the rows as it was given them
        self._corrected: dict[int, SourceRow] = {}  # by position
        self._asked: tuple[list[SourceRow], Exam, list[Result]] | None = None
        self._answers: dict[Choices, list[CheckedRow]] = {}  # to what was `_asked`
        self.layout = self._recognised(FIND)
        self._rows = self._read()
        self._guess_shares()

    @property
    def scale(self) -> Scale:
        """That of the exam."""
        return self._workspace.exam.scale

    @property
    def audience(self) -> Audience:
        """That of the exam."""
        return self._workspace.exam.audience

    @property
    def table(self) -> Table:
        return self.source.tables[self.sheet]

    @property
    def rows(self) -> list[SourceRow]:
        """As read or corrected. Positions stay the same for as long as the layout does."""
        return [self._corrected.get(position, row) for position, row in enumerate(self._rows)]

    @property
    def other_points(self) -> Decimal | None:
        """How many points are possible in the file, where the exam has another number of them and grades can
        be converted."""
        scale, points = self.scale, SHARES_OF if self._has_shares else self.layout.points
        if points is None or not isinstance(scale, NumberScale) or points > HIGHEST_LIMIT:
            return None
        is_from_zero = scale.lowest == 0 and not scale.is_lowest_best
        return points if is_from_zero and points != scale.highest else None

    def choose_sheet(self, sheet: str) -> None:
        """Read another sheet of the workbook; corrections are forgotten."""
        self.sheet = sheet
        self._lay_out(self._recognised(FIND))

    def choose_heading(self, heading_row: int | None) -> None:
        """Which row is the heading, None for a table without one; the columns are recognised anew."""
        self._lay_out(self._recognised(heading_row))

    def choose_columns(
        self,
        names: Sequence[int],
        grade: int | None,
        code: int | None,
        *,
        number: int | None = None,
        comment: int | None = None,
    ) -> bool:
        """Which columns hold what; the `grade` NO_GRADES is no column: nobody has a grade yet. Another grade
        brings its own comments. A change forgets the corrections. Returns whether there was one."""
        layout = self.layout
        if grade == NO_GRADES:
            layout = replace(layout, grade=None, has_grades=False)
        elif grade != layout.grade or not layout.has_grades:
            layout = with_grade(layout, grade)
        if comment != self.layout.comment:
            layout = replace(layout, comment=comment)
        layout = replace(layout, name_columns=tuple(names), code=code, number=number)
        if layout == self.layout:
            return False
        self._lay_out(layout)
        return True

    def correct(
        self,
        position: int,
        person: str,
        grade: str,
        *,
        is_included: bool,
        number: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Put other texts in the place of what was read, and tick or untick the row. A number or a comment
        that is None stays as it was read."""
        row = self._rows[position]
        self._corrected[position] = replace(
            row,
            person=person.strip(),
            grade=grade.strip(),
            is_included=is_included,
            number=row.number if number is None else number.strip(),
            comment=row.comment if comment is None else comment.strip(),
        )

    def checked(self) -> list[CheckedRow]:
        """Each row against what the workspace has now."""
        return self._checked(self.choices)

    def checked_without_choices(self) -> list[CheckedRow]:
        """What there would be to choose about: students with other grades than there, repeated ones, decimals
        to round."""
        return self._checked(Choices())

    def _checked(self, choices: Choices) -> list[CheckedRow]:
        """The last answer as long as nothing changes: a page asks several times in each of its reruns."""
        asked = (self.rows, self._workspace.exam, list(self._workspace.results))
        if asked != self._asked:
            self._asked, self._answers = asked, {}
        if choices not in self._answers:
            self._answers[choices] = check_rows(*asked, choices)
        return self._answers[choices]

    # Saving.

    @property
    def job(self) -> WriteJob:
        """The saving or the undoing that `progress` is about. Only after begin()."""
        assert self.saving is not None  # noqa: S101  # begun
        return self.undoing or self.saving

    def begin(self, source: random.Random) -> None:
        """Start to save what can be saved; refresh the workspace before."""
        self._writer = RowWriter(self._workspace, source)
        self.saving, self.undoing = Saving(self._writer, self.checked(), self.audience), None
        self.progress, self.hindrance = Progress.RUNNING, None

    def undo(self) -> None:
        """Undo what was saved; what somebody has changed since stays as it is."""
        assert self.saving is not None  # noqa: S101  # begun
        commands = [UndoCommand(new_id(), receipt.key) for receipt in self.saving.completed]
        self.undoing = WriteJob(self._writer, commands)
        self.progress, self.hindrance = Progress.RUNNING, None

    def pause(self, now: Callable[[], dt.datetime]) -> None:
        """Stop here, between two steps; after the last one it is finished anyway."""
        if self.job.is_finished:
            self.progress, self.finished_at = Progress.FINISHED, now()
        else:
            self.progress, self.hindrance = Progress.PAUSED, None

    def go_on(self) -> None:
        """Continue with what is left."""
        self.progress, self.hindrance = Progress.RUNNING, None

    def stop(self) -> None:
        """Leave the rest unsaved: the rows are checked again against what is stored."""
        self.progress = Progress.NONE

    def run(self, now: Callable[[], dt.datetime]) -> Iterator[tuple[int, int]]:
        """Yields (rows dealt with, all of them) after each step. An error pauses it and passes through."""
        job = self.job
        try:
            for done in job.run():
                yield done, job.total
        except Exception as error:
            self.progress, self.hindrance = Progress.PAUSED, error
            raise
        self.progress, self.finished_at = Progress.FINISHED, now()

    def _recognised(self, heading_row: int | None) -> Layout:
        exam = self._workspace.exam
        layout = recognised(
            self.table, exam.scale, exam.subject, kind=self.source.kind, heading_row=heading_row
        )
        is_guessed = not layout.has_heading and self.table.width > len(layout.name_columns) + 1
        # A remark in a list of the teacher's own may be meant for nobody else.
        is_told = layout.comment is not None and exam.audience is Audience.OWN
        is_own_list = layout.dialect is Dialect.PLAIN
        self.asks_for_columns = is_guessed or (is_told and is_own_list) or not layout.is_complete
        return layout

    def _lay_out(self, layout: Layout) -> None:
        self.layout = layout
        self._corrected = {}
        self._rows = self._read()
        self._guess_shares()

    def _guess_shares(self) -> None:
        """Shares are converted unless the teacher unticks it: as percentages they would all be below 1 %."""
        self._has_shares = are_shares(self._rows, self.scale)
        self.choices = replace(self.choices, out_of=SHARES_OF if self._has_shares else None)

    def _read(self) -> list[SourceRow]:
        return rows_from_table(self.table, self.layout) if self.layout.is_complete else []


def outcome_counts(checked: Sequence[CheckedRow]) -> Mapping[Outcome, int]:
    """How many rows have each outcome."""
    return Counter(one.outcome for one in checked)
