"""Keeps Streamlit's page from opening dialogs about lost connections.

Otherwise the page opens one again and again while the server does not answer, and each takes the focus from
what is being typed. With `blockErrorDialogs` in its host configuration it opens none; a line at the top of
the page is shown instead (views/html/page.css).
"""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HOST_CONFIG", "NoErrorDialogs"]

HOST_CONFIG = "/_stcore/host-config"


class NoErrorDialogs:
    """ASGI middleware that changes the response with the host configuration, a small JSON object."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != HOST_CONFIG:
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, collect)
        for message in _without_dialogs(messages):
            await send(message)


def _without_dialogs(messages: list[Message]) -> list[Message]:
    """The response with dialogs switched off; unchanged if it is not plain JSON."""
    start = messages[0]
    headers = Headers(raw=start["headers"])
    is_json = headers.get("content-type", "").startswith("application/json")
    if start["status"] != 200 or not is_json or "content-encoding" in headers:
        return messages
    config: dict[str, Any] = json.loads(b"".join(message.get("body", b"") for message in messages[1:]))
    body = json.dumps({**config, "blockErrorDialogs": True}).encode()
    MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
    return [start, {"type": "http.response.body", "body": body}]
