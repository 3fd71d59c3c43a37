"""Deleting an exam with all its results, and bringing it back.

Both go on where they stopped: run them again after a lost connection. Nothing that a deletion took is
forgotten before the page is closed, so that it can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.model.errors import NotFound, StateRefused, VersionConflict
from shared.model.exam import Exam, NewExam, NewResult, Result

__all__ = ["Deletion", "Restoration"]

ROUNDS_MAX = 20  # somebody who keeps entering results elsewhere ends it with the refusal


class Deletion:
    """Takes an exam away: out of the students' sight first, then the results in batches, then itself.

    `taken` has all that went so far, newest state.
    """

    def __init__(self, exam: Exam) -> None:
        self.exam = exam
        self.is_done = False
        self._taken: dict[str, Result] = {}

    @property
    def taken(self) -> list[Result]:
        """Rows that are deleted, or may be where an answer was lost."""
        return list(self._taken.values())

    def run(self, api: TeacherApi) -> Iterator[tuple[int, int]]:
        """Gives (deleted so far, all that were seen) after each batch.

        Raises what the API raises; run it again to go on.
        """
        for round_left in reversed(range(ROUNDS_MAX)):
            present = api.get_exam(self.exam.id)
            if present is None:
                self.is_done = True
                return
            self.exam = present
            try:
                if present.is_published:
                    present = self.exam = api.unpublish_exam(present.id, present.version)
                yield from self._take_rows(api)
                api.delete_exam(present.id, present.version)
            except (VersionConflict, NotFound, StateRefused):
                # Changed elsewhere in this very moment: look again, and take that too.
                if round_left == 0:
                    raise
            else:
                self.is_done = True
                return

    def _take_rows(self, api: TeacherApi) -> Iterator[tuple[int, int]]:
        rows = list(api.list_results(self.exam.id))
        before = len(self._taken.keys() - {row.id for row in rows})
        for start in range(0, len(rows), BATCH_MAX):
            batch = rows[start : start + BATCH_MAX]
            self._taken.update((row.id, row) for row in batch)
            api.delete_results(self.exam.id, [(row.id, row.version) for row in batch])
            yield before + start + len(batch), before + len(rows)


class Restoration:
    """Makes a deleted exam again, as a draft with new ids: those of deleted rows are never used again."""

    def __init__(self, deletion: Deletion, new_id: Callable[[], str]) -> None:
        exam = deletion.exam
        self.exam_id = new_id()
        self._exam = NewExam(exam.subject, exam.date, exam.teacher, exam.scale, exam.audience, self.exam_id)
        self._rows = [NewResult(row.student, row.grade, row.name, new_id()) for row in deletion.taken]
        self._done = 0

    def run(self, api: TeacherApi) -> Iterator[tuple[int, int]]:
        """Gives (results brought back, all of them) after each batch. Raises what the API raises; run it
        again to go on."""
        api.create_exam(self._exam)
        while self._done < len(self._rows):
            batch = self._rows[self._done : self._done + BATCH_MAX]
            api.create_results(self.exam_id, batch)
            self._done += len(batch)
            yield self._done, len(self._rows)
