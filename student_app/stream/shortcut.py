"""Streams pass by Streamlit's own middleware: sessions and compression are nothing to them.

Each layer costs every stream memory, and every message of every stream time.
"""

from __future__ import annotations

from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.model.exam import is_id

__all__ = ["Shortcut"]


class Shortcut:
    """ASGI middleware: an exam's stream goes to `streams` at once, everything else its usual way.

    The app has the route as well: it answers other methods and what is no exam's id.
    """

    def __init__(self, app: ASGIApp, streams: Route) -> None:
        self._app, self._streams = app, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            match, found = self._streams.matches(scope)
            if match is Match.FULL and is_id(found["path_params"]["exam_id"]):
                scope.update(found)
                await self._streams.handle(scope, receive, send)
                return
        await self._app(scope, receive, send)
