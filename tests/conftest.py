"""Fixtures that several folders share, and the two Hypothesis profiles.

The default, fast, tries the same examples each time, so that a failure comes from the current change;
HYPOTHESIS_PROFILE=deep searches at random, ten times longer.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.backend_process import RunningBackend, SignedInTeacher, running_backend

settings.register_profile(
    "fast",
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile("deep", settings.get_profile("fast"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBackend]:
    """One embedded backend for the whole run of this worker.

    Each test uses its own ids and does not expect it to be empty.
    """
    with running_backend(tmp_path_factory.mktemp("backend")) as running:
        yield running


@pytest.fixture(scope="session")
def teacher(backend: RunningBackend) -> SignedInTeacher:
    backend.create_teacher("first-teacher")
    return backend.sign_in("first-teacher")


@pytest.fixture(scope="session")
def other_teacher(backend: RunningBackend) -> SignedInTeacher:
    backend.create_teacher("second-teacher")
    return backend.sign_in("second-teacher")
