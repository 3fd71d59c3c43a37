"""The routes beside Streamlit, requested in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from shared.live.cache import ExamCache
from shared.web.security_headers import SecurityHeaders
from student_app.board.pages import board_routes
from student_app.first_paint.pages import SCRIPT_HASH, first_paint_routes
from student_app.ops.status_routes import status_routes
from student_app.stream.hub import LiveHub
from student_app.stream.routes import live_routes
from tests.student_app.world import START_S, FakeFeed

__all__ = ["browser", "get"]


@contextlib.asynccontextmanager
async def browser(
    cache: ExamCache, feed: FakeFeed, now_s: Callable[[], float] = lambda: START_S
) -> AsyncIterator[httpx.AsyncClient]:
    feed.cache = cache
    hub = LiveHub(
        cache, feed, streams_max=5, streams_per_address_max=5, epoch="epoch", wall_s=lambda: START_S
    )
    app = Starlette(
        routes=[
            *first_paint_routes(cache, hub, feed),
            *live_routes(cache, hub, 0, lambda _exam_id, _code: None),
            *board_routes(cache, hub, feed, now_s),
            *status_routes(cache, feed),
        ],
        middleware=[Middleware(SecurityHeaders, referrer_policy="no-referrer", script_hashes=SCRIPT_HASH)],
    )
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exams.example")
    async with hub, client:
        yield client


def get(
    cache: ExamCache, path: str, headers: dict[str, str] | None = None, feed: FakeFeed | None = None
) -> httpx.Response:
    async def run() -> httpx.Response:
        async with browser(cache, feed or FakeFeed()) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(run())
