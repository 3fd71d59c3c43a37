"""The memory of sign-ins under way: bounded, ending by itself, each thing given once."""

import threading

from deploy.local.backend.cognito.expiring_store import ExpiringStore


def test_a_thing_is_given_once() -> None:
    store: ExpiringStore[str] = ExpiringStore(lifetime_s=10.0, size_max=5)
    store.put("handle", "thing", 0.0)
    assert store.take("another", 1.0) is None
    assert store.take("handle", 1.0) == "thing"
    assert store.take("handle", 1.0) is None


def test_a_thing_ends_by_itself() -> None:
    store: ExpiringStore[str] = ExpiringStore(lifetime_s=10.0, size_max=5)
    store.put("handle", "thing", 0.0)
    assert store.take("handle", 10.0) is None


def test_a_full_store_drops_the_oldest_and_the_ended() -> None:
    store: ExpiringStore[int] = ExpiringStore(lifetime_s=10.0, size_max=3)
    for number in range(5):
        store.put(str(number), number, float(number))
    assert [store.take(str(number), 5.0) for number in range(5)] == [None, None, 2, 3, 4]
    store.put("a", 1, 0.0)
    store.put("b", 2, 11.0)
    assert len(store) == 1


def test_putting_again_lengthens_the_life() -> None:
    store: ExpiringStore[int] = ExpiringStore(lifetime_s=10.0, size_max=3)
    store.put("a", 1, 0.0)
    store.put("b", 2, 1.0)
    store.put("a", 3, 5.0)
    assert store.take("a", 14.0) == 3
    assert store.take("b", 14.0) is None


def test_of_many_takers_at_the_same_moment_one_gets_it() -> None:
    store: ExpiringStore[str] = ExpiringStore(lifetime_s=10.0, size_max=5)
    store.put("handle", "thing", 0.0)
    barrier, taken = threading.Barrier(8), []

    def take() -> None:
        barrier.wait(5.0)
        taken.append(store.take("handle", 1.0))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5.0)
    assert sorted(str(one) for one in taken) == ["None"] * 7 + ["thing"]
