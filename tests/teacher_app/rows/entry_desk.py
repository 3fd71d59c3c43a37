"""A teacher's desk for tests: an exam on the embedded backend, and a connection to it that can be cut."""

import contextlib
import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.api.calls import TeacherApi
from shared.model.errors import BackendUnreachable
from shared.model.exam import Audience, Exam, NewExam, NewResult, Result
from shared.model.scales import OUT_OF_20, Scale
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.wire.clients import backend_settings

__all__ = ["NOW_S", "UNREACHABLE", "ApiDouble", "BatchRecorder", "Desk", "MakeDesk", "open_desk"]

NOW_S = 1_780_000_000.0
UNREACHABLE = BackendUnreachable("http://backend", "connection refused")


@dataclass
class Desk:
    """`fault` is raised instead of returning the API. `page` opens the exam again, as another tab does."""

    direct: TeacherApi
    exam: Exam
    fault: Exception | None = None
    asked: int = 0  # how often the API was requested
    seed: int = 7
    workspace: Workspace = field(init=False)
    writer: RowWriter = field(init=False)

    def __post_init__(self) -> None:
        self.workspace, self.writer = self.page()

    def page(self) -> tuple[Workspace, RowWriter]:
        workspace = Workspace(self.api, self.exam.id, lambda: NOW_S)
        self.seed += 1
        return workspace, RowWriter(workspace, random.Random(self.seed))

    def api(self) -> TeacherApi:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.direct

    def stored(self) -> list[Result]:
        """What the backend stores, sorted by person and grade."""
        rows = self.direct.list_results(self.exam.id)
        return sorted(rows, key=lambda row: (row.name or row.student, row.grade))

    def stored_pairs(self) -> list[tuple[str, str]]:
        return [(row.name or row.student, row.grade) for row in self.stored()]


MakeDesk = Callable[..., Desk]  # with open_desk's options


class ApiDouble:
    """The API with some calls changed by a subclass."""

    def __init__(self, api: TeacherApi) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)


class BatchRecorder(ApiDouble):
    """`created` has the rows of all batches in the order in which they were sent."""

    def __init__(self, api: TeacherApi) -> None:
        super().__init__(api)
        self.created: list[NewResult] = []

    def create_results(self, exam_id: str, rows: Sequence[NewResult]) -> list[Result]:
        self.created += rows
        return self._api.create_results(exam_id, rows)


@contextlib.contextmanager
def open_desk(
    backend: RunningBackend,
    teacher: SignedInTeacher,
    audience: Audience = Audience.NAMES,
    scale: Scale = OUT_OF_20,
) -> Iterator[Desk]:
    """A new exam of this teacher."""
    api = TeacherApi(backend_settings(backend), lambda: teacher.access_token)
    with contextlib.closing(api):
        exam = api.create_exam(NewExam("Physics", dt.date(2026, 6, 15), "A. Lovelace", scale, audience))
        yield Desk(api, exam)
