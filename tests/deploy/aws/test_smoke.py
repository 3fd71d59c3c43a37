"""The smoke test's checks: they pass on the embedded backend, and detect what an emulator does not do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.aws.smoke import CHECKS, Smoke
from shared.settings import load_teacher_settings
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.deploy.aws.stack_operator import Operator

# The emulator does not support these, so only a real stack (and the embedded backend) passes them.
BEYOND_THE_EMULATOR = {
    "a token with a changed signature is refused",
    "introspection is off",
}


@pytest.fixture
def smoke(
    backend: RunningBackend, teacher: SignedInTeacher, other_teacher: SignedInTeacher, tmp_path: Path
) -> Iterator[Smoke]:
    settings = load_teacher_settings(backend.settings, tmp_path / "none.env").backend
    running = Smoke(settings, lambda: teacher.access_token, lambda: other_teacher.access_token)
    yield running
    running.close()


@pytest.mark.parametrize("name", CHECKS)
def test_the_check_passes_on_the_embedded_backend(smoke: Smoke, name: str) -> None:
    CHECKS[name](smoke)


def test_on_the_emulator_exactly_the_unsupported_checks_fail(operator: Operator) -> None:
    stack = ("--stack-name", "smoke")
    assert operator.run("up", *stack) == 0

    assert operator.run("smoke", *stack) == 1

    failed = {line.removeprefix("FAILED  ") for line in operator.said if line.startswith("FAILED")}
    passed = {line.removeprefix("ok      ") for line in operator.said if line.startswith("ok")}
    assert failed == BEYOND_THE_EMULATOR
    assert passed == {*CHECKS, "AppSync accepts every resolver's code"} - BEYOND_THE_EMULATOR
    operator.run("list-teachers", *stack)
    assert operator.said == ["0 accounts."], "the accounts of the run are gone"
