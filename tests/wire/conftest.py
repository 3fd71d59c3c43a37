"""What most tests over the wire ask for."""

import pytest

from shared.settings import BackendSettings
from tests.backend_process import RunningBackend
from tests.clocks import ShiftedClock
from tests.wire.clients import backend_settings


@pytest.fixture(scope="module")
def settings(backend: RunningBackend) -> BackendSettings:
    """Of the dashboards, for the module's backend."""
    return backend_settings(backend)


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()
