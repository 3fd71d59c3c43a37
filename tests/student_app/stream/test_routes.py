"""The routes beside Streamlit, requested in memory: snapshots, static boards, health, headers."""

import asyncio
import dataclasses

import httpx
import pytest

from shared.live.cache import ExamCache
from shared.live.status import FeedState
from tests.builders import a_published_exam, a_result, an_announced_exam, new_id
from tests.student_app.routes_client import browser, get
from tests.student_app.world import START_S, FakeFeed, filled_cache

# The JSON snapshot.


def test_a_snapshot_is_fetched_once_and_then_only_revalidated() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, [a_result("Ada", "17", exam)]))
    first = get(cache, f"/live/{exam.id}.json")
    assert first.status_code == 200
    assert first.json()["rows"][0][1:3] == ["Ada", "17"]
    again = get(cache, f"/live/{exam.id}.json", {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cache.put_results(exam.id, [a_result("Alan", "12", exam)])
    changed = get(cache, f"/live/{exam.id}.json", {"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"/live/{name}{kind}"
            for name in ("nonsense", "..%2f..%2fetc", "<script>")
            for kind in ("", ".json")
        ),
        "/live/5f0c9b0e-0000-4000-8000-000000000000.json",
    ],
)
def test_a_missing_exam_is_refused_without_repeating_its_name(path: str) -> None:
    answer = get(filled_cache(), path)
    assert answer.status_code == 404
    assert path.removeprefix("/live/").removesuffix(".json") not in answer.text


def test_exams_not_listed_yet_are_not_reported_as_missing() -> None:
    async def run() -> httpx.Response:
        async with browser(ExamCache(lambda: START_S), FakeFeed()) as client:
            asking = asyncio.create_task(client.get(f"/live/{new_id()}.json"))
            return await asking

    answer = asyncio.run(run())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"


def test_an_announced_exam_says_when_and_has_no_results_and_no_numbers() -> None:
    exam = an_announced_exam()
    cache = filled_cache((exam, [a_result("Ada", "17", exam)]))
    assert exam.release_at is not None
    before = get(cache, f"/live/{exam.id}.json")
    assert (before.status_code, before.json()["rows"]) == (200, [])
    assert before.json()["exam"]["releaseAt"] == exam.release_at.timestamp()
    assert "numbers" not in before.json()
    refused = get(cache, f"/live/{exam.id}/numbers.json")
    assert (refused.status_code, refused.json()) == (
        404,
        {"error": "The results of this exam are not out yet."},
    )
    cache.put_exam(dataclasses.replace(exam, seconds_to_release=0))
    cache.finish_results(cache.begin_results(exam.id), [a_result("Ada", "17", exam)])
    after = get(cache, f"/live/{exam.id}.json", {"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json()["exam"]["releaseAt"]) == (200, None)
    assert after.json()["rows"][0][1:3] == ["Ada", "17"]
    assert get(cache, f"/live/{exam.id}/numbers.json").status_code == 200


# Health and headers.


@pytest.mark.parametrize(
    ("state", "is_listed", "status"),
    [
        (FeedState.LIVE, True, 200),
        (FeedState.LIVE, False, 503),
        (FeedState.CATCHING_UP, True, 503),
        (FeedState.OFFLINE, True, 503),
    ],
)
def test_ready_is_a_live_feed_with_all_exams_listed(state: FeedState, is_listed: bool, status: int) -> None:
    feed = FakeFeed()
    feed.become(state)
    cache = filled_cache() if is_listed else ExamCache(lambda: START_S)
    answer = get(cache, "/readyz", feed=feed)
    assert answer.status_code == status
    assert answer.json()["feed"]["state"] == state.value
    assert get(cache, "/healthz", feed=feed).status_code == 200, "alive it is all the same"


def test_every_answer_has_the_security_headers() -> None:
    for path in ("/board", "/healthz", "/live/nonsense"):
        headers = get(filled_cache(), path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
