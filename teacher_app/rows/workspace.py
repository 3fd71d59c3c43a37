"""One exam as one open page sees it: the exam and its rows as last read, with the page's own writes applied.

Kept in the page's Streamlit session; only that page's script uses it, so it needs no lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.api.calls import TeacherApi
from shared.model.errors import NotFound, VersionConflict
from shared.model.exam import Exam, Result
from shared.model.students import sorted_by_student

__all__ = ["Workspace"]


class Workspace:
    """`exam` and `results` are what was last read or written.

    `api` returns the API of the teacher who is signed in at that moment; its errors pass through.
    """

    def __init__(self, api: Callable[[], TeacherApi], exam_id: str, now_s: Callable[[], float]) -> None:
        """Reads the exam. Raises NotFound, SessionEnded, BackendUnreachable or ApiRefused."""
        self._api = api
        self._exam_id = exam_id
        self.now_s = now_s
        self.refresh()

    def of_exam(self, exam_id: str) -> Workspace:
        """Another exam of the same teacher. Raises as the constructor does."""
        return Workspace(self._api, exam_id, self.now_s)

    @property
    def api(self) -> TeacherApi:
        """Raises SessionEnded."""
        return self._api()

    @property
    def exam(self) -> Exam:
        return self._exam

    @property
    def results(self) -> list[Result]:
        """By student, then by id."""
        return sorted_by_student(self._results.values(), self.exam.audience)

    @property
    def age_s(self) -> float:
        """Seconds since everything was read."""
        return self.now_s() - self._read_at_s

    def result(self, result_id: str) -> Result | None:
        return self._results.get(result_id)

    def refresh(self) -> None:
        """Read the exam and its rows again. Raises NotFound if this teacher can see no such exam."""
        exam = self.api.get_exam(self._exam_id)
        if exam is None:
            raise NotFound("NotFound", "There is no such exam, or it is somebody else's draft.")
        rows = {row.id: row for row in self.api.list_results(self._exam_id)}
        self._exam, self._results, self._read_at_s = exam, rows, self.now_s()

    def change_exam(self, change: Callable[[TeacherApi, Exam], Exam]) -> bool:
        """Apply `change` to the exam as it is known here and keep the exam that it returns.

        False if the exam was changed elsewhere in the meantime: nothing is stored, the newer exam is kept.
        Raises what the API raises, a conflict included if it does not carry the newer exam.
        """
        try:
            self._exam = change(self.api, self._exam)
        except VersionConflict as conflict:
            if not isinstance(conflict.current, Exam):
                raise
            self._exam = conflict.current
            return False
        return True

    def keep(self, rows: Iterable[Result]) -> None:
        """Take over rows that the API answered; an older version never replaces a newer one.

        The API's answers to writes have no private names: the caller adds them.
        """
        for row in rows:
            known = self._results.get(row.id)
            if known is None or known.version <= row.version:
                self._results[row.id] = row

    def forget(self, result_ids: Iterable[str]) -> None:
        """Drop rows that were deleted."""
        for result_id in result_ids:
            self._results.pop(result_id, None)
