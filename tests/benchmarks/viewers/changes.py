"""The teacher of the viewers benchmark: the initial data, and one change after another."""

import contextlib
import datetime as dt
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.api.http import Patience
from shared.model.errors import BackendUnreachable
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import load_student_settings
from tests.backend_process import BackendClient
from tests.benchmarks.viewers.figures import mark_of

__all__ = ["Changes", "Rhythm", "Teacher"]

LATE_MAX = 2.0
WRITERS = 8  # for a burst and for the preparation


# A backend under load from many viewers may be slow: the time is measured, so requests must not time out.
PATIENCE = Patience(read_timeout_s=60.0, deadline_s=120.0)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """For `seconds`, every `every_s` seconds, `burst` results by single calls."""

    seconds: float
    every_s: float
    burst: int

    @property
    def ticks(self) -> int:
        return max(1, math.floor(self.seconds / self.every_s))

    @property
    def changes(self) -> int:
        return self.ticks * self.burst


@dataclass(frozen=True, slots=True)
class Changes:
    """By the monotonic clock: when each change's call began, and when it was answered, 0 if it never was."""

    sent_s: Sequence[float]
    answered_s: Sequence[float]


class Teacher(contextlib.ExitStack):
    """One teacher, signed in, with the API that the dashboard uses. Close it."""

    def __init__(self, backend: BackendClient, username: str = "ada") -> None:
        super().__init__()
        backend.create_teacher(username)
        token = backend.sign_in(username).access_token
        settings = load_student_settings({}, Path(backend.data_dir) / "backend.env").backend
        self.api = self.enter_context(
            contextlib.closing(TeacherApi(settings, lambda: token, patience=PATIENCE))
        )
        self._pool = self.enter_context(ThreadPoolExecutor(WRITERS))

    def prepare(self, results: int, exams: int) -> Exam:
        """A published exam with `results`, and enough others that `exams` are published in total."""
        others = self._pool.map(self._publish_other, range(exams - 1))
        for _ in others:
            pass
        exam = self.api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
        for begin in range(0, results, BATCH_MAX):
            numbers = range(begin, min(begin + BATCH_MAX, results))
            rows = [NewResult(f"Student {number:05d}", _grade(number)) for number in numbers]
            self.api.create_results(exam.id, rows)
        return self.api.publish_exam(exam.id, exam.version)

    def make_changes(self, exam_id: str, rhythm: Rhythm) -> Changes:
        """Returns once the last change is answered.

        A late tick does not delay the next; a backend so slow that the changes take LATE_MAX times as
        long as they should gets no more of them.
        """
        sent_s, answered_s = [0.0] * rhythm.changes, [0.0] * rhythm.changes

        def save(change: int) -> None:
            row = NewResult(f"{mark_of(change)} Lovelace", _grade(change))
            sent_s[change] = time.monotonic()
            with contextlib.suppress(BackendUnreachable):  # no answer for minutes: it may have been stored
                self.api.create_result(exam_id, row)
                answered_s[change] = time.monotonic()

        begun_s = time.monotonic()
        for tick in range(rhythm.ticks):
            time.sleep(max(0.0, begun_s + tick * rhythm.every_s - time.monotonic()))
            first = tick * rhythm.burst
            if time.monotonic() > begun_s + LATE_MAX * rhythm.seconds:
                return Changes(sent_s[:first], answered_s[:first])
            if rhythm.burst == 1:
                save(first)
            else:
                list(self._pool.map(save, range(first, first + rhythm.burst)))
        return Changes(sent_s, answered_s)

    def _publish_other(self, number: int) -> None:
        date = dt.date(2025, 1, 1) + dt.timedelta(days=number % 365)
        exam = self.api.create_exam(NewExam(f"Subject {number:05d}", date, "Mr Euler", OUT_OF_20))
        self.api.publish_exam(exam.id, exam.version)


def _grade(number: int) -> str:
    return str(number * 7 % 21)
