"""Fixtures of the AWS tests: one emulator and one node per test process, and an operator of that emulator;
a teacher and a guest of a deployed backend."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.api.calls import GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from tests.deploy.aws.deployed import DeployedBackend
from tests.deploy.aws.emulator_process import Emulator
from tests.deploy.aws.evaluator import Evaluator
from tests.deploy.aws.stack_operator import Operator
from tests.deploy.aws.tools import require_emulator, require_node


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    require_emulator()
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def operator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operator:
    monkeypatch.chdir(tmp_path)
    return Operator(emulator.url)


@pytest.fixture(scope="module")
def teacher(backend: DeployedBackend) -> Iterator[TeacherApi]:
    """Of a module whose `backend` is a deployed one."""
    api = TeacherApi(backend.settings, backend.signed_in("anna").access_token)
    yield api
    api.close()


@pytest.fixture(scope="module")
def guest(backend: DeployedBackend) -> Iterator[GuestApi]:
    credentials = GuestCredentials(backend.settings, time.time)
    api = GuestApi(backend.settings, credentials)
    yield api
    api.close()
    credentials.close()


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    require_node()
    with Evaluator() as running:
        yield running
