"""The smoke test's checks: they pass on the embedded backend, and detect what an emulator does not do."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from deploy.aws.smoke.api import CHECKS, Smoke
from deploy.aws.smoke.command import CONTEXT, RESOLVERS
from shared.api.calls import GuestApi, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.model.exam import NewExam
from shared.model.scales import OUT_OF_20
from shared.settings import load_teacher_settings
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.deploy.aws.deployed import deployed_backend
from tests.deploy.aws.evaluator import Evaluator
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


@pytest.mark.parametrize("path", sorted(RESOLVERS.glob("*.js")), ids=lambda path: path.stem)
def test_every_resolver_runs_with_the_context_with_which_appsync_is_asked_to_check_it(
    evaluator: Evaluator, path: Path
) -> None:
    """It raises where one cannot run: then AppSync would report a fault that is none of the code."""
    context = {("args" if name == "arguments" else name): value for name, value in CONTEXT.items()}
    evaluator.request(path.stem, **context)


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


def test_what_an_interrupted_check_left_is_removed_by_the_next(operator: Operator, tmp_path: Path) -> None:
    with deployed_backend(operator, "smoke-killed", tmp_path) as backend:
        left, teacher = "smoke-0123456789ab", "smoke-detector"
        session = backend.signed_in(left)
        with closing(TeacherApi(backend.settings, session.access_token)) as api:
            exam = api.create_exam(
                NewExam(subject="Smoke test", date=date(2026, 1, 1), teacher="Nobody", scale=OUT_OF_20)
            )
            api.publish_exam(exam.id, exam.version)
        backend.temporary_password(teacher)

        operator.run("smoke", "--stack-name", "smoke-killed")

        assert f"Removing what an interrupted check left: {left}." in operator.said
        guests = GuestCredentials(backend.settings, time.time)
        with closing(guests), closing(GuestApi(backend.settings, guests)) as guest:
            assert guest.get_exam(exam.id) is None
        operator.run("list-teachers", "--stack-name", "smoke-killed")
        assert [line.split()[0] for line in operator.said] == [teacher, "1"]
