"""Teachers' sessions, in this process's memory, found by a random cookie.

A session ends at sign-out, after `idle_s` without a touch, `lifetime_s` after sign-in, and when the user pool
refuses its tokens. One that began in another process can be adopted (see sealed_sessions.py), unless it ended
here. Their times are a steady clock's: setting the computer's clock ends none.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from cachetools import TTLCache

from shared.api.calls import TeacherApi
from shared.identity.teacher_session import TeacherSession
from teacher_app.gate.cookies import key_of, new_cookie_value

__all__ = ["LIFETIME_S", "GateSession", "MakeApi", "Sessions"]

MakeApi = Callable[[TeacherSession], TeacherApi]

LIFETIME_S = 12 * 3600.0  # a working day, as long as a refresh token in the AWS template
SESSIONS_MAX = 10_000  # one more ends the least recently touched one
SESSIONS_PER_TEACHER_MAX = 20  # one more ends that teacher's least recently touched one


class GateSession:
    """One signed-in browser. `key` is the hash of its cookie. Times are a steady clock's."""

    def __init__(
        self,
        key: str,
        teacher: TeacherSession,
        now_s: float,
        make_api: MakeApi,
    ) -> None:
        self.key = key
        self.teacher = teacher
        self.started_at_s = now_s
        self.touched_at_s = now_s  # guarded by the store's lock
        self.checked_at_s = now_s  # when the user pool was last asked about the session
        self._make_api = make_api
        self._api_lock = threading.Lock()  # guards _api
        self._api: TeacherApi | None = None

    @property
    def api(self) -> TeacherApi:
        """The exam API as this teacher; one per session, so that connections are reused."""
        with self._api_lock:
            if self._api is None:
                self._api = self._make_api(self.teacher)
            return self._api

    def close(self) -> None:
        """Close idle connections."""
        with self._api_lock:
            if self._api is not None:
                self._api.close()
                self._api = None


class Sessions:
    """The sessions by key. Thread-safe. Those that end are handed to `take_ended` for revocation.

    `steady_s` is a clock that nobody sets.
    """

    def __init__(
        self,
        steady_s: Callable[[], float],
        make_api: MakeApi,
        *,
        idle_s: float,
        lifetime_s: float = LIFETIME_S,
        sessions_max: int = SESSIONS_MAX,
        per_teacher_max: int = SESSIONS_PER_TEACHER_MAX,
    ) -> None:
        self._steady_s = steady_s
        self._make_api = make_api
        self._idle_s = idle_s
        self._lifetime_s = lifetime_s
        self._sessions_max = sessions_max
        self._per_teacher_max = per_teacher_max
        self._sessions_lock = threading.Lock()  # guards the two below
        self._sessions: OrderedDict[str, GateSession] = OrderedDict()  # by key, least recently touched first
        self._ended: list[GateSession] = []
        # Keys that ended here, for as long as a seal of theirs may exist.
        self._ended_keys: TTLCache[str, None] = TTLCache(sessions_max * 10, lifetime_s, timer=steady_s)

    def start(self, teacher: TeacherSession) -> tuple[GateSession, str]:
        """A new session and its cookie value."""
        value = new_cookie_value()
        session = GateSession(key_of(value), teacher, self._steady_s(), self._make_api)
        with self._sessions_lock:
            self._put(session)
        return session, value

    def adopt(self, key: str, teacher: TeacherSession, *, age_s: float, rested_s: float) -> None:
        """Continue a session of another process, which began `age_s` ago and was used `rested_s` ago, unless
        it is here already, has ended here or is too old."""
        now_s = self._steady_s()
        session = GateSession(key, teacher, now_s, self._make_api)
        session.started_at_s, session.touched_at_s = now_s - max(0.0, age_s), now_s - max(0.0, rested_s)
        with self._sessions_lock:
            if key not in self._sessions and key not in self._ended_keys and self._is_valid(session):
                self._put(session)

    def has_ended(self, key: str) -> bool:
        """Whether that session ended in this process."""
        with self._sessions_lock:
            return key in self._ended_keys

    def find(self, key: str | None, *, is_touch: bool) -> GateSession | None:
        """The session, None if it has ended. A touch, something that a person did, restarts the idle time."""
        if key is None:
            return None
        with self._sessions_lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if not self._is_valid(session):
                self._end(session)
                return None
            if is_touch:
                session.touched_at_s = self._steady_s()
                self._sessions.move_to_end(key)
            return session

    def end(self, key: str) -> None:
        """End one session; one that has ended already, or is not here, is no error."""
        with self._sessions_lock:
            self._ended_keys[key] = None
            session = self._sessions.get(key)
            if session is not None:
                self._end(session)

    def end_all_of(self, sub: str, *, except_key: str | None = None) -> None:
        """End every session of one teacher, except the one with the key `except_key`."""
        with self._sessions_lock:
            for session in list(self._sessions.values()):
                if session.teacher.sub == sub and session.key != except_key:
                    self._end(session)

    def take_ended(self) -> list[GateSession]:
        """The sessions that ended since the last call, including those idle for too long."""
        with self._sessions_lock:
            for session in list(self._sessions.values()):
                if not self._is_valid(session):
                    self._end(session)
            ended, self._ended = self._ended, []
            return ended

    def close(self) -> None:
        """End all sessions."""
        with self._sessions_lock:
            for session in list(self._sessions.values()):
                self._end(session)

    def __len__(self) -> int:
        return len(self._sessions)

    def _put(self, session: GateSession) -> None:
        self._sessions[session.key] = session
        own = [other for other in self._sessions.values() if other.teacher.sub == session.teacher.sub]
        surplus = own[: max(0, len(own) - self._per_teacher_max)]
        for other in surplus or list(self._sessions.values())[: max(0, len(self) - self._sessions_max)]:
            self._end(other)

    def _is_valid(self, session: GateSession) -> bool:
        now_s = self._steady_s()
        return (
            not session.teacher.has_ended
            and now_s - session.touched_at_s <= self._idle_s
            and now_s - session.started_at_s <= self._lifetime_s
        )

    def _end(self, session: GateSession) -> None:
        del self._sessions[session.key]
        self._ended_keys[session.key] = None
        self._ended.append(session)
