"""The student dashboard as an ASGI app: the feed in its lifespan, the live routes beside Streamlit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from streamlit.starlette import App

from shared.identity.guest import GuestCredentials
from shared.live.cache import ExamCache
from shared.live.feed import Feed
from shared.settings import StudentSettings
from shared.web.compression import CompressedFiles
from shared.web.security_headers import SecurityHeaders
from shared.web.stop_times import CLOSING_S
from student_app.board.pages import board_routes
from student_app.context import Serving, set_serving
from student_app.first_paint.pages import SCRIPT_HASH, first_paint_routes
from student_app.ops.garbage import seldom_full_collections
from student_app.ops.metrics import MetricsServer, StudentCollector
from student_app.ops.sessions import SessionLimits
from student_app.ops.status_routes import status_routes
from student_app.stream.hub import LiveHub
from student_app.stream.routes import live_routes
from student_app.stream.run_gate import run_gate

__all__ = ["create_app"]

SCRIPT = Path(__file__).with_name("app.py")

logger = logging.getLogger(__name__)


def create_app(
    settings: StudentSettings, *, now_s: Callable[[], float] = time.time, script: Path = SCRIPT
) -> App:
    """The whole dashboard; its lifespan owns the feed, the streams and the metrics."""
    cache = ExamCache(now_s)
    guest = GuestCredentials(settings.backend, now_s)
    feed = Feed(settings.backend, guest, cache, exams_loaded_max=settings.exams_loaded_max, now_s=now_s)
    hub = LiveHub(
        cache,
        feed,
        streams_max=settings.streams_max,
        streams_per_address_max=settings.streams_per_address_max,
        epoch=secrets.token_hex(4),  # ids of an earlier process mean nothing to this one
        wall_s=now_s,
    )
    sessions = SessionLimits(
        sessions_max=settings.streams_max,  # a page has one of each
        per_address_max=settings.streams_per_address_max,
        trusted_proxies=settings.trusted_proxies,
    )
    collector = StudentCollector(
        cache,
        hub,
        status=lambda: feed.status,
        feed_counters=lambda: feed.counters,
        sessions=sessions,
        now_s=now_s,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: App) -> AsyncIterator[dict[str, Any]]:
        metrics = None
        try:
            if settings.metrics_port is not None:
                metrics = MetricsServer(collector, settings.metrics_host, settings.metrics_port)
            async with feed, hub, seldom_full_collections():
                runs = run_gate.controlled_by(asyncio.get_running_loop())
                with runs, set_serving(Serving(cache, feed)):
                    yield {}
        finally:
            guest.close()
            if metrics is not None:
                await asyncio.to_thread(metrics.close, CLOSING_S / 2)

    return App(
        script,
        lifespan=lifespan,
        routes=[
            *first_paint_routes(cache, hub, feed),
            *live_routes(cache, hub, settings.trusted_proxies, feed.find_result),
            *board_routes(cache, hub, feed, now_s),
            *status_routes(cache, feed),
        ],
        middleware=[
            # The address of an exam, or of one student's result, is nobody else's business.
            Middleware(SecurityHeaders, referrer_policy="no-referrer", script_hashes=SCRIPT_HASH),
            Middleware(CompressedFiles),
            Middleware(sessions.wrap),
        ],
    )
