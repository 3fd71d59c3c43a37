"""One exam's stream: what viewers receive, when, and after a reconnection."""

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from shared.live.cache import ExamCache, ResultsChanged
from shared.live.status import FeedState, FeedStatus
from shared.model.exam import Audience, Exam, Result
from student_app.stream import channel as channel_module
from student_app.stream import numbers as numbers_module
from student_app.stream.channel import PAUSE_S, Channel
from student_app.stream.viewer import LAST_WORD_S, WAITING_MESSAGES_MAX
from tests.builders import a_published_exam, a_result
from tests.student_app.world import START_S, Screen, events_of, filled_cache

LIVE = FeedStatus(FeedState.LIVE, START_S, START_S)


class Later:
    """A scheduler that records delayed calls; the test advances its time."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.now_s = 100.0
        self.computations: list[tuple[Callable[[], bytes], Callable[[Callable[[], bytes]], None]]] = []

    def compute(self, work: Callable[[], bytes], on_done: Callable[[Callable[[], bytes]], None]) -> None:
        self.computations.append((work, on_done))

    def finish_computing(self) -> None:
        work, on_done = self.computations.pop()
        on_done(work)

    def call(self, delay_s: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        entry = (self.now_s + delay_s, act)
        self.due.append(entry)
        later = self

        class Handle:
            def cancel(self) -> None:
                if entry in later.due:
                    later.due.remove(entry)

        return Handle()  # type: ignore[return-value]

    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        for entry in [entry for entry in self.due if entry[0] <= self.now_s]:
            self.due.remove(entry)
            entry[1]()


class Desk:
    """A channel on a cache, notified of the cache's changes as the hub does."""

    def __init__(self, *rows: tuple[str, str], audience: Audience = Audience.NAMES) -> None:
        self.exam = a_published_exam(audience=audience)
        self.rows = [a_result(student, grade, self.exam) for student, grade in rows]
        self.cache: ExamCache = filled_cache((self.exam, self.rows))
        self.later = Later()
        self.dropped = 0
        self.status = LIVE
        self.channel = self.new_channel()
        self.cache.add_listener(
            lambda change: (
                self.channel.note_rows(change.version, change.upserts, change.removals)
                if isinstance(change, ResultsChanged)
                else None
            )
        )

    def new_channel(self) -> Channel:
        return Channel(
            self.exam.id,
            self.cache,
            "epoch",
            status=lambda: self.status,
            on_drop=self._drop,
            compute=self.later.compute,
            call_later=self.later.call,
            time_s=lambda: self.later.now_s,
            wall_s=lambda: START_S + self.later.now_s,
        )

    def _drop(self) -> None:
        self.dropped += 1

    def save(self, student: str, grade: str) -> Result:
        row = a_result(student, grade, self.exam)
        self.cache.put_results(self.exam.id, [row])
        return row

    def join(self, last_event_id: str | None = None) -> Screen:
        return Screen(self.channel.join(last_event_id, b""))


def read(viewer: Screen) -> list[dict[str, object]]:
    """All events that a viewer has not read yet."""
    stream = b""
    while not viewer.messages.empty():
        stream += viewer.messages.get_nowait() or b""
    return events_of(stream)


def students(event: dict[str, object]) -> list[str]:
    return [row[1] for row in event["data"]["rows"]]  # type: ignore[index]


def test_a_new_viewer_gets_everything() -> None:
    desk = Desk(("Ada", "17"), ("Alan", "12"))
    (snapshot,) = read(desk.join())
    assert snapshot["kind"] == "snapshot"
    assert sorted(students(snapshot)) == ["Ada", "Alan"]


def test_a_change_is_sent_at_once_and_identically_to_everybody() -> None:
    desk = Desk()
    first, second = desk.join(), desk.join()
    read(first), read(second)
    desk.save("Ada", "17")
    (one,), (other,) = read(first), read(second)
    assert one == other
    assert one["kind"] == "change"
    assert students(one) == ["Ada"]


def test_changes_within_the_pause_are_combined_into_one_message() -> None:
    desk = Desk()
    viewer = desk.join()
    desk.save("Ada", "17")
    read(viewer)
    for number in range(50):
        desk.save(f"Student {number}", "12")
    assert read(viewer) == []
    desk.later.pass_time(PAUSE_S)
    (joined,) = read(viewer)
    assert len(students(joined)) == 50


def test_what_is_pending_goes_out_before_the_feeds_state_and_once() -> None:
    """Found by simulation: a page was told that all is current before it had the change that made it so."""
    desk = Desk()
    viewer = desk.join()
    read(viewer)
    desk.save("Ada", "14")
    desk.save("Alan", "12")
    desk.channel.tell_state(b"event: feed\ndata: {}\n\n")
    first, second, state = [event for event in read(viewer) if event["kind"] != "numbers"]
    assert [students(first), students(second), state["kind"]] == [["Ada"], ["Alan"], "feed"]
    desk.later.pass_time(PAUSE_S)
    assert [event["kind"] for event in read(viewer)] == []


def test_if_a_row_changes_twice_in_a_pause_the_newest_state_is_sent() -> None:
    desk = Desk()
    viewer = desk.join()
    first = desk.save("Ada", "17")
    read(viewer)
    newer = dataclasses.replace(first, version=2, grade="18")
    newest = dataclasses.replace(first, version=3, grade="19")
    desk.cache.put_results(desk.exam.id, [newer])
    desk.cache.put_results(desk.exam.id, [newest])
    desk.later.pass_time(PAUSE_S)
    (change,) = read(viewer)
    assert [(row[2], row[3]) for row in change["data"]["rows"]] == [("19", 3)]  # type: ignore[index]


def test_a_row_added_and_removed_in_a_pause_is_only_sent_as_removed() -> None:
    desk = Desk()
    viewer = desk.join()
    desk.save("First", "1")
    read(viewer)
    row = desk.save("Ada", "17")
    desk.cache.remove_results(desk.exam.id, [(row.id, 2)])
    desk.later.pass_time(PAUSE_S)
    (change,) = read(viewer)
    assert change["data"] == {"rows": [], "gone": [row.id]}


def test_ids_grow_with_every_message() -> None:
    desk = Desk()
    viewer = desk.join()
    for number in range(3):
        desk.save(f"Student {number}", "12")
        desk.later.pass_time(PAUSE_S)
    ids = [int(str(event["id"]).removeprefix("epoch-")) for event in read(viewer)]
    assert ids == sorted(set(ids))


def test_a_reconnecting_viewer_receives_only_what_was_missed() -> None:
    desk = Desk(("Ada", "17"))
    viewer = desk.join()
    desk.save("Seen", "10")
    last_seen = str(read(viewer)[-1]["id"])
    desk.channel.leave(viewer.viewer)
    desk.later.pass_time(PAUSE_S)
    desk.save("Missed", "11")
    (missed,) = read(desk.join(last_seen))
    assert missed["kind"] == "change"
    assert students(missed) == ["Missed"]


@pytest.mark.parametrize(
    "last_event_id", ["other-1", "epoch-x", "epoch-", "garbage", "epoch-999999", "epoch-1é"]
)
def test_a_viewer_with_an_unknown_id_receives_everything(last_event_id: str) -> None:
    desk = Desk(("Ada", "17"))
    (snapshot,) = read(desk.join(last_event_id))
    assert snapshot["kind"] == "snapshot"


def test_a_viewer_away_longer_than_the_history_receives_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "HISTORY_BYTES_MAX", 400)
    desk = Desk()
    viewer = desk.join()
    desk.save("Seen", "10")
    last_seen = str(read(viewer)[-1]["id"])
    for number in range(10):
        desk.later.pass_time(PAUSE_S)
        desk.save(f"Student {number}", "12")
    (snapshot,) = read(desk.join(last_seen))
    assert snapshot["kind"] == "snapshot"
    assert len(students(snapshot)) == 11


def test_with_codes_changes_cannot_be_replayed_one_by_one() -> None:
    """With a history, requesting each id in turn would reveal which row came when."""
    desk = Desk(audience=Audience.CODES)
    viewer = desk.join()
    for code in ("7K4QX2", "2AB3CD", "M4NP5Q"):
        desk.save(code, "12")
        desk.later.pass_time(PAUSE_S)
    ids = [str(event["id"]) for event in read(viewer)]
    for seen in ids[:-1]:
        (snapshot,) = read(desk.join(seen))
        assert snapshot["kind"] == "snapshot"
        assert {row[4] for row in snapshot["data"]["rows"]} == {0.0}  # type: ignore[index]
    assert read(desk.join(ids[-1])) == [], "who missed nothing gets nothing"


def test_a_viewer_returning_to_a_new_channel_receives_everything() -> None:
    """A channel ends when its last viewer leaves; changes from the meantime are in no history."""
    desk = Desk(("Ada", "17"))
    (snapshot,) = read(desk.join())
    desk.save("Missed", "11")
    anew = desk.new_channel()
    (again,) = read(Screen(anew.join(str(snapshot["id"]), b"")))
    assert again["kind"] == "snapshot"
    assert sorted(students(again)) == ["Ada", "Missed"]


def test_changes_pending_at_a_resumption_are_not_lost() -> None:
    """A snapshot's id is that of the last message sent, even if the snapshot contains more."""
    desk = Desk()
    early = desk.join()
    desk.save("First", "1")
    desk.save("Pending", "2")
    newcomer = desk.join()
    (snapshot,) = read(newcomer)
    desk.later.pass_time(PAUSE_S)
    back = desk.join(str(snapshot["id"]))
    assert [students(event) for event in read(back)] == [["Pending"]]
    assert students(read(early)[-1]) == ["Pending"]


def test_a_slow_reader_is_dropped_and_counted_and_delays_no_one() -> None:
    """Its stream ends at once, and its connection soon, although the socket takes nothing more."""
    desk = Desk()
    slow, quick = desk.join(), desk.join()
    read(slow)
    slow.stall()
    for number in range(WAITING_MESSAGES_MAX + 1):
        assert desk.dropped == 0
        desk.save(f"Student {number}", "12")
        desk.later.pass_time(PAUSE_S)
    assert desk.dropped == 1
    assert desk.channel.viewers == {quick.viewer}
    assert len(read(quick)) == WAITING_MESSAGES_MAX + 2
    assert slow.messages.empty()
    desk.later.pass_time(LAST_WORD_S)
    assert slow.messages.get_nowait() is None


def test_a_reader_that_goes_on_in_time_misses_nothing() -> None:
    desk = Desk()
    viewer = desk.join()
    read(viewer)
    viewer.stall()
    for number in range(3):
        desk.save(f"Student {number}", "12")
        desk.later.pass_time(PAUSE_S)
    assert viewer.messages.empty()
    viewer.go_on()
    assert [students(event) for event in read(viewer)] == [["Student 0"], ["Student 1"], ["Student 2"]]


def test_an_unpublished_exam_is_sent_as_gone() -> None:
    desk = Desk(("Ada", "17"))
    viewer = desk.join()
    read(viewer)
    desk.cache.remove_exam(desk.exam.id, desk.exam.version + 1)
    desk.channel.note_gone(desk.cache.version)
    (gone,) = read(viewer)
    assert gone["kind"] == "gone"
    (again,) = read(desk.join())
    assert again["kind"] == "gone"


def test_who_is_told_that_an_exam_is_gone_resumes_from_nothing_that_it_saw_before() -> None:
    """Found by simulation: a viewer came from one process to another, which did not know the exam yet, and
    back. A browser keeps the last id until an event brings another one, be it empty."""
    desk, other = Desk(("Ada", "17")), Desk()
    last_id = read(desk.join())[-1]["id"]
    other.cache.remove_exam(other.exam.id, other.exam.version + 1)
    (gone,) = read(other.join())  # the id of another process says nothing to it
    assert gone["kind"] == "gone"
    last_id = last_id if gone["id"] is None else gone["id"]
    (again,) = read(desk.join(str(last_id)))
    assert again["kind"] == "snapshot"


def test_results_loaded_later_are_sent_automatically() -> None:
    exam = a_published_exam()
    cache = filled_cache()
    cache.put_exam(exam)
    desk = Desk()
    desk.channel = Channel(
        exam.id, cache, "epoch", status=lambda: LIVE, on_drop=lambda: None,
        compute=desk.later.compute, call_later=desk.later.call,
        time_s=lambda: desk.later.now_s, wall_s=lambda: START_S,
    )  # fmt: skip
    viewer = desk.join()
    assert read(viewer) == []
    cache.finish_results(cache.begin_results(exam.id), [a_result("Ada", "17", exam)])
    desk.channel.note_loaded(cache.version)
    (snapshot,) = read(viewer)
    assert students(snapshot) == ["Ada"]


def test_a_changed_exam_is_sent() -> None:
    desk = Desk()
    viewer = desk.join()
    read(viewer)
    changed: Exam = dataclasses.replace(desk.exam, subject="Chemistry", version=3)
    desk.cache.put_exam(changed)
    desk.channel.note_exam(desk.cache.version)
    (change,) = read(viewer)
    assert change["data"]["exam"]["subject"] == "Chemistry"  # type: ignore[index]


def test_closing_ends_every_stream_and_nothing_more_is_sent() -> None:
    desk = Desk()
    viewer = desk.join()
    read(viewer)
    desk.save("Ada", "17")
    desk.save("Pending", "12")
    desk.channel.close()
    desk.later.pass_time(PAUSE_S)
    (change,) = events_of(viewer.messages.get_nowait() or b"")
    assert students(change) == ["Ada"]
    assert viewer.messages.get_nowait() is None
    assert viewer.messages.empty()


def test_a_snapshot_is_created_once_for_all_new_viewers() -> None:
    desk = Desk(("Ada", "17"))
    first, second = desk.join(), desk.join()
    assert first.messages.get_nowait() == second.messages.get_nowait()
    desk.status = FeedStatus(FeedState.OFFLINE, START_S + 5, START_S)
    (late,) = read(desk.join())
    assert late["data"]["feed"]["state"] == "OFFLINE"  # type: ignore[index]


def tile(event: dict[str, object], name: str) -> str:
    return dict(event["data"]["tiles"])[name]  # type: ignore[index]


def test_numbers_follow_a_snapshot_and_a_change() -> None:
    desk = Desk(("Ada", "17"))
    viewer = desk.join()
    desk.later.finish_computing()
    snapshot, numbers = read(viewer)
    assert (snapshot["kind"], numbers["kind"], tile(numbers, "Results")) == ("snapshot", "numbers", "1")
    desk.later.pass_time(numbers_module.PAUSE_S)
    desk.save("Alan", "12")
    desk.later.finish_computing()
    change, numbers = read(viewer)
    assert (change["kind"], tile(numbers, "Results")) == ("change", "2")
    _, at_once = read(desk.join())
    assert at_once == numbers, "who comes later has them with the first message"
    assert desk.later.computations == []


def test_numbers_are_computed_once_for_all_changes_within_a_pause() -> None:
    desk = Desk()
    viewer = desk.join()
    desk.later.finish_computing()
    for number in range(4):
        desk.save(f"Student {number}", "12")
        desk.later.pass_time(numbers_module.PAUSE_S / 5)
        assert desk.later.computations == []
    desk.later.pass_time(numbers_module.PAUSE_S)
    desk.later.finish_computing()
    assert desk.later.computations == []
    assert tile(read(viewer)[-1], "Results") == "4"


def test_changes_during_a_computation_are_computed_after_it() -> None:
    desk = Desk()
    viewer = desk.join()
    desk.save("Ada", "12")
    desk.later.pass_time(numbers_module.PAUSE_S)
    assert len(desk.later.computations) == 1
    desk.later.finish_computing()
    desk.later.finish_computing()
    assert tile(read(viewer)[-1], "Results") == "1"


def test_numbers_outdated_by_an_edit_or_unpublishing_are_not_sent() -> None:
    """Computed with names, they may reveal what codes must hide."""
    desk = Desk(("Ada", "17"))
    viewer = desk.join()
    coded = dataclasses.replace(desk.exam, audience=Audience.CODES, version=desk.exam.version + 1)
    desk.cache.put_exam(coded)
    desk.channel.note_exam(desk.cache.version)
    desk.later.finish_computing()
    assert "numbers" not in [event["kind"] for event in read(viewer)]
    desk.later.pass_time(numbers_module.PAUSE_S)
    desk.cache.remove_exam(coded.id, coded.version + 1)
    desk.channel.note_gone(desk.cache.version)
    desk.later.finish_computing()
    assert [event["kind"] for event in read(viewer)] == ["gone"]


def test_a_closed_channel_computes_nothing_more() -> None:
    desk = Desk(("Ada", "17"))
    desk.join()
    desk.channel.close()
    desk.save("Alan", "12")
    desk.later.finish_computing()
    desk.later.pass_time(2 * numbers_module.PAUSE_S)
    assert desk.later.computations == []
