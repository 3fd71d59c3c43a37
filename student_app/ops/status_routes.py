"""Health checks: whether the process is alive, and whether it can show current results."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.live.cache import ExamCache
from shared.live.status import FeedState
from student_app.stream.hub import WatchedFeed
from student_app.stream.messages import feed_object

__all__ = ["status_routes"]


def status_routes(cache: ExamCache, feed: WatchedFeed) -> list[Route]:
    """GET /healthz: the event loop responds. GET /readyz: the feed is live and the exams are listed."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        status = feed.status
        is_ready = status.state is FeedState.LIVE and cache.exams().is_loaded
        answer = {"ready": is_ready, "feed": feed_object(status), "reason": status.reason}
        return JSONResponse(answer, 200 if is_ready else 503, headers={"Cache-Control": "no-store"})

    return [Route("/healthz", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]
