"""Pages of the teacher dashboard, each test with a teacher of its own."""

from collections.abc import Iterator

import pytest

from shared.model.exam import new_id
from tests.backend_process import RunningBackend
from tests.teacher_app.views.desk import Desk


@pytest.fixture(scope="session", autouse=True)
def _components(installed_components_read_once: None) -> None:
    """Every page here is run by AppTest."""


@pytest.fixture
def desk(backend: RunningBackend) -> Iterator[Desk]:
    """A new teacher for this test, whose session the pages use."""
    desk = Desk(backend, f"teacher-{new_id()[:8]}")
    try:
        with desk.serving():
            yield desk
    finally:
        desk.close()
