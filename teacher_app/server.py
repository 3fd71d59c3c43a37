"""The teacher dashboard as an ASGI app: the gate around Streamlit."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.starlette import App

from shared.identity.steady_clock import steady_s
from shared.identity.user_pool import UserPool
from shared.settings import TeacherSettings
from shared.web.compression import CompressedFiles
from teacher_app import context
from teacher_app.gate import paths
from teacher_app.gate.account_pages import AccountPages
from teacher_app.gate.forgotten_pages import ForgottenPages
from teacher_app.gate.gate import CHECK_AFTER_S, Gate
from teacher_app.gate.middleware import GateMiddleware
from teacher_app.gate.replies import Replies, asset_route
from teacher_app.gate.sign_in_pages import SignInPages
from teacher_app.gate.teacher_pool import TeacherPool
from teacher_app.host_config import NoErrorDialogs
from teacher_app.readiness import Readiness

__all__ = ["create_app", "gate_routes", "is_user_action"]

_PARSED_MAX_BYTES = 65_536  # a longer message was caused by a person: the page sends none of its own
SCRIPT = Path(__file__).with_name("app.py")


def create_app(
    settings: TeacherSettings,
    *,
    pool: TeacherPool | None = None,
    now_s: Callable[[], float] = time.time,
    steady_s: Callable[[], float] = steady_s,
    check_after_s: float = CHECK_AFTER_S,
    script: Path = SCRIPT,
) -> App:
    """The whole dashboard. All but `script` is the gate's; the lifespan closes it."""
    gate = Gate(
        settings,
        pool or UserPool(settings.backend, steady_s),
        now_s=now_s,
        steady_s=steady_s,
        check_after_s=check_after_s,
    )
    readiness = Readiness(settings.backend)

    @contextlib.asynccontextmanager
    async def lifespan(_app: App) -> AsyncIterator[dict[str, Any]]:
        sweeping = asyncio.create_task(gate.sweep_for_ever(), name="gate-sweep")
        try:
            with context.serving(gate):
                yield {"gate": gate}
        finally:
            sweeping.cancel()
            await asyncio.wait([sweeping])
            await gate.close()
            readiness.close()

    return App(
        script,
        lifespan=lifespan,
        routes=gate_routes(gate, readiness),
        middleware=[
            Middleware(GateMiddleware, gate=gate, is_user_action=is_user_action),
            Middleware(CompressedFiles),
            Middleware(NoErrorDialogs),
        ],
    )


def is_user_action(data: bytes) -> bool:
    """Whether a WebSocket message from Streamlit's page (a BackMsg) is a rerun that no timer asked for."""
    if len(data) > _PARSED_MAX_BYTES:
        return True
    try:
        message = BackMsg.FromString(data)
    except DecodeError:
        return False  # Streamlit closes the connection
    return message.WhichOneof("type") == "rerun_script" and not message.rerun_script.is_auto_rerun


def gate_routes(gate: Gate, readiness: Readiness) -> list[BaseRoute]:
    """All routes of the dashboard other than Streamlit's."""
    replies = Replies(gate)

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        fault = await readiness.fault()
        status = HTTPStatus.OK if fault is None else HTTPStatus.SERVICE_UNAVAILABLE
        return PlainTextResponse(f"{fault or 'ready'}\n", status)

    return [
        Route(paths.HEALTH, alive),
        Route(paths.READY, ready),
        asset_route(),
        *SignInPages(gate, replies).routes(),
        *ForgottenPages(gate, replies).routes(),
        *AccountPages(gate, replies).routes(),
    ]
