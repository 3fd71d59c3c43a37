"""Exams on the embedded backend, each with a connection that can be cut."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.backend_process import RunningBackend, SignedInTeacher
from tests.teacher_app.rows.entry_desk import Desk, MakeDesk, open_desk


@pytest.fixture
def make_desk(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[MakeDesk]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(open_desk(backend, teacher, **options))


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()
