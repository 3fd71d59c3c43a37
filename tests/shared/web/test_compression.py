"""Streamlit's files are served compressed, compressed only once, in an encoding that the browser accepts."""

import asyncio
import gzip
from pathlib import Path

import brotli
import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared.web.compression import CompressedFiles

FOLDER = Path(streamlit.__file__).parent / "static" / "static"
SCRIPT = max((FOLDER / "js").glob("index.*.js"), key=lambda path: path.stat().st_size)
PATH = f"/static/js/{SCRIPT.name}"


def fetch(path: str, coding: str = "identity", method: str = "GET") -> tuple[httpx.Response, bytes]:
    """The response, and its body as sent."""
    app = Starlette(
        routes=[Route("/{path:path}", lambda _request: PlainTextResponse("below"), methods=["GET", "POST"])],
        middleware=[Middleware(CompressedFiles)],
    )

    async def run() -> tuple[httpx.Response, bytes]:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exams.example") as client,
            client.stream(method, path, headers={"Accept-Encoding": coding}) as answer,
        ):
            return answer, b"".join([part async for part in answer.aiter_raw()])

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("identity", None), ("", None)],
)
def test_a_script_is_served_in_the_smallest_accepted_encoding(accepted: str, coding: str | None) -> None:
    answer, sent = fetch(PATH, accepted)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert answer.headers.get("content-encoding") == coding
    assert unpack(sent) == SCRIPT.read_bytes()
    assert coding is None or len(sent) < SCRIPT.stat().st_size / 2
    assert answer.headers["cache-control"] == "public, immutable, max-age=31536000"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["/static/js/unknown.js", "/static/../app.py", "/static/js/%2e%2e/%2e%2e/index.html", "/", "/live/x"],
)
def test_anything_but_a_streamlit_file_is_passed_to_the_application(path: str) -> None:
    assert fetch(path, "br")[1] == b"below"


def test_only_read_requests_are_answered() -> None:
    assert fetch(PATH, "br", "POST")[1] == b"below"
