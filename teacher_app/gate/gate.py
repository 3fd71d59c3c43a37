"""The gate: who is signed in, and the calls to the user pool on their behalf.

It owns every store and the threads that call the user pool; `close` ends them. The middleware, the gate's
pages and the dashboard's scripts all use it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from shared.api.calls import TeacherApi
from shared.identity.steady_clock import steady_s
from shared.identity.teacher_session import TeacherSession
from shared.live.supervision import supervise
from shared.model.errors import (
    BackendUnreachable,
    ExamResultsError,
    SessionEnded,
    SignInError,
    SignInThrottled,
)
from shared.settings import TeacherSettings
from teacher_app.gate.attempts import AttemptLimits, AttemptRule
from teacher_app.gate.form_tokens import FormTokens
from teacher_app.gate.known_devices import KnownDevices
from teacher_app.gate.open_pages import OpenPage, OpenPages
from teacher_app.gate.pending_steps import PendingSteps
from teacher_app.gate.sealed_sessions import SealedSession, SessionSeal
from teacher_app.gate.sessions import GateSession, Sessions
from teacher_app.gate.teacher_pool import TeacherPool

__all__ = ["Gate"]

_LOG = logging.getLogger(__name__)

CHECK_AFTER_S = 20.0  # after this, the next touch checks whether the session was ended elsewhere
SWEEP_EVERY_S = 30.0
THREADS = 8  # concurrent calls to the user pool; each SRP proof takes about 50 ms of a core
WAITING_MAX = 200  # further concurrent calls are refused with SignInThrottled instead of queued
# Each code is an e-mail to somebody. A school often shares one address, and many forget after holidays.
_CODES_OF_NAME = AttemptRule(free=3, first_wait_s=60.0, longest_wait_s=900.0, forgotten_after_s=3600.0)
_CODES_OF_ADDRESS = AttemptRule(
    free=30, first_wait_s=60.0, longest_wait_s=900.0, forgotten_after_s=3600.0, one_forgiven_every_s=60.0
)

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Gate:
    """One per process. `now_s` returns epoch seconds, `steady_s` is a clock that nobody sets; a session that
    the user pool confirmed is not checked again for `check_after_s`."""

    def __init__(
        self,
        settings: TeacherSettings,
        pool: TeacherPool,
        *,
        now_s: Callable[[], float] = time.time,
        steady_s: Callable[[], float] = steady_s,
        check_after_s: float = CHECK_AFTER_S,
        limits: AttemptLimits | None = None,
    ) -> None:
        self.settings = settings
        self.pool = pool
        self.limits = limits or AttemptLimits(steady_s)
        self.code_requests = AttemptLimits(steady_s, _CODES_OF_NAME, _CODES_OF_ADDRESS)
        self.steps = PendingSteps(steady_s)
        self.pages = OpenPages()
        idle_s = settings.session_idle_minutes * 60.0
        self.seal = SessionSeal(settings.session_key, now_s, idle_s=idle_s)
        self.form_tokens = FormTokens(self.seal.form_key)
        self.devices = KnownDevices(self.seal.device_key, now_s)
        self.sessions = Sessions(
            steady_s,
            lambda teacher: TeacherApi(
                settings.backend, teacher.access_token, replace_refused=teacher.replace_refused
            ),
            idle_s=idle_s,
        )
        self._steady_s = steady_s
        self._check_after_s = check_after_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gate")
        self._waiting = 0  # only the event loop's thread touches it

    async def run_blocking(self, step: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a blocking call to the user pool on a thread. Raises what it raises, and SignInThrottled when
        too many are waiting already."""
        if self._waiting >= WAITING_MAX:
            raise SignInThrottled(5.0)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: step(*args, **kwargs))
        finally:
            self._waiting -= 1

    def start(self, teacher: TeacherSession, old_key: str | None, resume: str | None) -> tuple[str, bool]:
        """Begin a session. Returns its cookie value, and whether the page `resume` continues with it.

        The browser's old session ends. If it was the same teacher's, that browser's open pages continue.
        """
        old = self.sessions.find(old_key, is_touch=False)
        session, value = self.sessions.start(teacher)
        page = OpenPage(session.key, teacher.sub, teacher.username)
        if old is not None:
            self.pages.move(old.key, page)
            self.sessions.end(old.key)
        return value, resume is not None and self.pages.bind(resume, page)

    async def find(self, key: str | None, sealed: str | None, *, is_touch: bool) -> GateSession | None:
        """The session of a browser with these cookies, valid at the user pool too; None without one.

        One that began in another process is continued here. Raises BackendUnreachable or SignInThrottled when
        the pool cannot say now whether it still may.
        """
        session = self.sessions.find(key, is_touch=is_touch)
        if session is None and key is not None and sealed is not None and not self.sessions.has_ended(key):
            opened = self.seal.open(key, sealed)
            if opened is not None:
                await self.run_blocking(self._adopt, key, opened)
                session = self.sessions.find(key, is_touch=is_touch)
        if session is not None and not await self.is_valid_async(session):
            return None
        return session

    def _adopt(self, key: str, sealed: SealedSession) -> None:
        try:
            teacher = self.pool.resume(sealed.refresh_token)
        except SessionEnded:
            self.sessions.end(key)  # the pool is not asked again for this cookie
            return
        self.sessions.adopt(key, teacher, age_s=sealed.age_s, rested_s=sealed.rested_s)

    def sealed(self, key: str) -> str | None:
        """The cookie with which another process can continue that session; None if it has ended."""
        session = self.sessions.find(key, is_touch=False)
        token = None if session is None else session.teacher.refresh_token
        if session is None or token is None:
            return None
        return self.seal.seal(key, token, self._steady_s() - session.started_at_s)

    def session_of_page(self, page_id: str | None) -> GateSession:
        """The session of an open page. May call the user pool (blocking). Raises SessionEnded."""
        page = self.pages.get(page_id)
        session = None if page is None else self.sessions.find(page.session_key, is_touch=False)
        if session is None or not self.is_valid(session):
            raise SessionEnded
        return session

    async def is_valid_async(self, session: GateSession) -> bool:
        """is_valid() for the event loop: takes a thread only to call the user pool."""
        if not self._needs_check(session):
            return not session.teacher.has_ended
        try:
            return await self.run_blocking(self.is_valid, session)
        except SignInThrottled:
            return True

    def is_valid(self, session: GateSession) -> bool:
        """Whether the session is valid, at the user pool too, which is asked now and then (blocking).

        A pool that cannot be reached ends no session.
        """
        if not self._needs_check(session):
            return not session.teacher.has_ended
        session.checked_at_s = self._steady_s()  # before asking, so that concurrent requests do not ask too
        try:
            self.pool.has_authenticator(session.teacher)
        except (BackendUnreachable, SignInThrottled):
            return True
        except SignInError as refusal:
            _LOG.info("session of %s ended: %s", session.teacher.username, refusal)
            self.sessions.end(session.key)
            return False
        return True

    def _needs_check(self, session: GateSession) -> bool:
        return self._steady_s() - session.checked_at_s >= self._check_after_s

    async def sweep(self) -> None:
        """Revoke the tokens of sessions that ended here, and forget sign-in steps that expired."""
        self.steps.sweep()
        for session in self.sessions.take_ended():
            session.close()
            try:
                await self.run_blocking(self.pool.sign_out, session.teacher)
            except ExamResultsError as error:
                _LOG.warning("a session of %s could not be revoked: %s", session.teacher.username, error)
            except Exception:  # noqa: BLE001  # logged; the other sessions must be revoked too
                _LOG.exception("a session of %s could not be revoked", session.teacher.username)

    async def sweep_for_ever(self, every_s: float = SWEEP_EVERY_S) -> None:
        """Sweep until cancelled. Whatever goes wrong is logged, and sweeping starts again."""

        async def sweep_repeatedly() -> None:
            while True:
                await asyncio.sleep(every_s)
                await self.sweep()

        await supervise("the gate's sweep", sweep_repeatedly, first_pause_s=every_s, longest_pause_s=every_s)

    async def close(self) -> None:
        """Wait for the calls in progress, then forget all sessions without calling the pool: another process
        may continue them."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self.sessions.close()
        for session in self.sessions.take_ended():
            session.teacher.end()
            session.close()
        self.pool.close()
