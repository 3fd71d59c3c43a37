"""Undoing what an import saved: new rows deleted in batches, replaced ones put back; it can be gone on with.

What somebody has changed since stays as it is and is counted: an undo overwrites nobody's work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shared.api.calls import BATCH_MAX
from shared.model.errors import ApiRefused, NotAllowed, NotFound, VersionConflict
from shared.model.exam import Audience, Result
from teacher_app.importing.saving import Saving
from teacher_app.rows.workspace import Workspace

__all__ = ["TakingBack"]


class TakingBack:
    """`done` counts rows that are as before, `kept` those that were changed since."""

    def __init__(self, workspace: Workspace, saving: Saving) -> None:
        self._workspace = workspace
        self._created = list(saving.created)
        self._changed = list(saving.changed)
        self.total = len(self._created) + len(self._changed)
        self.done = 0
        self.kept = 0

    @property
    def left(self) -> int:
        """Rows not dealt with yet."""
        return len(self._created) + len(self._changed)

    @property
    def is_finished(self) -> bool:
        return self.left == 0

    def run(self) -> Iterator[int]:
        """Gives how many rows have been dealt with, after each batch. Raises as Saving.run() does."""
        while self._created:
            self._delete_batch(self._created[:BATCH_MAX])
            yield self.total - self.left
        while self._changed:
            before, after = self._changed[0]
            self._put_back(before, after)
            del self._changed[0]
            yield self.total - self.left

    def _delete_batch(self, batch: list[Result]) -> None:
        exam_id = self._workspace.exam.id
        try:
            self._workspace.api.delete_results(exam_id, [(row.id, row.version) for row in batch])
        except (VersionConflict, NotFound):
            # Some were changed or deleted since, or all are gone and the answer was lost: one by one.
            for row in batch:
                self._delete_one(row)
            return
        self._workspace.forget(row.id for row in batch)
        self.done += len(batch)
        del self._created[: len(batch)]

    def _delete_one(self, row: Result) -> None:
        try:
            self._workspace.api.delete_result(row.exam_id, row.id, row.version)
        except NotFound:
            pass  # gone, as it should be
        except VersionConflict:
            self.kept += 1
            self._created.remove(row)
            return
        self._workspace.forget([row.id])
        self.done += 1
        self._created.remove(row)

    def _put_back(self, before: Result, after: Result) -> None:
        has_codes = self._workspace.exam.audience is Audience.CODES
        try:
            row = self._workspace.api.update_result(
                after.exam_id,
                after.id,
                after.version,
                student=before.student if before.student != after.student else None,
                grade=before.grade,
                name=before.name if has_codes and before.name != after.name else None,
                removes_name=has_codes and before.name is None and after.name is not None,
            )
        except NotAllowed:
            raise
        except ApiRefused:
            self.kept += 1
        else:
            self._workspace.keep([replace(row, name=before.name)])  # no answer tells names
            self.done += 1
