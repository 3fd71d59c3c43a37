"""Counts open WebSockets: one Streamlit session with a browser each."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["ViewerCount"]


class ViewerCount:
    """ASGI middleware's counter; `wrap` puts it in front of an app."""

    def __init__(self) -> None:
        self.viewers = 0

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The app, its WebSockets counted."""

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
