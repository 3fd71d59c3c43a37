"""What Streamlit's page is told about its host: that lost connections are nothing to block the keyboard for.

By itself the page opens a dialog again and again while the server does not answer, and each takes the cursor
from whoever types. Told that the host shows errors, it opens none; a line at the top says it instead
(views/html/page.css).
"""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HOST_CONFIG", "CalmHostConfig"]

HOST_CONFIG = "/_stcore/host-config"


class CalmHostConfig:
    """ASGI middleware: changes that one answer, whose body is a small JSON object."""

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
        for message in _calmed(messages):
            await send(message)


def _calmed(messages: list[Message]) -> list[Message]:
    """The answer with dialogs switched off; as it was if it is no plain JSON object."""
    start = messages[0]
    headers = Headers(raw=start["headers"])
    is_json = headers.get("content-type", "").startswith("application/json")
    if start["status"] != 200 or not is_json or "content-encoding" in headers:
        return messages
    config: dict[str, Any] = json.loads(b"".join(message.get("body", b"") for message in messages[1:]))
    body = json.dumps({**config, "blockErrorDialogs": True}).encode()
    MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
    return [start, {"type": "http.response.body", "body": body}]
