"""Addresses behind proxies, the choice of an exam, renderings, counters."""

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from shared.live.feed import FeedCounters
from student_app.ops.metrics import MetricsServer, StudentCollector
from student_app.ops.viewer_count import ViewerCount
from student_app.stream.addresses import client_address
from student_app.stream.hub import LiveHub
from tests.student_app.world import START_S, FakeFeed, an_exam, filled_cache

# Addresses.


def scope(peer: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", entry.encode()) for entry in forwarded]
    return {"type": "http", "client": (peer, 5000), "headers": headers}


def test_without_proxies_nobody_chooses_an_address() -> None:
    assert client_address(scope("192.0.2.1", "198.51.100.7"), 0) == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        (["198.51.100.7"], 1, "198.51.100.7"),
        (["10.9.9.9, 198.51.100.7"], 1, "198.51.100.7"),  # what the client wrote itself stands to the left
        (["198.51.100.7, 203.0.113.1"], 2, "198.51.100.7"),
        (["10.9.9.9", "198.51.100.7"], 1, "198.51.100.7"),
        ([], 1, "192.0.2.1"),  # it came round the proxy
        (["198.51.100.7"], 2, "192.0.2.1"),
    ],
)
def test_only_what_our_proxies_wrote_is_believed(forwarded: list[str], proxies: int, address: str) -> None:
    assert client_address(scope("192.0.2.1", *forwarded), proxies) == address


def test_one_household_of_ipv6_is_one_address() -> None:
    assert client_address(scope("2001:db8:1:2:aaaa::1"), 0) == client_address(scope("2001:db8:1:2::9"), 0)
    assert client_address(scope("2001:db8:1:3::1"), 0) != client_address(scope("2001:db8:1:2::1"), 0)
    assert client_address(scope("::ffff:192.0.2.1"), 0) == client_address(scope("::ffff:192.0.2.1"), 0)


def test_an_odd_address_is_kept_short() -> None:
    assert len(client_address(scope("192.0.2.1", "x" * 5000), 1)) == 64


# Counters.


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
    exam = an_exam()
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
        server.close()
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
