"""Sessions end by inactivity, age, number or the user pool; ended ones are handed over for revocation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api.calls import TeacherApi
from shared.identity.teacher_session import TeacherSession
from teacher_app.gate.cookies import key_of
from teacher_app.gate.sessions import Sessions
from tests.teacher_app.gate.fake_pool import Clock, FakePool, teacher_settings

IDLE_S = 600.0
LIFETIME_S = 3600.0


class Store:
    """Sessions with their clock and pool."""

    def __init__(self, sessions_max: int = 100, per_teacher_max: int = 10) -> None:
        self.clock = Clock()
        self.pool = FakePool(self.clock)
        self.sessions = Sessions(
            self.clock,
            make_api,
            idle_s=IDLE_S,
            lifetime_s=LIFETIME_S,
            sessions_max=sessions_max,
            per_teacher_max=per_teacher_max,
        )

    def start(self, username: str = "ada") -> str:
        session, value = self.sessions.start(self.pool.session_of(username))
        assert session.key == key_of(value)
        return session.key

    def is_alive(self, key: str, *, is_touch: bool = False) -> bool:
        return self.sessions.find(key, is_touch=is_touch) is not None


def make_api(teacher: TeacherSession) -> TeacherApi:
    return TeacherApi(teacher_settings().backend, teacher.access_token)


@pytest.fixture
def store() -> Store:
    return Store()


def test_a_session_is_found_only_by_its_cookie(store: Store) -> None:
    session, value = store.sessions.start(store.pool.session_of("ada"))
    assert store.sessions.find(key_of(value), is_touch=True) is session
    assert store.sessions.find(value, is_touch=True) is None
    assert store.sessions.find(None, is_touch=True) is None
    assert store.sessions.find(key_of(value + "x"), is_touch=True) is None


def test_interactions_extend_a_session_and_lookups_do_not(store: Store) -> None:
    touched, looked_at = store.start(), store.start()
    for _ in range(3):
        store.clock.advance(IDLE_S / 2)
        assert store.is_alive(touched, is_touch=True)
        store.is_alive(looked_at)
    assert not store.is_alive(looked_at)
    store.clock.advance(IDLE_S)
    assert store.is_alive(touched)
    store.clock.advance(0.1)
    assert not store.is_alive(touched, is_touch=True)


def test_no_interaction_extends_a_session_beyond_its_lifetime(store: Store) -> None:
    key = store.start()
    for _ in range(12):
        store.clock.advance(LIFETIME_S / 12)
        assert store.is_alive(key, is_touch=True)
    store.clock.advance(0.1)
    assert not store.is_alive(key, is_touch=True)


def test_an_ended_session_never_comes_back(store: Store) -> None:
    key = store.start()
    store.sessions.end(key)
    store.sessions.end(key)
    assert not store.is_alive(key, is_touch=True)


def test_an_end_is_remembered_as_long_as_a_seal_of_the_session_may_exist(store: Store) -> None:
    key, living = store.start(), store.start()
    store.sessions.end(key)
    store.clock.advance(LIFETIME_S - 1)
    assert store.sessions.has_ended(key)
    assert not store.sessions.has_ended(living)
    store.clock.advance(2)
    assert not store.sessions.has_ended(key)


def test_a_session_with_expired_tokens_has_ended(store: Store) -> None:
    key = store.start()
    found = store.sessions.find(key, is_touch=False)
    assert found is not None
    found.teacher.end()
    assert not store.is_alive(key)


def test_all_sessions_of_one_teacher_and_no_others_end(store: Store) -> None:
    here, there, other = store.start(), store.start(), store.start("grace")
    store.sessions.end_all_of("sub-of-ada", except_key=here)
    assert [store.is_alive(key) for key in (here, there, other)] == [True, False, True]
    store.sessions.end_all_of("sub-of-ada")
    assert [store.is_alive(key) for key in (here, other)] == [False, True]


def test_too_many_sessions_of_one_teacher_end_the_least_recently_used() -> None:
    store = Store(per_teacher_max=2)
    other, first, second = store.start("grace"), store.start(), store.start()
    store.is_alive(first, is_touch=True)
    third = store.start()
    assert [store.is_alive(key) for key in (other, first, second, third)] == [True, True, False, True]


def test_too_many_sessions_in_total_end_the_least_recently_used() -> None:
    store = Store(sessions_max=2)
    first, second = store.start("ada"), store.start("grace")
    store.is_alive(first, is_touch=True)
    third = store.start("ada")
    assert [store.is_alive(key) for key in (first, second, third)] == [True, False, True]
    assert len(store.sessions) == 2


def test_an_ended_session_is_handed_over_once_however_it_ended(store: Store) -> None:
    signed_out, resting, living = store.start(), store.start(), store.start()
    store.sessions.end(signed_out)
    store.clock.advance(IDLE_S / 2)
    store.is_alive(living, is_touch=True)
    store.clock.advance(IDLE_S / 2 + 1)
    assert {session.key for session in store.sessions.take_ended()} == {signed_out, resting}
    assert store.sessions.take_ended() == []
    assert store.is_alive(living)


def test_closing_ends_all_sessions(store: Store) -> None:
    keys = {store.start(), store.start("grace")}
    store.sessions.close()
    assert {session.key for session in store.sessions.take_ended()} == keys


def adopt(store: Store, key: str, *, age_s: float = 0.0, rested_s: float = 0.0) -> None:
    store.sessions.adopt(key, store.pool.session_of("ada"), age_s=age_s, rested_s=rested_s)


def test_an_adopted_session_is_as_old_and_has_rested_as_long_as_it_says(store: Store) -> None:
    adopt(store, "rested", rested_s=IDLE_S - 1)
    adopt(store, "old", age_s=LIFETIME_S - 1)
    adopt(store, "of the future", age_s=-60.0, rested_s=-60.0)
    store.clock.advance(1)
    assert [store.is_alive(key) for key in ("rested", "old", "of the future")] == [True, True, True]
    store.clock.advance(0.1)
    assert [store.is_alive(key) for key in ("rested", "old", "of the future")] == [False, False, True]
    store.clock.advance(IDLE_S - 1.1)
    assert store.is_alive("of the future")
    store.clock.advance(0.1)
    assert not store.is_alive("of the future")


def test_a_session_that_ended_or_is_too_old_or_here_already_is_not_adopted(store: Store) -> None:
    ended, here = store.start(), store.start()
    store.sessions.end(ended)
    known = store.sessions.find(here, is_touch=False)
    for key in (ended, here):
        adopt(store, key)
    adopt(store, "rested", rested_s=IDLE_S + 1)
    adopt(store, "old", age_s=LIFETIME_S + 1)
    assert [store.is_alive(key) for key in (ended, "rested", "old")] == [False, False, False]
    assert store.sessions.find(here, is_touch=False) is known
    assert len(store.sessions) == 1


def test_an_adopted_session_can_call_the_api(store: Store) -> None:
    adopt(store, "adopted")
    session = store.sessions.find("adopted", is_touch=False)
    assert session is not None
    assert isinstance(session.api, TeacherApi)
    session.close()


def test_a_session_has_one_api_until_it_is_closed(store: Store) -> None:
    session, _ = store.sessions.start(store.pool.session_of("ada"))
    api = session.api
    assert session.api is api
    session.close()
    session.close()
    assert session.api is not api
    session.close()


@given(st.lists(st.tuples(st.sampled_from(["ada", "grace"]), st.booleans()), max_size=40))
def test_whatever_happens_the_store_stays_within_its_bounds(steps: list[tuple[str, bool]]) -> None:
    store = Store(sessions_max=5, per_teacher_max=3)
    for username, is_long_rest in steps:
        newest = store.start(username)
        assert store.is_alive(newest)
        assert len(store.sessions) <= 5
        store.clock.advance(IDLE_S + 1 if is_long_rest else 1)
