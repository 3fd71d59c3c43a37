"""Rendered answers, made once for each version of what they show, with a strong ETag (RFC 9110)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from shared.web.compression import CompressedBody, compress, compressed_response
from student_app.stream.run_gate import run_gate

__all__ = ["Rendering", "Renderings"]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A body, and the name of its content: its ETag is that with the content coding behind it."""

    body: CompressedBody
    digest: str

    def answer(self, request: Request, media_type: str) -> Response:
        """200 with the body, or 304 when the client has it already.

        It may differ for each Accept-Language, by which names are sorted.
        """
        _, coding = self.body.for_client(request)
        etag = f'"{self.digest}-{coding}"' if coding else f'"{self.digest}"'
        vary = "Accept-Encoding, Accept-Language"
        # Keep it, but ask whether it is current.
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": vary}
        known = {
            entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")
        }
        if etag in known or "*" in known:
            return Response(status_code=304, headers=headers)
        return compressed_response(self.body, request, media_type, headers)


class Renderings:
    """The latest rendering of each subject; beyond `kept_max` the least recently requested is dropped."""

    def __init__(self, kept_max: int) -> None:
        self._kept: LRUCache[Hashable, tuple[Hashable, asyncio.Task[Rendering]]] = LRUCache(kept_max)

    async def get(self, subject: Hashable, version: Hashable, render: Callable[[], bytes]) -> Rendering:
        """The rendering of `subject` at `version`.

        `render` runs in a thread, so that streams go on, and once for all requests that wait for it. They
        all get what it raises; the next request renders again.
        """
        kept = self._kept.get(subject)
        if kept is None or kept[0] != version or _has_failed(kept[1]):
            kept = version, asyncio.create_task(asyncio.to_thread(_rendering, render))
            self._kept[subject] = kept
        return await asyncio.shield(kept[1])  # a client that leaves does not cancel the rendering for others


def _rendering(render: Callable[[], bytes]) -> Rendering:
    with run_gate:
        body = render()
    return Rendering(compress(body), hashlib.sha256(body).hexdigest()[:32])


def _has_failed(rendering: asyncio.Task[Rendering]) -> bool:
    return rendering.done() and (rendering.cancelled() or rendering.exception() is not None)
