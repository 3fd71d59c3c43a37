"""The live routes: a stream of server-sent events for each viewer, and the same as one JSON snapshot."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from math import ceil

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shared.live.cache import ExamCache, ResultsSnapshot
from shared.model.errors import ApiRefused, BackendUnreachable, TooManyAttempts
from shared.model.exam import Exam, Result, is_id
from shared.model.names import code_of
from shared.web.client_address import client_address
from shared.web.connections import TAKE_OVER
from shared.web.rates import AddressRates
from shared.web.security_headers import Page, add_security_headers
from student_app.stream.hub import LiveHub, StreamRefused
from student_app.stream.messages import Json, exam_object, numbers_object, row_array, snapshot_object, to_json
from student_app.stream.renderings import Renderings
from student_app.stream.viewer import Viewer

__all__ = ["live_routes"]

SNAPSHOTS_KEPT_MAX = 64
CODES_AT_ONCE = 60  # a class behind one address, each with the own code
CODES_PER_S = 0.5
BODY_BYTES_MAX = 1000
_TOO_MANY_CODES = "Too many codes were tried from your address. Try again in a moment."
_NO_SUCH_EXAM = "There is no such exam, or it is not published."
_TO_COME = "The results of this exam are not out yet."
_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would collect the events otherwise
    (b"connection", b"close"),
]


def live_routes(
    cache: ExamCache, hub: LiveHub, trusted_proxies: int, find_result: Callable[[str, str], Result | None]
) -> list[Route]:
    """GET /live/<exam id>.json, GET /live/<exam id>/numbers.json and GET /live/<exam id>; POST
    /live/<exam id>/own: the own result of whoever has its code, which `find_result` asks the API for."""
    codes = AddressRates(at_once=CODES_AT_ONCE, per_s=CODES_PER_S, now_s=time.monotonic)
    renderings = Renderings(SNAPSHOTS_KEPT_MAX)
    head = _stream_head()

    async def stream(request: Request) -> Response:
        exam_id = request.path_params["exam_id"]
        if not is_id(exam_id):
            return _refusal(HTTPStatus.NOT_FOUND, _NO_SUCH_EXAM)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        # A missing exam is sent as gone, and in full the moment it is published: a student with the link
        # may be early.
        address = client_address(request.scope, trusted_proxies)
        try:
            viewer = hub.join(exam_id, address, request.headers.get("last-event-id"), head=_dated(head))
        except StreamRefused as refused:
            return _refusal(refused.status, refused.reason, refused.retry_after_s)
        return _Stream(viewer)

    async def answer(request: Request, render: Callable[[Exam, ResultsSnapshot], Json]) -> Response:
        exam_id = request.path_params["exam_id"]
        if not is_id(exam_id):
            return _refusal(HTTPStatus.NOT_FOUND, _NO_SUCH_EXAM)
        results = await hub.loaded(exam_id)
        exam = cache.exam(exam_id)
        if cache.is_absent(exam_id):
            return _refusal(HTTPStatus.NOT_FOUND, _NO_SUCH_EXAM)
        if exam is None or results is None:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The results are being loaded.", 2)
        version = exam.version, results.version
        rendering = await renderings.get((exam_id, render), version, lambda: to_json(render(exam, results)))
        return rendering.answer(request, "application/json")

    async def own(request: Request) -> Response:
        """JSON {"code": ...} → the student's row with the comment, "" without one; or {"row": null}."""
        exam_id = request.path_params["exam_id"]
        address = client_address(request.scope, trusted_proxies)
        if not codes.take(address):
            return _refusal(HTTPStatus.TOO_MANY_REQUESTS, _TOO_MANY_CODES, ceil(1 / CODES_PER_S))
        code = await _code_of(request)
        exam = cache.exam(exam_id)
        if code is None or exam is None:
            return _refusal(HTTPStatus.NOT_FOUND, _NO_SUCH_EXAM)
        try:
            row = await asyncio.to_thread(find_result, exam_id, code) if code else None
        except TooManyAttempts as refused:
            return _refusal(HTTPStatus.TOO_MANY_REQUESTS, refused.message, refused.retry_after_s)
        except (ApiRefused, BackendUnreachable):
            return _refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "The results cannot be reached. Try again soon.", 5
            )
        found: Json = {"row": None}
        if row is not None:
            found = {"row": row_array(exam.scale, row), "comment": row.comment or ""}
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    async def snapshot(request: Request) -> Response:
        return await answer(request, _snapshot)

    async def numbers(request: Request) -> Response:
        if cache.seconds_to_release(request.path_params["exam_id"]) is not None:
            return _refusal(HTTPStatus.NOT_FOUND, _TO_COME)
        return await answer(request, _numbers)

    return [
        Route("/live/{exam_id}/numbers.json", numbers, methods=["GET"]),
        Route("/live/{exam_id}/own", own, methods=["POST"]),
        Route("/live/{exam_id}.json", snapshot, methods=["GET"]),
        Route("/live/{exam_id}", stream, methods=["GET"]),
    ]


def _snapshot(exam: Exam, results: ResultsSnapshot) -> Json:
    numbers = None if results.is_held_back else numbers_object(exam, results.rows)
    return snapshot_object(exam, results, None, numbers)


def _numbers(exam: Exam, results: ResultsSnapshot) -> Json:
    return {"exam": exam_object(exam), "numbers": numbers_object(exam, results.rows)}


class _Stream(Response):
    """Takes over the connection for a viewer. The server has no part in what is written from then on."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        scope["state"][TAKE_OVER](self._viewer)


async def _code_of(request: Request) -> str | None:
    """The code in the body, as the API knows it, "" if it can be none; None if the body is not what the page
    sends."""
    try:
        if int(request.headers["content-length"]) > BODY_BYTES_MAX:
            return None
        typed = json.loads(await request.body())["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code_of(typed) if isinstance(typed, str) else None


def _stream_head() -> bytes:
    """All but the date: the stream ends with its connection (RFC 9112, section 6.3), as proxies of HTTP/1.0
    need it, and the same bytes go to everybody."""
    headers = MutableHeaders(raw=list(_STREAM_HEADERS))
    add_security_headers(headers, Page.FORM, referrer_policy="no-referrer")
    lines = [b"HTTP/1.1 200 OK", *(name + b": " + value for name, value in headers.raw)]
    return b"\r\n".join(lines) + b"\r\n"


def _dated(head: bytes) -> bytes:
    return b"%sdate: %s\r\n\r\n" % (head, formatdate(usegmt=True).encode())


def _refusal(status: int, reason: str, retry_after_s: int | None = None) -> Response:
    headers = {"Cache-Control": "no-store"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return JSONResponse({"error": reason}, status, headers=headers)
