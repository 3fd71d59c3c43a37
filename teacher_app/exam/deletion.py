"""Deleting an exam with all its results, and restoring it.

Both continue where they stopped when they are run again after a lost connection. What a deletion took is
remembered until the page is closed, so that it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.model.codes import RandomSource
from shared.model.errors import NotFound, StateRefused, VersionConflict
from shared.model.exam import Exam, NewExam, Result, new_id
from teacher_app.rows.commands import DeleteRow, Refused
from teacher_app.rows.undo import restoring_command
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.write_job import WriteJob
from teacher_app.rows.writer import RowWriter

__all__ = ["Deletion", "Restoration"]

ROUNDS_MAX = 20  # then somebody who keeps entering results elsewhere makes it fail


class Deletion:
    """Hides an exam from students first, then deletes its results in batches, then the exam itself."""

    def __init__(self, workspace: Workspace, random: RandomSource) -> None:
        self.workspace = workspace
        self.is_done = False
        self._random = random
        self._taken: dict[str, Result] = {}

    @property
    def exam(self) -> Exam:
        """As it was last read."""
        return self.workspace.exam

    @property
    def taken(self) -> list[Result]:
        """Rows that are deleted or, before `is_done`, about to be."""
        return list(self._taken.values())

    def run(self) -> Iterator[tuple[int, int]]:
        """Yields (rows deleted so far, all rows seen) after each batch.

        Raises what the API raises; run it again to continue.
        """
        for rounds_left in reversed(range(ROUNDS_MAX)):
            try:
                self.workspace.refresh()
            except NotFound:
                self.is_done = True
                return
            try:
                while self.exam.is_published:
                    self.workspace.change_exam(lambda api, exam: api.unpublish_exam(exam.id, exam.version))
                yield from self._delete_rows()
                self.workspace.api.delete_exam(self.exam.id, self.exam.version)
            except (VersionConflict, NotFound, StateRefused):
                # Something was changed elsewhere at this very moment: read again, and take that too.
                if rounds_left == 0:
                    raise
            else:
                self.is_done = True
                return

    def _delete_rows(self) -> Iterator[tuple[int, int]]:
        rows = self.workspace.results
        before = len(self._taken.keys() - {row.id for row in rows})
        self._taken.update((row.id, row) for row in rows)
        writer = RowWriter(self.workspace, self._random)
        for done in WriteJob(writer, [DeleteRow(new_id(), row.id, row.version) for row in rows]).run():
            yield before + done, before + len(rows)


class Restoration:
    """Creates a deleted exam again, as a draft with new ids: those of deleted rows are never used again."""

    def __init__(self, deletion: Deletion, random: RandomSource) -> None:
        self.exam_id = new_id()
        self._exam = NewExam.like(deletion.exam, self.exam_id)
        self._deleted = deletion.workspace
        self._random = random
        self._commands = [restoring_command(row, new_id(), self._exam.audience) for row in deletion.taken]
        self._job: WriteJob | None = None

    def run(self) -> Iterator[tuple[int, int]]:
        """Yields (results restored, all of them) after each batch.

        Raises what the API raises; run it again to continue.
        """
        if self._job is None:
            self._deleted.api.create_exam(self._exam)
            workspace = self._deleted.of_exam(self.exam_id)
            self._job = WriteJob(RowWriter(workspace, self._random), self._commands)
        for done in self._job.run():
            yield done, self._job.total
        for receipt in self._job.rejected:
            if isinstance(receipt, Refused) and receipt.cause is not None:
                raise receipt.cause
