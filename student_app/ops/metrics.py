"""Metrics for operators as Prometheus text, on a separate port that no proxy publishes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.live.cache import ExamCache
from shared.live.status import FeedCounters, FeedState, FeedStatus
from student_app.ops.sessions import SessionLimits
from student_app.stream.hub import LiveHub

__all__ = ["MetricsServer", "StudentCollector"]


class StudentCollector(Collector):
    """Reads the numbers at each scrape and stores none."""

    def __init__(
        self,
        cache: ExamCache,
        hub: LiveHub,
        *,
        status: Callable[[], FeedStatus],
        feed_counters: Callable[[], FeedCounters],
        sessions: SessionLimits,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._cache, self._hub, self._now_s = cache, hub, now_s
        self._status, self._feed_counters, self._sessions = status, feed_counters, sessions

    def collect(self) -> Iterator[Metric]:
        status, feed, live = self._status(), self._feed_counters(), self._hub.counters
        gauges = (
            ("exam_results_viewers", "Streamlit sessions with a browser", self._sessions.open_count),
            ("exam_results_streams", "open live streams", self._hub.stream_count),
            ("exam_results_watched_exams", "exams that somebody watches by stream", self._hub.channel_count),
            ("exam_results_exams", "published exams known", len(self._cache.exams().exams)),
            ("exam_results_loaded_exams", "exams whose results are held", len(self._cache.loaded_exam_ids())),
            ("exam_results_cache_version", "counter of changes of the cache", self._cache.version),
            ("exam_results_feed_live", "1 while the feed is live", int(status.state is FeedState.LIVE)),
            (
                "exam_results_feed_lag_seconds",
                "how long ago the cache was surely right",
                max(0.0, self._now_s() - status.as_of_s) if status.as_of_s is not None else float("inf"),
            ),
        )
        for name, help_text, value in gauges:
            yield GaugeMetricFamily(name, help_text, value)
        counters = (
            ("exam_results_changes", "changes heard or listed", live.changes),
            ("exam_results_streams_opened", "streams opened", live.streams_opened),
            ("exam_results_streams_refused", "streams refused over a limit", live.streams_refused),
            ("exam_results_sessions_refused", "sessions refused over a limit", self._sessions.refused_count),
            ("exam_results_streams_dropped", "streams dropped, their readers too slow", live.viewers_dropped),
            ("exam_results_feed_connections", "connections of the feed that became live", feed.connections),
            ("exam_results_feed_losses", "live connections of the feed that were lost", feed.losses),
            ("exam_results_feed_failures", "connections of the feed that failed", feed.failures),
            ("exam_results_feed_events", "events that the feed heard", feed.events),
            ("exam_results_feed_listings", "whole listings that the feed read", feed.listings),
        )
        for name, help_text, value in counters:
            yield CounterMetricFamily(name, help_text, value)


class MetricsServer:
    """Owns one thread and one socket; close() ends both."""

    def __init__(self, collector: Collector, host: str, port: int) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(collector)
        self._server: WSGIServer | ThreadingHTTPServer
        self._thread: threading.Thread
        self._server, self._thread = start_http_server(port, host, registry)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self, deadline_s: float) -> None:
        """Stop listening. Raises TimeoutError if the thread does not end in time."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(deadline_s)
        if self._thread.is_alive():
            raise TimeoutError(f"the metrics thread did not end within {deadline_s} s")
