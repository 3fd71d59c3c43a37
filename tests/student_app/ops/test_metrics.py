"""Viewers are counted, and the measurements are Prometheus text."""

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from shared.live.status import FeedCounters
from student_app.ops.metrics import MetricsServer, StudentCollector
from student_app.ops.viewer_count import ViewerCount
from student_app.stream.hub import LiveHub
from tests.builders import a_published_exam
from tests.student_app.world import START_S, FakeFeed, filled_cache


def test_viewers_are_counted_while_their_websocket_is_open() -> None:
    count = ViewerCount()
    seen: list[int] = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(count.viewers)

    async def nothing(*_: Any) -> Any:
        return None

    async def run() -> None:
        await count.wrap(app)({"type": "websocket"}, nothing, nothing)
        await count.wrap(app)({"type": "http"}, nothing, nothing)

    asyncio.run(run())
    assert seen == [1, 0]
    assert count.viewers == 0


def test_metrics_are_prometheus_text_and_the_server_ends() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, []))
    feed = FakeFeed()
    hub = LiveHub(cache, feed, streams_max=5, streams_per_address_max=5, epoch="e")
    collector = StudentCollector(
        cache,
        hub,
        status=lambda: feed.status,
        feed_counters=lambda: FeedCounters(events=7),
        session_count=lambda: 3,
        now_s=lambda: START_S + 2,
    )
    server = MetricsServer(collector, "127.0.0.1", 0)
    try:
        text = httpx.get(f"http://127.0.0.1:{server.port}/metrics").text
    finally:
        server.close(3.0)
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["exam_results_viewers"] == 3
    assert samples["exam_results_exams"] == 1
    assert samples["exam_results_loaded_exams"] == 1
    assert samples["exam_results_feed_live"] == 1
    assert samples["exam_results_feed_lag_seconds"] == 2
    assert samples["exam_results_feed_events_total"] == 7
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{server.port}/metrics")
