"""Reading the results of many exams, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from shared.api.calls import TeacherApi
from shared.model.exam import Result
from shared.model.history import Change

__all__ = ["READ_AT_ONCE_MAX", "ResultsReader"]

T = TypeVar("T")

READ_AT_ONCE_MAX: Final = 6  # exams, of all teachers of this dashboard together; further ones wait


class ResultsReader:
    """Thread-safe. It owns its threads: close() ends them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(READ_AT_ONCE_MAX, thread_name_prefix="results")

    def close(self) -> None:
        """Reading raises RuntimeError from now on."""
        self._threads.shutdown(cancel_futures=True)

    def results(self, api: TeacherApi, exam_ids: Sequence[str]) -> dict[str, list[Result]]:
        """The results of each exam; none for one that is deleted meanwhile. Blocks.

        Raises what the API raises for the first exam that cannot be read; the others are then not asked for.
        """
        return self._read(exam_ids, api.list_results)

    def histories(self, api: TeacherApi, exam_ids: Sequence[str]) -> dict[str, list[Change]]:
        """The history of each exam, newest first. Blocks, and raises, as results() does."""
        return self._read(exam_ids, api.all_changes)

    def _read(self, exam_ids: Sequence[str], read: Callable[[str], Iterable[T]]) -> dict[str, list[T]]:
        found: dict[str, list[T]] = {}
        # As many as there are threads: a teacher with 500 exams does not keep the others waiting for all.
        for start in range(0, len(exam_ids), READ_AT_ONCE_MAX):
            asked = exam_ids[start : start + READ_AT_ONCE_MAX]
            answers = self._threads.map(lambda exam_id: list(read(exam_id)), asked)
            found |= dict(zip(asked, answers, strict=True))
        return found
