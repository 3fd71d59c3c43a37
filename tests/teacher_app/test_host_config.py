"""Streamlit's page is configured to open no dialogs; every other response passes unchanged."""

import asyncio
import gzip
import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from teacher_app.host_config import HOST_CONFIG, NoErrorDialogs


def answer_through(response: Response, path: str = HOST_CONFIG) -> httpx.Response:
    """What a browser receives when the app answers `path` with `response`."""

    async def answer(_request: Request) -> Response:
        return response

    app = Starlette(routes=[Route(path, answer)], middleware=[Middleware(NoErrorDialogs)])

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_dialogs_are_turned_off_and_the_rest_is_unchanged() -> None:
    given = {"allowedOrigins": ["a"], "blockErrorDialogs": False, "metricsUrl": ""}
    answer = answer_through(JSONResponse(given, headers={"Cache-Control": "no-cache"}))
    assert answer.json() == {**given, "blockErrorDialogs": True}
    assert answer.headers["cache-control"] == "no-cache"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_other_paths_are_not_changed() -> None:
    given = {"blockErrorDialogs": False}
    assert answer_through(JSONResponse(given), "/other").json() == given


@pytest.mark.parametrize(
    "response",
    [
        PlainTextResponse("busy", 503),
        PlainTextResponse("no JSON"),
        JSONResponse({"fault": 1}, 500),
        Response(
            gzip.compress(json.dumps({"blockErrorDialogs": False}).encode()),
            headers={"content-type": "application/json", "content-encoding": "gzip"},
        ),
    ],
)
def test_any_other_response_passes_unchanged(response: Response) -> None:
    answer = answer_through(response)
    assert answer.status_code == response.status_code
    assert "true" not in answer.text
