"""Fixtures of the AWS tests: one emulator and one node per test process, and an operator of that emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    require_node()
    with Evaluator() as running:
        yield running
