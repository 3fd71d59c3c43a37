"""Compressed answers: what a browser accepts, and Streamlit's own files compressed once for everybody.

Streamlit sends its files as they are, for a proxy to compress (`starlette_gzip_middleware.py`). Run by one
command there is no proxy, and a phone's first visit would take 4.4 MB in place of 1.6.
"""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import brotli
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.installed import package_folder

__all__ = ["CompressedBody", "CompressedFiles", "compress", "compressed_response"]

STATIC_PREFIX: Final = "/static/"
# Streamlit's own: a file's name changes with its content.
STATIC_CACHE_CONTROL: Final = "public, immutable, max-age=31536000"
_SUFFIXES: Final = {".js", ".css", ".svg", ".json", ".map", ".ttf"}
BROTLI_QUALITY: Final = 5  # a twentieth of the best quality's time for a tenth more bytes
GZIP_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class CompressedBody:
    """One body in three forms."""

    plain: bytes
    brotli: bytes
    gzip: bytes

    def for_client(self, request: Request) -> tuple[bytes, str | None]:
        """The smallest form that the client accepts, and its content coding (RFC 9110, section 12.5.3)."""
        accepted = {
            coding.partition(";")[0].strip().lower()
            for coding in request.headers.get("accept-encoding", "").split(",")
        }
        if "br" in accepted:
            return self.brotli, "br"
        if "gzip" in accepted:
            return self.gzip, "gzip"
        return self.plain, None


def compressed_response(
    body: CompressedBody, request: Request, media_type: str, headers: Mapping[str, str]
) -> Response:
    """The body in the form that the client accepts."""
    content, coding = body.for_client(request)
    answered = {"Vary": "Accept-Encoding", **headers}
    if coding is not None:
        answered["Content-Encoding"] = coding
    return Response(content, headers=answered, media_type=media_type)


def compress(body: bytes) -> CompressedBody:
    """All forms of `body`: some milliseconds for a page, a tenth of a second for a script of a megabyte."""
    return CompressedBody(
        body,
        brotli.compress(body, quality=BROTLI_QUALITY),
        gzip.compress(body, GZIP_LEVEL, mtime=0),
    )


class CompressedFiles:
    """ASGI middleware that answers for Streamlit's static texts; each is compressed once and kept.

    Only names that are in the installed folder are answered, so what is kept is bounded by it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        folder = package_folder("streamlit") / "static" / "static"
        self._files = {
            f"{STATIC_PREFIX}{path.relative_to(folder).as_posix()}": path
            for path in folder.rglob("*")
            if path.suffix in _SUFFIXES
        }
        self._bodies: dict[str, asyncio.Task[CompressedBody]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or path not in self._files:
            await self._app(scope, receive, send)
            return
        if path not in self._bodies:
            self._bodies[path] = asyncio.create_task(asyncio.to_thread(_read, self._files[path]))
        body = await asyncio.shield(self._bodies[path])
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = {"Cache-Control": STATIC_CACHE_CONTROL}
        await compressed_response(body, Request(scope), media_type, headers)(scope, receive, send)


def _read(path: Path) -> CompressedBody:
    return compress(path.read_bytes())
