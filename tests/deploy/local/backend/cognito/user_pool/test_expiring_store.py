"""The store of sign-ins in progress: bounded, expiring, each value taken once."""

import threading

import pytest

from deploy.local.backend.cognito.user_pool.expiring_store import ExpiringStore


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> ExpiringStore[int]:
    return ExpiringStore(lifetime_s=10.0, size_max=3, now_s=clock)


def test_a_value_is_taken_once(store: ExpiringStore[int]) -> None:
    store.put("handle", 1)
    assert store.take("another") is None
    assert store.take("handle") == 1
    assert store.take("handle") is None


def test_a_value_expires(store: ExpiringStore[int], clock: Clock) -> None:
    store.put("handle", 1)
    clock.now_s = 10.0
    assert store.take("handle") is None


def test_a_full_store_drops_the_oldest(store: ExpiringStore[int], clock: Clock) -> None:
    for number in range(5):
        clock.now_s = float(number)
        store.put(str(number), number)
    assert [store.take(str(number)) for number in range(5)] == [None, None, 2, 3, 4]


def test_a_full_store_drops_the_expired_first(store: ExpiringStore[int], clock: Clock) -> None:
    store.put("a", 1)
    store.put("b", 2)
    clock.now_s = 1.0
    store.put("c", 3)
    clock.now_s = 10.5
    store.put("d", 4)
    store.put("e", 5)
    assert [store.take(handle) for handle in "abcde"] == [None, None, 3, 4, 5]


def test_putting_again_extends_the_lifetime(store: ExpiringStore[int], clock: Clock) -> None:
    for now_s, handle, value in ((0.0, "a", 1), (1.0, "b", 2), (5.0, "a", 3)):
        clock.now_s = now_s
        store.put(handle, value)
    clock.now_s = 14.0
    assert store.take("a") == 3
    assert store.take("b") is None


def test_of_many_concurrent_takers_one_gets_it(store: ExpiringStore[int]) -> None:
    store.put("handle", 1)
    barrier, taken = threading.Barrier(8), []

    def take() -> None:
        barrier.wait(5.0)
        taken.append(store.take("handle"))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5.0)
    assert sorted(str(one) for one in taken) == ["1"] + ["None"] * 7
