"""The measurements are Prometheus text."""

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from shared.live.status import FeedCounters
from student_app.ops.metrics import MetricsServer, StudentCollector
from student_app.ops.sessions import SessionLimits
from student_app.stream.hub import LiveHub
from tests.builders import a_published_exam
from tests.student_app.ops.test_sessions import no_message, websocket
from tests.student_app.world import START_S, FakeFeed, filled_cache


def test_metrics_are_prometheus_text_and_the_server_ends() -> None:
    exam = a_published_exam()
    cache = filled_cache((exam, []))
    feed = FakeFeed()
    hub = LiveHub(cache, feed, streams_max=5, streams_per_address_max=5, epoch="e")
    sessions = SessionLimits(sessions_max=5, per_address_max=5, trusted_proxies=0)
    collector = StudentCollector(
        cache,
        hub,
        status=lambda: feed.status,
        feed_counters=lambda: FeedCounters(events=7),
        sessions=sessions,
        now_s=lambda: START_S + 2,
    )
    server = MetricsServer(collector, "127.0.0.1", 0)
    texts: list[str] = []

    async def scrape(_scope: Scope, _receive: Receive, _send: Send) -> None:
        url = f"http://127.0.0.1:{server.port}/metrics"
        texts.append((await asyncio.to_thread(httpx.get, url)).text)

    try:
        asyncio.run(sessions.wrap(scrape)(websocket(), no_message, no_message))
    finally:
        server.close(3.0)
    (text,) = texts
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["exam_results_viewers"] == 1
    assert samples["exam_results_exams"] == 1
    assert samples["exam_results_loaded_exams"] == 1
    assert samples["exam_results_feed_live"] == 1
    assert samples["exam_results_feed_lag_seconds"] == 2
    assert samples["exam_results_feed_events_total"] == 7
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{server.port}/metrics")
