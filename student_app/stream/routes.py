"""The live routes: a stream of server-sent events for each viewer, and the same as one JSON snapshot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shared.live.cache import ExamCache, ResultsSnapshot
from shared.model.exam import Exam, is_id
from shared.web.client_address import client_address
from student_app.stream.channel import Viewer
from student_app.stream.hub import LiveHub, StreamRefused
from student_app.stream.messages import Json, exam_object, numbers_object, snapshot_object, to_json
from student_app.stream.renderings import Renderings

__all__ = ["live_routes"]

SNAPSHOTS_KEPT_MAX = 64
LAST_WORD_S = 0.5  # that a socket has to take the end of its stream; then it is left to the server
_NO_SUCH_EXAM = "There is no such exam, or it is not published."
_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would collect the events otherwise
]


def live_routes(cache: ExamCache, hub: LiveHub, trusted_proxies: int) -> list[Route]:
    """GET /live/<exam id>.json, GET /live/<exam id>/numbers.json and GET /live/<exam id>."""
    renderings = Renderings(SNAPSHOTS_KEPT_MAX)

    async def stream(request: Request) -> Response:
        exam_id = request.path_params["exam_id"]
        if not is_id(exam_id):
            return _refusal(HTTPStatus.NOT_FOUND, _NO_SUCH_EXAM)
        # A missing exam is sent as gone, and in full the moment it is published: a student with the link
        # may be early.
        address = client_address(request.scope, trusted_proxies)
        try:
            viewer = hub.join(exam_id, address, request.headers.get("last-event-id"))
        except StreamRefused as refused:
            return _refusal(refused.status, refused.reason, refused.retry_after_s)
        return _Stream(hub, exam_id, address, viewer)

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

    async def snapshot(request: Request) -> Response:
        return await answer(request, _snapshot)

    async def numbers(request: Request) -> Response:
        return await answer(request, _numbers)

    return [
        Route("/live/{exam_id}/numbers.json", numbers, methods=["GET"]),
        Route("/live/{exam_id}.json", snapshot, methods=["GET"]),
        Route("/live/{exam_id}", stream, methods=["GET"]),
    ]


def _snapshot(exam: Exam, results: ResultsSnapshot) -> Json:
    numbers = numbers_object(exam, results.rows)
    return snapshot_object(exam, results.rows, results.received_at_s, None, numbers)


def _numbers(exam: Exam, results: ResultsSnapshot) -> Json:
    return {"exam": exam_object(exam), "numbers": numbers_object(exam, results.rows)}


class _Stream(Response):
    """Sends a viewer's messages as they come; gives the viewer back whatever ends it."""

    def __init__(self, hub: LiveHub, exam_id: str, address: str, viewer: Viewer) -> None:
        super().__init__()
        self._hub, self._exam_id, self._address, self._viewer = hub, exam_id, address, viewer

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._end_at_disconnect(receive))
        try:
            with contextlib.suppress(TimeoutError):
                await self._send_all(send)
        finally:
            self._viewer.on_end = None
            self._hub.leave(self._exam_id, self._address, self._viewer)
            leaving.cancel()
            await asyncio.wait([leaving])

    async def _send_all(self, send: Send) -> None:
        """Raises TimeoutError when the stream is to end and its socket takes nothing more."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LAST_WORD_S if self._viewer.is_ended else None) as limit:
            self._viewer.on_end = lambda: limit.reschedule(loop.time() + LAST_WORD_S)
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
            while (message := await self._viewer.queue.get()) is not None:
                await send({"type": "http.response.body", "body": message, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def _end_at_disconnect(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._viewer.end()


def _refusal(status: int, reason: str, retry_after_s: int | None = None) -> Response:
    headers = {"Cache-Control": "no-store"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return JSONResponse({"error": reason}, status, headers=headers)
