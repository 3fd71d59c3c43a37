"""The embedded backend's web application; the only module of the API that imports Starlette.

It serves the GraphQL endpoint, the real-time endpoint, the Cognito services' routes and a liveness route on
one port, with the cross-origin headers that AWS sends: any origin may call, since no cookie grants anything.

GraphQL requests bypass Starlette, whose middleware, routing and requests would be a tenth of a write.
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
from starlette.types import ASGIApp, Receive, Scope, Send
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

EXPOSED_HEADERS = (
    "x-amzn-requestid",
    "x-amzn-errortype",
    "x-amz-request-id",
    "date",
)  # to scripts of any origin

_GRAPHQL_HEADERS = [
    (b"content-type", b"application/json;charset=UTF-8"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode()),
]


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


def create_app(api: ApiParts, other_routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The application. `other_routes` are the Cognito services'."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with api.publisher:
            yield

    async def realtime(websocket: WebSocket) -> None:
        await _realtime(websocket, api)

    async def liveness(_request: Request) -> Response:
        fault = await anyio.to_thread.run_sync(api.storage_fault)
        return JSONResponse({"status": fault or "ok"}, 503 if fault else 200)

    graphql = _Graphql(api.graphql)
    routed = Starlette(
        routes=[
            Route(GRAPHQL_PATH, graphql, methods=["POST"]),  # 405 for every other method
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
                expose_headers=EXPOSED_HEADERS,
                max_age=3600,
            )
        ],
        exception_handlers={ClientDisconnect: _gone},
        lifespan=lifespan,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] == "http" and scope["path"] == GRAPHQL_PATH and scope["method"] == "POST"
        await (graphql if is_graphql else routed)(scope, receive, send)

    return app


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client left in the middle of its request, which is no fault of ours. Nobody gets this answer."""
    return Response(status_code=400)


class _Graphql:
    """`POST /graphql` as an ASGI application."""

    def __init__(self, graphql: GraphqlOverHttp) -> None:
        self._graphql = graphql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chunks: list[bytes] = []
        size, is_whole = 0, False
        while not is_whole:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # the client left in the middle of its request: nobody would get an answer
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > REQUEST_BYTES_MAX:
                # The rest of the body is not read.
                await _send(send, too_large(), (b"connection", b"close"))
                return
            is_whole = not message.get("more_body", False)
        client = scope.get("client")
        answer = await self._graphql.answer(
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            body=b"".join(chunks),
            address=client[0] if client else "",
        )
        await _send(send, answer)


async def _send(send: Send, answer: HttpAnswer, *more_headers: tuple[bytes, bytes]) -> None:
    headers = [*_GRAPHQL_HEADERS, (b"content-length", b"%d" % len(answer.body)), *more_headers]
    if answer.error_type is not None:
        headers.append((b"x-amzn-errortype", answer.error_type.encode("latin-1")))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


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
