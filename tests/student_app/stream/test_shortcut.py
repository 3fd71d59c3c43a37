"""Streams bypass the middleware, and nothing else does."""

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from student_app.stream.shortcut import Shortcut

EXAM_ID = "0c0ffee0-0000-4000-8000-000000000001"


async def stream(request: Request) -> Response:
    return PlainTextResponse(f"stream of {request.path_params['exam_id']}")


async def usual_way(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("usual way")(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", f"/live/{EXAM_ID}", f"stream of {EXAM_ID}"),
        ("POST", f"/live/{EXAM_ID}", "usual way"),
        ("GET", f"/live/{EXAM_ID}.json", "usual way"),
        ("GET", "/live/no-id", "usual way"),
        ("GET", f"/live/{EXAM_ID}/more", "usual way"),
        ("GET", "/", "usual way"),
    ],
)
def test_only_an_exams_stream_takes_the_shortcut(method: str, path: str, answer: str) -> None:
    app = Shortcut(usual_way, Route("/live/{exam_id}", stream, methods=["GET"]))

    async def ask() -> str:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://student") as client:
            return (await client.request(method, path)).text

    assert asyncio.run(ask()) == answer
