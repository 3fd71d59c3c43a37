"""The embedded backend as it is, with a counter in front: `python -m tests.benchmarks.viewers.backend ...`.

Takes the arguments of `python -m deploy.local.backend`. Traffic is counted where the application
meets its web server, so that no proxy slows it down; GET /counts returns the numbers. Bytes are bodies of
requests and answers of the API and the texts of its real-time connections, without headers and frames.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.local.backend import __main__ as program
from deploy.local.backend.compose import Backend, BackendOptions, server_of

__all__ = ["ApiCounts", "Counter", "main"]

COUNTS_PATH = "/counts"


@dataclass(slots=True)
class ApiCounts:
    """Counts since the start."""

    queries: int = 0
    mutations: int = 0
    subscriptions: int = 0
    events: int = 0
    read_bytes: int = 0  # of queries, their answers and the real-time connections: what readers cost
    write_bytes: int = 0  # of mutations and their answers


class Counter:
    """ASGI middleware around the backend's application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.counts = ApiCounts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._realtime(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/graphql":
            await self._graphql(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == COUNTS_PATH:
            body = json.dumps(asdict(self.counts)).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await self._app(scope, receive, send)

    async def _graphql(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = bytearray()
        answered = 0

        async def counted_receive() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            nonlocal answered
            answered += len(message.get("body", b""))
            await send(message)

        await self._app(scope, counted_receive, counted_send)
        if _is_mutation(asked):
            self.counts.mutations += 1
            self.counts.write_bytes += len(asked) + answered
        else:
            self.counts.queries += 1
            self.counts.read_bytes += len(asked) + answered

    async def _realtime(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted_receive() -> Message:
            message = await receive()
            text = message.get("text") or ""
            self.counts.read_bytes += len(text)
            self.counts.subscriptions += '"start"' in text[:200]
            return message

        async def counted_send(message: Message) -> None:
            text = message.get("text") or ""
            self.counts.read_bytes += len(text.encode())
            self.counts.events += '"type":"data"' in text[:200]
            await send(message)

        await self._app(scope, counted_receive, counted_send)


def _is_mutation(body: bytes | bytearray) -> bool:
    try:
        asked: Any = json.loads(body)
        return str(asked["query"]).lstrip().startswith("mutation")
    except (ValueError, KeyError, TypeError):
        return False


def main() -> int:
    def counted_server_of(
        backend: Backend, options: BackendOptions, on_started: Callable[[], object]
    ) -> uvicorn.Server:
        server = server_of(backend, options, on_started)
        server.config.app = Counter(backend.app)
        return server

    program.server_of = counted_server_of  # type: ignore[attr-defined]  # the program itself is unchanged
    return program.main()


if __name__ == "__main__":
    sys.exit(main())
