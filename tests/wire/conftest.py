"""Fixtures that most wire tests use."""

import contextlib
from collections.abc import Iterator

import pytest

from shared.api.calls import TeacherApi
from shared.settings import BackendSettings
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.clocks import ShiftedClock
from tests.dashboard_process import TeacherDashboard
from tests.teacher_app.gate.gate_client import GateBrowser
from tests.wire.clients import backend_settings
from tests.wire.gate_dashboard import Operator, new_name, wire_browser


@pytest.fixture(scope="module")
def settings(backend: RunningBackend) -> BackendSettings:
    """The dashboards' settings for the module's backend."""
    return backend_settings(backend)


@pytest.fixture(scope="module")
def api(settings: BackendSettings, teacher: SignedInTeacher) -> Iterator[TeacherApi]:
    """The API as the module's teacher calls it."""
    with contextlib.closing(TeacherApi(settings, lambda: teacher.access_token)) as api:
        yield api


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture(scope="module")
def dashboard(backend: RunningBackend) -> Iterator[TeacherDashboard]:
    """The module's teacher dashboard, behind its gate."""
    with TeacherDashboard({**backend.settings, "EXAM_RESULTS_SENDS_MAIL": "true"}) as running:
        yield running


@pytest.fixture
def operator(backend: RunningBackend) -> Iterator[Operator]:
    calls = Operator(backend)
    yield calls
    calls.close()


@pytest.fixture
def name(backend: RunningBackend) -> str:
    """A teacher for this test only, with PASSWORD."""
    name = new_name()
    backend.create_teacher(name)
    return name


@pytest.fixture
def browser(dashboard: TeacherDashboard) -> Iterator[GateBrowser]:
    with wire_browser(dashboard.url) as browser:
        yield browser
