"""A teacher's own changes of exams, kept for a while to complete listings that do not have them yet.

On AWS the listing of a teacher's exams comes from a global secondary index, which DynamoDB updates after the
table has answered: usually within a second, and never for certain. So a new exam could be missing from the
list to which its teacher returns, or an exam just deleted still be there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from shared.model.exam import Exam

__all__ = ["OwnExams"]

KEPT_S = 60.0  # far longer than an index lags unless AWS has an outage


class OwnExams:
    """Any thread may use it. `now_s` is a clock that never goes back."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()  # guards _changes
        self._changes: dict[str, tuple[float, Exam | None]] = {}  # by id: when, and the exam unless deleted

    def note(self, exam_id: str, exam: Exam | None) -> None:
        """The table has this exam now; None once it is deleted."""
        with self._lock:
            self._changes[exam_id] = self._now_s(), exam

    def complete(self, listed: Iterable[Exam], read: Callable[[str], Exam | None]) -> Iterator[Exam]:
        """`listed`, which is ordered by date and id, the last first, as the table has it.

        `read` reads an exam from the table itself; it is asked for those alone that the index lacks.
        """
        changes = self._recent()
        missing = sorted(filter(None, changes.values()), key=_place)
        placed: set[str] = set()
        for exam in listed:
            known = changes.get(exam.id, exam)
            if exam.id in placed or known is None or exam.version < known.version:
                continue
            placed.add(exam.id)
            while missing and _place(missing[-1]) >= _place(exam):
                yield from self._read(missing.pop(), placed, read)
            yield exam
        while missing:
            yield from self._read(missing.pop(), placed, read)

    @staticmethod
    def _read(known: Exam, placed: set[str], read: Callable[[str], Exam | None]) -> Iterator[Exam]:
        if known.id not in placed:
            placed.add(known.id)
            if (exam := read(known.id)) is not None:
                yield exam

    def _recent(self) -> dict[str, Exam | None]:
        with self._lock:
            oldest_s = self._now_s() - KEPT_S
            self._changes = {key: change for key, change in self._changes.items() if change[0] >= oldest_s}
            return {key: exam for key, (_, exam) in self._changes.items()}


def _place(exam: Exam) -> tuple[str, str]:
    return exam.date.isoformat(), exam.id
