"""Which exams are held: the most watched ones, without two crowds pushing each other out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.live.watches import Watches


def test_the_most_watched_exams_are_chosen_up_to_the_room() -> None:
    watches = Watches(room=2, keep_unwatched_s=600)
    for exam_id, watchers in (("few", 1), ("many", 3), ("some", 2)):
        for _ in range(watchers):
            watches.add(exam_id, 0.0)
    assert watches.chosen((), 0.0) == ["many", "some"]
    assert watches.watchers("many") == 3
    assert watches.watchers("unknown") == 0


def test_what_is_loaded_stays_before_what_is_not_with_as_many_watchers() -> None:
    watches = Watches(room=1, keep_unwatched_s=600)
    watches.add("first", 0.0)
    watches.add("second", 1.0)
    assert watches.chosen({"first"}, 2.0) == ["first"]
    assert watches.chosen({"second"}, 2.0) == ["second"]
    watches.add("second", 2.0)
    assert watches.chosen({"first"}, 3.0) == ["second"]


def test_an_exam_that_nobody_watches_any_more_is_kept_for_a_while_if_there_is_room() -> None:
    watches = Watches(room=2, keep_unwatched_s=600)
    watches.add("left", 0.0)
    watches.drop("left", 10.0)
    assert watches.chosen({"left"}, 609.0) == ["left"]
    assert watches.chosen({"left"}, 610.0) == []
    watches.add("left", 0.0)
    watches.drop("left", 700.0)
    for exam_id in ("a", "b"):
        watches.add(exam_id, 701.0)
    assert set(watches.chosen({"left"}, 702.0)) == {"a", "b"}


def test_an_exam_that_is_not_there_takes_nobodys_room() -> None:
    watches = Watches(room=1, keep_unwatched_s=600)
    for exam_id in ("draft", "draft", "there"):
        watches.add(exam_id, 0.0)
    assert watches.chosen((), 1.0, lambda exam_id: exam_id != "there") == ["there"]
    assert watches.chosen((), 1.0) == ["draft"], "once it is published"


def test_dropping_a_watch_that_nobody_has_is_a_fault_of_the_caller() -> None:
    watches = Watches(room=2, keep_unwatched_s=600)
    with pytest.raises(KeyError):
        watches.drop("nobody", 0.0)
    watches.add("once", 0.0)
    watches.drop("once", 0.0)
    with pytest.raises(KeyError):
        watches.drop("once", 0.0)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans())), st.integers(1, 4))
def test_nobody_who_is_left_out_has_more_watchers_than_one_who_is_chosen(
    steps: list[tuple[str, bool]], room: int
) -> None:
    watches = Watches(room, keep_unwatched_s=600)
    for now_s, (exam_id, is_coming) in enumerate(steps):
        if is_coming:
            watches.add(exam_id, now_s)
        elif watches.watchers(exam_id):
            watches.drop(exam_id, now_s)
    chosen = watches.chosen((), len(steps))
    assert len(chosen) <= room
    left_out = set("abcdef") - set(chosen)
    if len(chosen) == room:
        assert max((watches.watchers(exam_id) for exam_id in left_out), default=0) <= min(
            watches.watchers(exam_id) for exam_id in chosen
        )
    else:
        assert all(watches.watchers(exam_id) == 0 for exam_id in left_out)
