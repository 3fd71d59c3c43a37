"""Which exams are kept in memory: the most watched ones, without two groups evicting each other in turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.live.watches import Watches


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def watches_of(room: int, *watched: str, clock: Clock | None = None) -> Watches:
    watches = Watches(room, 600, clock or Clock())
    for exam_id in watched:
        watches.add(exam_id)
    return watches


def chosen(watches: Watches, *held: str) -> set[str]:
    return set(watches.choose(held, lambda _exam_id: True)[0])


def test_the_most_watched_exams_are_chosen_up_to_the_limit() -> None:
    watches = watches_of(2, "few", "many", "many", "many", "some", "some")
    assert watches.choose((), lambda _exam_id: True) == ({"many", "some"}, {"few"})


def test_with_equal_watchers_loaded_exams_take_precedence() -> None:
    watches = watches_of(1, "first", "second")
    assert chosen(watches, "first") == {"first"}
    assert chosen(watches, "second") == {"second"}
    watches.add("second")
    assert chosen(watches, "first") == {"second"}


def test_an_unwatched_exam_is_kept_for_a_while_if_there_is_room() -> None:
    clock = Clock()
    watches = watches_of(2, clock=clock)
    clock.now_s = 10.0
    watches.remember("left")
    clock.now_s = 609.0
    assert chosen(watches, "left") == {"left"}
    clock.now_s = 610.0
    assert chosen(watches, "left") == set()
    clock.now_s = 700.0
    watches.remember("left")
    watches.add("a")
    watches.add("b")
    assert chosen(watches, "left") == {"a", "b"}


def test_a_missing_exam_takes_no_room() -> None:
    watches = watches_of(1, "draft", "draft", "there")
    assert watches.choose((), lambda exam_id: exam_id == "there") == ({"there"}, set())
    assert chosen(watches) == {"draft"}, "once it is published"


def test_dropping_a_watch_that_does_not_exist_is_an_error() -> None:
    watches = watches_of(2, "once")
    with pytest.raises(KeyError):
        watches.drop("nobody")
    watches.drop("once")
    with pytest.raises(KeyError):
        watches.drop("once")


def test_unwatched_ids_are_remembered_only_up_to_the_limit() -> None:
    watches = watches_of(3)
    for number in range(10_000):
        watches.add(f"{number}")
        watches.drop(f"{number}")
        watches.remember(f"{number}")
    looked_at: list[str] = []
    watches.choose((), lambda exam_id: looked_at.append(exam_id) is not None)
    assert looked_at == ["9997", "9998", "9999"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans())), st.integers(1, 4))
def test_no_unchosen_exam_has_more_watchers_than_a_chosen_one(
    steps: list[tuple[str, bool]], room: int
) -> None:
    watches, watchers = watches_of(room), dict.fromkeys("abcdef", 0)
    for exam_id, is_coming in steps:
        if is_coming:
            watches.add(exam_id)
            watchers[exam_id] += 1
        elif watchers[exam_id]:
            watches.drop(exam_id)
            watchers[exam_id] -= 1
    kept, left_out = watches.choose((), lambda _exam_id: True)
    assert kept | left_out == {exam_id for exam_id, count in watchers.items() if count}
    assert len(kept) <= room
    if left_out:
        assert len(kept) == room
        assert max(watchers[exam_id] for exam_id in left_out) <= min(watchers[exam_id] for exam_id in kept)
