"""The embedded backend's web application; the only module of the API that imports Starlette.

It serves the GraphQL endpoint, the real-time endpoint, the Cognito services' routes and a liveness route on
one port, with the cross-origin headers that AWS sends: any origin may call, since no cookie grants anything.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from deploy.local.backend.appsync.authentication import ApiAuthenticator, AuthenticationRefused
from deploy.local.backend.appsync.authorization import Caller
from deploy.local.backend.appsync.http import REQUEST_BYTES_MAX, GraphqlOverHttp, HttpAnswer, too_large
from deploy.local.backend.appsync.realtime.event_publisher import EventPublisher
from deploy.local.backend.appsync.realtime.handshake import SUBPROTOCOL, handshake_authorization
from deploy.local.backend.appsync.realtime.protocol import Refusal
from deploy.local.backend.appsync.realtime.session import (
    GRAPHQL_PATH,
    RealtimeSession,
    TransportClosed,
)
from deploy.local.backend.appsync.realtime.subscriptions import SubscriptionHub

__all__ = ["ApiParts", "create_app"]


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the API's routes need. `storage_fault` says in one line why nothing can be
    stored, None if it can; it raises when the database does not answer."""

    authenticator: ApiAuthenticator
    graphql: GraphqlOverHttp
    hub: SubscriptionHub
    publisher: EventPublisher
    keep_alive_s: float
    now_s: Callable[[], float]
    storage_fault: Callable[[], str | None]


def create_app(api: ApiParts, other_routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The application. `other_routes` are the Cognito services'."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with api.publisher:
            yield

    async def graphql(request: Request) -> Response:
        return await _graphql(request, api)

    async def realtime(websocket: WebSocket) -> None:
        await _realtime(websocket, api)

    async def liveness(_request: Request) -> Response:
        fault = await anyio.to_thread.run_sync(api.storage_fault)
        return JSONResponse({"status": fault or "ok"}, 503 if fault else 200)

    return Starlette(
        routes=[
            Route(GRAPHQL_PATH, graphql, methods=["POST"]),
            WebSocketRoute(f"{GRAPHQL_PATH}/realtime", realtime),
            Route("/healthz", liveness, methods=["GET"]),
            *other_routes,
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "OPTIONS"],
                allow_headers=["*"],  # answered with the requested names, including authorization
                expose_headers=["x-amzn-requestid", "x-amzn-errortype", "x-amz-request-id", "date"],
                max_age=3600,
            )
        ],
        exception_handlers={ClientDisconnect: _gone},
        lifespan=lifespan,
    )


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client left in the middle of its request, which is no fault of ours. Nobody gets this answer."""
    return Response(status_code=400)


async def _graphql(request: Request, api: ApiParts) -> Response:
    body = await _body(request)
    if body is None:
        refusal = _response(too_large())
        refusal.headers["connection"] = "close"  # the rest of the body is not read
        return refusal
    answer = await api.graphql.answer(
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=request.headers.items(),
        body=body,
        address=request.client.host if request.client else "",
    )
    return _response(answer)


async def _body(request: Request) -> bytes | None:
    """The whole body; None as soon as it exceeds REQUEST_BYTES_MAX."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > REQUEST_BYTES_MAX:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _response(answer: HttpAnswer) -> Response:
    headers = {} if answer.error_type is None else {"x-amzn-errortype": answer.error_type}
    return Response(answer.body, answer.status, headers=headers, media_type="application/json;charset=UTF-8")


async def _realtime(websocket: WebSocket, api: ApiParts) -> None:
    if SUBPROTOCOL not in websocket.scope["subprotocols"]:
        await websocket.close()  # not accepted yet: the handshake is answered with 403
        return
    caller, refusal = await _handshake_caller(websocket, api)
    await websocket.accept(SUBPROTOCOL)
    session = RealtimeSession(
        _StarletteTransport(websocket),
        hub=api.hub,
        authenticator=api.authenticator,
        caller=caller,
        refusal=refusal,
        keep_alive_s=api.keep_alive_s,
        now_s=api.now_s,
    )
    await session.run()


async def _handshake_caller(websocket: WebSocket, api: ApiParts) -> tuple[Caller | None, Refusal | None]:
    query = websocket.scope["query_string"].decode("latin-1")
    authorization = handshake_authorization(query, websocket.scope["subprotocols"])
    if authorization is None:
        return None, Refusal("UnauthorizedException", "Required headers are missing.", 400)
    try:
        caller = await anyio.to_thread.run_sync(
            lambda: api.authenticator.realtime_caller(
                path=f"{GRAPHQL_PATH}/connect", authorization=authorization, body="{}"
            )
        )
    except AuthenticationRefused as refused:
        return None, Refusal(refused.error_type, refused.message, refused.http_status)
    return caller, None


class _StarletteTransport:
    """A Starlette WebSocket as a `Transport`."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive_text(self) -> str | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise TransportClosed
        text = message.get("text")
        return text if isinstance(text, str) else None

    async def send_text(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise TransportClosed from error

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(code, reason)
