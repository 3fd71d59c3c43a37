"""Counts open WebSockets, each of which is one browser's Streamlit session."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["ViewerCount"]


class ViewerCount:
    """The number of open WebSockets of the apps that wrap() returns."""

    def __init__(self) -> None:
        self.viewers = 0

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """ASGI middleware: `app`, with its WebSockets counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket":
                await app(scope, receive, send)
                return
            self.viewers += 1
            try:
                await app(scope, receive, send)
            finally:
                self.viewers -= 1

        return counted
