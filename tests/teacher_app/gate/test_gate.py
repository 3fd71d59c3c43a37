"""The gate checks with the user pool periodically, and revokes there what ended here."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from shared.api.calls import TeacherApi
from shared.identity.teacher_session import TeacherSession
from shared.model.errors import (
    AccountNotUsable,
    BackendUnreachable,
    ExamResultsError,
    PasswordResetRequired,
    SessionEnded,
    SignInRejected,
    SignInThrottled,
)
from shared.settings import BackendSettings
from teacher_app.gate.attempts import Visitor
from teacher_app.gate.cookies import key_of
from teacher_app.gate.gate import CHECK_AFTER_S, THREADS, WAITING_MAX, Gate
from teacher_app.gate.open_pages import OpenPage
from teacher_app.gate.pending_steps import CodeSent
from teacher_app.gate.sessions import GateSession
from tests.teacher_app.gate.fake_pool import Clock, FakePool, teacher_settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(clock: Clock) -> FakePool:
    return FakePool(clock)


@pytest.fixture
def gate(pool: FakePool, clock: Clock) -> Iterator[Gate]:
    gate = Gate(teacher_settings(session_idle_minutes=10), pool, steady_s=clock)
    yield gate
    asyncio.run(gate.close())


def started(gate: Gate, pool: FakePool, username: str = "ada") -> GateSession:
    value, _ = gate.start(pool.session_of(username), None, None)
    session = gate.sessions.find(key_of(value), is_touch=True)
    assert session is not None
    return session


def test_a_new_session_is_trusted_without_asking_the_pool(gate: Gate, pool: FakePool) -> None:
    assert gate.is_valid(started(gate, pool))
    assert pool.calls == []


def test_the_pool_is_asked_periodically_and_not_at_each_interaction(
    gate: Gate, pool: FakePool, clock: Clock
) -> None:
    session = started(gate, pool)
    for _ in range(4):
        clock.advance(CHECK_AFTER_S / 2)
        assert gate.is_valid(session)
    assert pool.calls == ["has_authenticator"] * 2


def test_a_session_ended_elsewhere_ends_here_at_the_next_interaction(
    gate: Gate, pool: FakePool, clock: Clock
) -> None:
    session = started(gate, pool)
    pool.revoke("ada")
    clock.advance(CHECK_AFTER_S)
    assert not asyncio.run(gate.is_valid_async(session))
    assert gate.sessions.find(session.key, is_touch=True) is None


@pytest.mark.parametrize(
    "refusal", [SessionEnded(), SignInRejected(), AccountNotUsable("switched off"), PasswordResetRequired()]
)
def test_an_account_deleted_from_the_pool_has_no_session(
    gate: Gate, pool: FakePool, clock: Clock, refusal: ExamResultsError, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="teacher_app.gate.gate")
    session = started(gate, pool)
    pool.trouble = refusal
    clock.advance(CHECK_AFTER_S)
    assert not gate.is_valid(session)
    assert len(gate.sessions) == 0
    assert caplog.messages == [f"session of ada ended: {refusal}"]


@pytest.mark.parametrize("trouble", [BackendUnreachable("pool", "no answer"), SignInThrottled()])
def test_a_pool_that_cannot_answer_ends_no_session(
    gate: Gate, pool: FakePool, clock: Clock, trouble: ExamResultsError
) -> None:
    session = started(gate, pool)
    pool.trouble = trouble
    clock.advance(CHECK_AFTER_S)
    assert asyncio.run(gate.is_valid_async(session))
    assert gate.sessions.find(session.key, is_touch=True) is session


def test_an_open_page_has_a_session_until_it_ends(gate: Gate, pool: FakePool) -> None:
    session = started(gate, pool)
    page_id = gate.pages.open(OpenPage(session.key, session.teacher.sub, "ada"))
    assert gate.session_of_page(page_id) is session
    gate.sessions.end(session.key)
    with pytest.raises(SessionEnded):
        gate.session_of_page(page_id)
    with pytest.raises(SessionEnded):
        gate.session_of_page(None)
    with pytest.raises(SessionEnded):
        gate.session_of_page("never ours")


def test_after_signing_in_again_through_its_link_an_open_page_continues(gate: Gate, pool: FakePool) -> None:
    session = started(gate, pool)
    page_id = gate.pages.open(OpenPage(session.key, session.teacher.sub, "ada"))
    gate.sessions.end(session.key)
    value, goes_on = gate.start(pool.session_of("ada"), None, page_id)
    assert goes_on
    assert gate.pages.get(page_id) == OpenPage(key_of(value), "sub-of-ada", "ada")
    assert gate.session_of_page(page_id).teacher.username == "ada"


def test_another_teacher_signing_in_through_that_link_does_not_take_over_the_page(
    gate: Gate, pool: FakePool
) -> None:
    session = started(gate, pool)
    page_id = gate.pages.open(OpenPage(session.key, session.teacher.sub, "ada"))
    gate.sessions.end(session.key)
    _, goes_on = gate.start(pool.session_of("grace"), None, page_id)
    assert not goes_on
    with pytest.raises(SessionEnded):
        gate.session_of_page(page_id)


def test_signing_in_again_in_the_same_browser_ends_the_old_session_and_keeps_its_pages(
    gate: Gate, pool: FakePool
) -> None:
    session = started(gate, pool)
    page_id = gate.pages.open(OpenPage(session.key, session.teacher.sub, "ada"))
    value, _ = gate.start(pool.session_of("ada"), session.key, None)
    assert gate.session_of_page(page_id).key == key_of(value)
    assert gate.sessions.find(session.key, is_touch=True) is None


def test_another_teacher_signing_in_in_the_same_browser_ends_the_old_session_and_its_pages(
    gate: Gate, pool: FakePool
) -> None:
    session = started(gate, pool)
    page_id = gate.pages.open(OpenPage(session.key, session.teacher.sub, "ada"))
    gate.start(pool.session_of("grace"), session.key, None)
    with pytest.raises(SessionEnded):
        gate.session_of_page(page_id)


def test_a_session_whose_tokens_ended_is_not_valid_although_it_was_confirmed_a_moment_ago(
    gate: Gate, pool: FakePool
) -> None:
    """Nobody needs to ask the pool for that."""
    session = started(gate, pool)
    assert gate.is_valid(session)
    session.teacher.end()
    assert not gate.is_valid(session)
    assert not asyncio.run(gate.is_valid_async(session))


def test_a_rerun_of_a_page_does_not_extend_its_session(gate: Gate, pool: FakePool, clock: Clock) -> None:
    """Pages also rerun on their own; the middleware knows what a person caused."""
    session = started(gate, pool)
    page_id = gate.pages.open(OpenPage(session.key, session.teacher.sub, "ada"))
    clock.advance(9 * 60.0)
    assert gate.session_of_page(page_id) is session
    clock.advance(2 * 60.0)
    with pytest.raises(SessionEnded):
        gate.session_of_page(page_id)


def test_sweeping_revokes_what_ended_here(gate: Gate, pool: FakePool, clock: Clock) -> None:
    signed_out = started(gate, pool)
    gate.sessions.end(signed_out.key)
    resting = started(gate, pool, "grace")
    clock.advance(10 * 60.0 + 1)
    living = started(gate, pool)
    asyncio.run(gate.sweep())
    assert signed_out.teacher.has_ended
    assert resting.teacher.has_ended
    assert not living.teacher.has_ended
    assert pool.accounts["grace"].live_refresh_tokens == set()
    assert len(pool.accounts["ada"].live_refresh_tokens) == 1


def test_sealing_a_session_does_not_extend_it(gate: Gate, pool: FakePool, clock: Clock) -> None:
    session = started(gate, pool)
    clock.advance(9 * 60.0)
    assert gate.sealed(session.key) is not None
    clock.advance(2 * 60.0)
    assert gate.sealed(session.key) is None


def test_a_session_that_has_ended_or_has_no_tokens_is_not_sealed(gate: Gate, pool: FakePool) -> None:
    session = started(gate, pool)
    session.teacher.end()
    assert gate.sealed(session.key) is None
    assert gate.sealed("never ours") is None


def test_a_sessions_calls_have_its_teachers_token_and_a_new_one_after_a_refusal(
    gate: Gate, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[BackendSettings, str, str]] = []

    def make(
        backend: BackendSettings,
        access_token: Callable[[], str],
        *,
        replace_refused: Callable[[str], str],
    ) -> TeacherApi:
        token = access_token()
        made.append((backend, token, replace_refused(token)))
        return TeacherApi(backend, access_token, replace_refused=replace_refused)

    monkeypatch.setattr("teacher_app.gate.gate.TeacherApi", make)
    session = started(gate, pool)
    assert isinstance(session.api, TeacherApi)
    token = session.teacher.access_token()
    assert made == [(gate.settings.backend, token, token)]


def test_sweeping_continues_when_the_pool_is_unreachable(
    gate: Gate, pool: FakePool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    gate.sessions.end(started(gate, pool).key)
    gate.steps.put("browser", CodeSent("ada", None))
    clock.advance(24 * 3600.0)
    pool.trouble = BackendUnreachable("pool", "no answer")
    asyncio.run(gate.sweep())
    assert pool.calls == ["sign_out"]
    assert gate.steps.get("browser") is None
    assert caplog.messages == [f"a session of ada could not be revoked: {pool.trouble}"]


def test_an_unexpected_error_for_one_session_does_not_keep_the_others_from_being_revoked(
    gate: Gate, pool: FakePool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    unlucky, other = started(gate, pool), started(gate, pool, "grace")
    sign_out = pool.sign_out

    def fail_for_ada(session: TeacherSession) -> None:
        if session is unlucky.teacher:
            raise RuntimeError("unforeseen")
        sign_out(session)

    monkeypatch.setattr(pool, "sign_out", fail_for_ada)
    gate.sessions.end(unlucky.key)
    gate.sessions.end(other.key)
    asyncio.run(gate.sweep())
    assert other.teacher.has_ended
    (record,) = caplog.records
    assert record.getMessage() == "a session of ada could not be revoked"
    assert record.exc_info is not None
    assert "unforeseen" in str(record.exc_info[1])


def test_a_sweep_that_fails_is_logged_and_the_next_one_takes_place(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def sweep_twice() -> None:
        swept = asyncio.Event()
        outcomes = [RuntimeError("unforeseen"), None]

        def expire() -> None:
            outcome = outcomes.pop(0) if outcomes else None
            if outcome is not None:
                raise outcome
            swept.set()

        monkeypatch.setattr(gate.steps, "sweep", expire)
        sweeping = asyncio.create_task(gate.sweep_for_ever(every_s=0.0))
        waiting = asyncio.create_task(swept.wait())
        await asyncio.wait({sweeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert swept.is_set()
        assert not sweeping.done()
        sweeping.cancel()
        await asyncio.wait([sweeping])

    asyncio.run(sweep_twice())
    (record,) = caplog.records
    assert "the gate's sweep" in record.getMessage()
    assert record.exc_info is not None
    assert "unforeseen" in str(record.exc_info[1])


def test_calls_beyond_the_queues_limit_are_throttled(gate: Gate) -> None:
    """However often it was full before: each call that ends makes room for one."""

    async def crowd() -> None:
        release = threading.Event()
        waiting = [asyncio.create_task(gate.run_blocking(release.wait)) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        surplus = asyncio.create_task(gate.run_blocking(release.wait))
        await asyncio.sleep(0)
        was_refused = surplus.done()
        release.set()
        assert await asyncio.gather(*waiting) == [True] * WAITING_MAX
        with pytest.raises(SignInThrottled) as refused:
            await surplus
        assert was_refused
        assert refused.value.retry_after_s == 5.0

    async def crowd_twice() -> None:
        await crowd()
        await crowd()

    asyncio.run(crowd_twice())


def test_too_many_calls_at_once_end_no_session(gate: Gate, pool: FakePool, clock: Clock) -> None:
    session = started(gate, pool)
    clock.advance(CHECK_AFTER_S)
    release = threading.Event()

    async def crowd() -> None:
        waiting = [asyncio.create_task(gate.run_blocking(release.wait)) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        check = asyncio.create_task(gate.is_valid_async(session))
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*waiting)
        assert await check

    asyncio.run(crowd())
    assert pool.calls == []
    assert gate.sessions.find(session.key, is_touch=False) is session


def test_codes_for_many_names_from_one_address_wait_a_minute(gate: Gate) -> None:
    """Each is an e-mail to somebody."""
    visitor = Visitor("10.0.0.1")
    for number in range(30):
        with gate.code_requests.attempt(f"teacher {number}", visitor):
            pass
    with pytest.raises(SignInThrottled) as refused, gate.code_requests.attempt("another", visitor):
        pass
    assert refused.value.retry_after_s == 60.0


def test_a_call_gets_its_arguments_on_a_thread_of_the_gates(gate: Gate) -> None:
    def step(*args: object, **kwargs: object) -> tuple[object, ...]:
        return threading.current_thread().name[:5], args, kwargs

    assert asyncio.run(gate.run_blocking(step, 1, named=2)) == ("gate_", (1,), {"named": 2})


def test_closing_drops_the_calls_that_have_not_begun(gate: Gate) -> None:
    """As many as there are threads run at once; the next one waits."""
    all_begun, released, late = threading.Barrier(THREADS + 1), threading.Event(), threading.Event()

    def step() -> bool:
        all_begun.wait(5.0)
        return released.wait(5.0)

    async def close_meanwhile() -> None:
        running = [asyncio.create_task(gate.run_blocking(step)) for _ in range(THREADS)]
        await asyncio.sleep(0)
        queued = asyncio.create_task(gate.run_blocking(late.set))
        await asyncio.to_thread(all_begun.wait, 5.0)
        queued.add_done_callback(lambda _: released.set())
        await gate.close()
        assert await asyncio.gather(*running) == [True] * THREADS
        assert queued.cancelled()

    asyncio.run(close_meanwhile())
    assert not late.is_set()


def test_closing_forgets_every_token_and_leaves_no_thread(clock: Clock) -> None:
    pool = FakePool(clock)
    gate = Gate(teacher_settings(), pool, steady_s=clock)
    asyncio.run(gate.run_blocking(pool.forgot_password, "ada"))
    session = started(gate, pool)
    asyncio.run(gate.close())
    assert session.teacher.has_ended
    assert pool.is_closed
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("gate")]


def test_closing_waits_for_a_step_in_progress_and_the_event_loop_goes_on(gate: Gate) -> None:
    started, released = threading.Event(), threading.Event()

    def step() -> bool:
        started.set()
        return released.wait(5.0)

    async def close_meanwhile() -> bool:
        asking = asyncio.create_task(gate.run_blocking(step))
        await asyncio.to_thread(started.wait)
        asyncio.get_running_loop().call_soon(released.set)  # never called if the loop is blocked
        await gate.close()
        return await asking

    assert asyncio.run(close_meanwhile())
