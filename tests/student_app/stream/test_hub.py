"""The hub: limits, watching, loading on demand, heartbeats, and who receives what."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest

from shared.live.cache import ExamCache
from shared.live.status import ExamLoad, FeedState
from shared.model.exam import Exam, Result
from student_app.stream.hub import PAGE_RUNS_PER_S, LiveHub, StreamRefused
from tests.builders import a_published_exam, a_result, an_announced_exam
from tests.student_app.world import START_S, FakeFeed, Screen, events_of, filled_cache

DEADLINE_S = 5.0
ADDRESS = "192.0.2.1"


@contextlib.asynccontextmanager
async def hub_over(
    cache: ExamCache, feed: FakeFeed, *, streams_max: int = 10, streams_per_address_max: int = 10
) -> AsyncIterator[LiveHub]:
    feed.cache = cache
    hub = LiveHub(
        cache,
        feed,
        streams_max=streams_max,
        streams_per_address_max=streams_per_address_max,
        epoch="epoch",
        wall_s=lambda: START_S,
    )
    async with hub:
        yield hub


async def next_event(viewer: Screen, kind: str) -> dict[str, object]:
    """The next event of this kind; heartbeats in between are skipped."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            message = await viewer.messages.get()
            assert message is not None, "the stream ended"
            for event in events_of(message):
                if event["kind"] == kind:
                    return event


def exam_with_rows() -> tuple[Exam, list[Result]]:
    exam = a_published_exam()
    return exam, [a_result("Ada", "17", exam)]


def test_viewers_of_two_exams_receive_only_their_own_events() -> None:
    async def run() -> None:
        one, other = a_published_exam("One"), a_published_exam("Other")
        cache = filled_cache((one, []), (other, []))
        async with hub_over(cache, FakeFeed()) as hub:
            at_one, at_other = (
                Screen(hub.join(one.id, ADDRESS, None)),
                Screen(hub.join(other.id, ADDRESS, None)),
            )
            await next_event(at_one, "snapshot")
            await next_event(at_other, "snapshot")
            for row in (a_result("Ada", "17", one), a_result("Alan", "12", other)):
                cache.put_results(row.exam_id, [row])
            event_of_one = await next_event(at_one, "change")
            event_of_other = await next_event(at_other, "change")
            assert event_of_one["data"]["rows"][0][1] == "Ada"  # type: ignore[index]
            assert event_of_other["data"]["rows"][0][1] == "Alan"  # type: ignore[index]
            assert at_one.messages.empty()

    asyncio.run(run())


def test_the_first_event_says_how_current_the_data_is() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        async with hub_over(filled_cache((exam, rows)), FakeFeed()) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            first = viewer.messages.get_nowait()
            assert first is not None
            assert first.startswith(b"retry: 2000\n\n")
            assert [event["kind"] for event in events_of(first)] == ["feed", "snapshot"]

    asyncio.run(run())


def test_streams_per_address_are_limited_and_slots_are_freed() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        async with hub_over(filled_cache((exam, rows)), FakeFeed(), streams_per_address_max=2) as hub:
            first = Screen(hub.join(exam.id, ADDRESS, None))
            Screen(hub.join(exam.id, ADDRESS, None))
            with pytest.raises(StreamRefused) as refused:
                Screen(hub.join(exam.id, ADDRESS, None))
            assert refused.value.status == 429
            Screen(hub.join(exam.id, "192.0.2.2", None))
            first.close()
            Screen(hub.join(exam.id, ADDRESS, None))
            assert hub.counters.streams_refused == 1
            assert hub.stream_count == 3

    asyncio.run(run())


def test_streams_in_total_are_limited() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        async with hub_over(filled_cache((exam, rows)), FakeFeed(), streams_max=1) as hub:
            Screen(hub.join(exam.id, ADDRESS, None))
            with pytest.raises(StreamRefused) as refused:
                Screen(hub.join(exam.id, "192.0.2.2", None))
            assert (refused.value.status, refused.value.retry_after_s) == (503, 30)

    asyncio.run(run())


def test_an_exam_is_watched_as_long_as_somebody_has_its_stream() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        feed = FakeFeed()
        async with hub_over(filled_cache((exam, rows)), feed) as hub:
            one, two = Screen(hub.join(exam.id, ADDRESS, None)), Screen(hub.join(exam.id, ADDRESS, None))
            assert (feed.watched[exam.id], hub.channel_count) == (2, 1)
            one.close()
            two.close()
            assert (feed.watched[exam.id], hub.channel_count, hub.stream_count) == (0, 0, 0)

    asyncio.run(run())


def test_an_unwatched_exam_is_loaded_on_demand() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        cache = filled_cache()
        cache.put_exam(exam)
        feed = FakeFeed()
        async with hub_over(cache, feed) as hub:
            asking = asyncio.create_task(hub.loaded(exam.id))
            await asyncio.sleep(0)
            assert feed.watched[exam.id] == 1
            cache.finish_results(cache.begin_results(exam.id), rows)
            results = await asking
            assert results is not None
            assert [row.student for row in results.rows] == ["Ada"]
            assert feed.watched[exam.id] == 0

    asyncio.run(run())


def test_a_missing_exam_is_not_waited_for() -> None:
    async def run() -> None:
        async with hub_over(filled_cache(), FakeFeed()) as hub, asyncio.timeout(DEADLINE_S):
            assert await hub.loaded(a_published_exam().id, deadline_s=60.0) is None

    asyncio.run(run())


def test_waiting_for_results_is_limited() -> None:
    async def run() -> None:
        exam = a_published_exam()
        cache = filled_cache()
        cache.put_exam(exam)
        async with hub_over(cache, FakeFeed()) as hub:
            assert await hub.loaded(exam.id, deadline_s=0.01) is None

    asyncio.run(run())


def test_a_change_of_the_feeds_state_is_sent_at_once() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        feed = FakeFeed()
        async with hub_over(filled_cache((exam, rows)), feed) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            await next_event(viewer, "snapshot")
            feed.become(FeedState.OFFLINE)
            event = await next_event(viewer, "feed")
            assert event["data"]["state"] == "OFFLINE"  # type: ignore[index]

    asyncio.run(run())


def test_viewers_learn_that_their_exam_has_no_room_and_newcomers_at_once() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        cache, feed = filled_cache((exam, rows)), FakeFeed()
        async with hub_over(cache, feed) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            assert (await next_event(viewer, "feed"))["data"]["load"] == "LOADED"  # type: ignore[index]
            feed.loads[exam.id] = ExamLoad.NO_ROOM
            cache.forget_results(exam.id)
            assert (await next_event(viewer, "feed"))["data"]["load"] == "NO_ROOM"  # type: ignore[index]
            first = Screen(hub.join(exam.id, ADDRESS, None)).messages.get_nowait()
            assert first is not None
            assert [(event["kind"], event["data"]["load"]) for event in events_of(first)] == [
                ("feed", "NO_ROOM")
            ]
            del feed.loads[exam.id]
            cache.finish_results(cache.begin_results(exam.id), rows)
            await next_event(viewer, "snapshot")

    asyncio.run(run())


def test_a_failing_heartbeat_is_logged_and_the_next_ones_follow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("student_app.stream.hub.BEAT_S", 0.01)

    class FailingFeed(FakeFeed):
        failures = 0

        def load_of(self, exam_id: str) -> ExamLoad:
            if self.failures:
                self.failures -= 1
                raise RuntimeError("a fault of our own")
            return super().load_of(exam_id)

    async def run() -> None:
        exam, rows = exam_with_rows()
        feed = FailingFeed()
        async with hub_over(filled_cache((exam, rows)), feed) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            await next_event(viewer, "snapshot")
            feed.failures = 1
            async with asyncio.timeout(DEADLINE_S):
                while feed.failures:
                    await viewer.messages.get()
            await next_event(viewer, "feed")

    asyncio.run(run())
    assert "the streams' heartbeat failed, and starts again" in caplog.text


def test_publishing_and_unpublishing_reach_waiting_viewers() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        cache = filled_cache()
        async with hub_over(cache, FakeFeed()) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            await next_event(viewer, "gone")
            cache.put_exam(exam)
            cache.finish_results(cache.begin_results(exam.id), rows)
            snapshot = await next_event(viewer, "snapshot")
            assert snapshot["data"]["exam"]["id"] == exam.id  # type: ignore[index]
            cache.remove_exam(exam.id, exam.version + 1)
            await next_event(viewer, "gone")

    asyncio.run(run())


def test_who_came_before_it_was_known_that_there_is_no_such_exam_learns_it() -> None:
    """A viewer of an exam that was unpublished while this server was down still shows its results."""

    async def run() -> None:
        exam = a_published_exam()
        cache = ExamCache(lambda: START_S)
        async with hub_over(cache, FakeFeed()) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, "earlier-7"))
            cache.note_absent(exam.id)
            await next_event(viewer, "gone")

    asyncio.run(run())


def test_a_late_answer_that_an_exam_is_absent_does_not_take_away_one_published_meanwhile() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        cache = filled_cache((exam, rows))
        async with hub_over(cache, FakeFeed()) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            await next_event(viewer, "snapshot")
            cache.note_absent(exam.id)
            cache.put_results(exam.id, [a_result("Alan", "12", exam)])
            kinds: list[object] = []
            async with asyncio.timeout(DEADLINE_S):
                while "change" not in kinds:
                    kinds += [event["kind"] for event in events_of(await viewer.messages.get() or b"")]
            assert "gone" not in kinds

    asyncio.run(run())


def test_a_corrected_exam_is_sent_to_its_viewers() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        cache = filled_cache((exam, rows))
        async with hub_over(cache, FakeFeed()) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            await next_event(viewer, "snapshot")
            cache.put_exam(dataclasses.replace(exam, subject="Chemistry", version=3))
            whole = await next_event(viewer, "snapshot")
            assert whole["data"]["exam"]["subject"] == "Chemistry"  # type: ignore[index]

    asyncio.run(run())


def test_closing_ends_every_stream_and_accepts_no_new_one() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        async with hub_over(filled_cache((exam, rows)), FakeFeed()) as hub:
            viewer = Screen(hub.join(exam.id, ADDRESS, None))
            await next_event(viewer, "snapshot")
            hub.end_streams()
            assert viewer.messages.get_nowait() is None
            with pytest.raises(StreamRefused) as refused:
                Screen(hub.join(exam.id, ADDRESS, None))
            assert refused.value.status == 503

    asyncio.run(run())


def test_the_more_viewers_the_longer_their_page_refreshes_are_spread() -> None:
    async def run() -> None:
        exam, rows = exam_with_rows()
        cache = filled_cache((exam, rows))
        async with hub_over(cache, FakeFeed(), streams_max=500, streams_per_address_max=500) as hub:
            spreads = []
            for _ in range(200):
                viewer = Screen(hub.join(exam.id, ADDRESS, None))
                spreads.append((await next_event(viewer, "feed"))["data"]["spread"])  # type: ignore[index]
            assert spreads[0] == 2.0
            assert spreads[-1] == round(200 / PAGE_RUNS_PER_S, 1) > 2.0

    asyncio.run(run())


def test_viewers_of_an_announced_exam_wait_for_it_and_get_all_results_at_its_hour() -> None:
    """What is moved back is taken back, on the pages that compare it as well."""

    async def run() -> None:
        other = a_published_exam("Other")
        exam = an_announced_exam(seconds_to_release=90)
        cache = filled_cache((other, []), (exam, []))
        async with hub_over(cache, FakeFeed()) as hub:
            waiting, comparing = (Screen(hub.join(one.id, ADDRESS, None)) for one in (exam, other))
            feed = await next_event(waiting, "feed")
            assert 89 < feed["data"]["in"] <= 90  # type: ignore[index,operator]
            assert feed["data"]["load"] == "LOADED"  # type: ignore[index]

            late = Screen(hub.join(exam.id, ADDRESS, None))
            first = await next_event(late, "snapshot")
            assert first["data"]["rows"] == []  # type: ignore[index]
            assert exam.release_at is not None
            assert first["data"]["exam"]["releaseAt"] == exam.release_at.timestamp()  # type: ignore[index]

            cache.put_exam(dataclasses.replace(exam, seconds_to_release=0))
            cache.finish_results(cache.begin_results(exam.id), [a_result("Ada", "17", exam)])
            for viewer in (waiting, late):
                out = await next_event(viewer, "snapshot")
                assert out["data"]["exam"]["releaseAt"] is None  # type: ignore[index]
                assert out["data"]["rows"][0][1] == "Ada"  # type: ignore[index]

            cache.put_exam(an_announced_exam(id=exam.id, version=9, seconds_to_release=60))
            for viewer in (waiting, late):
                assert 59 < (await next_event(viewer, "feed"))["data"]["in"] <= 60  # type: ignore[index,operator]
                hidden = await next_event(viewer, "snapshot")
                assert hidden["data"]["rows"] == []  # type: ignore[index]
            assert (await next_event(comparing, "withdrawn"))["data"] == {"ids": [exam.id]}

    asyncio.run(run())
