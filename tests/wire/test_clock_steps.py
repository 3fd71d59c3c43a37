"""Clocks that are set end no session that is not over, and make no token good that is not."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from cryptography.hazmat.primitives import serialization

from deploy.local.backend.tokens import TokenMinter, new_signing_key
from shared.api.calls import TeacherApi
from shared.identity.user_pool import TeacherSession, UserPool
from shared.model.errors import AccountNotUsable, BackendUnreachable, NotAllowed, SessionEnded
from shared.model.exam import NewExam
from shared.model.scales import OUT_OF_20
from tests.backend_process import PASSWORD, RunningBackend, running_backend
from tests.clocks import ShiftedClock
from tests.wire.clients import backend_settings
from tests.wire.gate_dashboard import new_name

HOUR_S = 3600.0
STEPS_S = (-HOUR_S, HOUR_S, -200.0, 4000.0)


def new_exam() -> NewExam:
    return NewExam("Algebra", dt.date(2026, 6, 18), "A. Lovelace", OUT_OF_20)


class Steps:
    """A backend whose clock can be set, and a teacher who is signed in there."""

    def __init__(self, backend: RunningBackend, clock: ShiftedClock, pool: UserPool, username: str) -> None:
        self.backend, self.clock, self.pool, self.username = backend, clock, pool, username
        session = pool.sign_in(username, PASSWORD)
        assert isinstance(session, TeacherSession)
        self.session = session

    def api(self) -> TeacherApi:
        return TeacherApi(
            backend_settings(self.backend),
            self.session.access_token,
            replace_refused=self.session.replace_refused,
        )


@pytest.fixture(scope="module")
def backend_clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture(scope="module")
def stepped_backend(
    tmp_path_factory: pytest.TempPathFactory, backend_clock: ShiftedClock
) -> Iterator[RunningBackend]:
    with running_backend(tmp_path_factory.mktemp("data"), now_s=backend_clock) as backend:
        yield backend


@pytest.fixture
def steps(stepped_backend: RunningBackend, backend_clock: ShiftedClock) -> Iterator[Steps]:
    backend_clock.shift_s = 0.0
    username = new_name()
    stepped_backend.create_teacher(username)
    with contextlib.closing(UserPool(backend_settings(stepped_backend))) as pool:
        yield Steps(stepped_backend, backend_clock, pool, username)


@pytest.mark.parametrize("step_s", STEPS_S)
def test_a_session_goes_on_at_the_pool_and_at_the_api_whatever_the_backends_clock_is_set_to(
    steps: Steps, step_s: float
) -> None:
    with contextlib.closing(steps.api()) as api:
        for shift_s in (step_s, 0.0, step_s):
            steps.clock.shift_s = shift_s
            assert api.get_exam(api.create_exam(new_exam()).id) is not None
            steps.clock.shift_s = -shift_s
            assert not steps.pool.has_authenticator(steps.session)
    assert not steps.session.has_ended


@pytest.mark.parametrize("step_s", STEPS_S)
def test_a_teacher_can_sign_in_at_a_backend_whose_clock_is_not_ours(steps: Steps, step_s: float) -> None:
    steps.clock.shift_s = step_s
    assert isinstance(steps.pool.sign_in(steps.username, PASSWORD), TeacherSession)


@pytest.mark.parametrize("step_s", STEPS_S)
def test_a_session_that_was_ended_stays_so_whatever_the_clock_is_set_to(steps: Steps, step_s: float) -> None:
    with steps.backend.operator() as operator:
        pool_id = steps.backend.settings["EXAM_RESULTS_USER_POOL_ID"]
        operator.admin_user_global_sign_out(UserPoolId=pool_id, Username=steps.username)
    steps.clock.shift_s = step_s
    with contextlib.closing(steps.api()) as api, pytest.raises(SessionEnded):
        api.create_exam(new_exam())
    assert steps.session.has_ended


def test_an_access_token_that_is_expired_or_from_the_future_is_refused_by_itself(steps: Steps) -> None:
    """Only whoever has the refresh token gets another one."""
    token = steps.session.access_token()
    with contextlib.closing(TeacherApi(backend_settings(steps.backend), lambda: token)) as api:
        for step_s in (HOUR_S, -90.0):  # a minute is allowed for, from whenever the token was issued
            steps.clock.shift_s = step_s
            with pytest.raises(NotAllowed):
                api.create_exam(new_exam())


def test_a_pool_that_refuses_what_it_has_just_issued_ends_no_session(steps: Steps) -> None:
    """As when its clock is set between the two."""
    mint = TokenMinter.mint

    def mint_and_set(minter: TokenMinter, subject: Any, now_s: float) -> Any:
        steps.clock.shift_s += -HOUR_S
        return mint(minter, subject, now_s)

    steps.clock.shift_s = -HOUR_S
    with mock.patch.object(TokenMinter, "mint", mint_and_set), pytest.raises(BackendUnreachable):
        steps.pool.has_authenticator(steps.session)
    assert not steps.session.has_ended
    assert not steps.pool.has_authenticator(steps.session)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 2, "iat": 1},
        {"exp": 0},
        {"iss": "https://elsewhere.example/pool"},
        {"client_id": "another", "aud": "another"},
        {"token_use": "refresh"},
        {"token_use": "access"},
        {"token_use": "id"},
        {"iat": None},
        {"exp": None},
        {"exp": "soon"},
        {"sub": None},
        {"username": None},
    ],
    ids=str,
)
def test_what_the_pool_answers_is_checked_before_it_is_believed(
    steps: Steps, changes: dict[str, object]
) -> None:
    signed = TokenMinter._signed

    def changed(minter: TokenMinter, claims: dict[str, object]) -> str:
        kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return signed(minter, kept)

    with mock.patch.object(TokenMinter, "_signed", changed), pytest.raises(AccountNotUsable):
        steps.pool.sign_in(steps.username, PASSWORD)


def test_a_token_that_another_key_signed_is_not_believed(steps: Steps) -> None:
    signed = TokenMinter._signed
    another = serialization.load_pem_private_key(new_signing_key(), password=None)

    def with_another_key(minter: TokenMinter, claims: dict[str, object]) -> str:
        key = minter._key
        with mock.patch.object(minter, "_key", mock.Mock(private_key=another, key_id=key.key_id)):
            return signed(minter, claims)

    with mock.patch.object(TokenMinter, "_signed", with_another_key), pytest.raises(AccountNotUsable):
        steps.pool.sign_in(steps.username, PASSWORD)
