"""Finished answers, made once for each version of what they show, with a strong ETag (RFC 9110)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Rendering", "Renderings"]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A body and its ETag, quotes included."""

    body: bytes
    etag: str

    def answer(self, request: Request, media_type: str) -> Response:
        """200 with the body, or 304 when the client has it already."""
        headers = {"ETag": self.etag, "Cache-Control": "no-cache"}  # keep it, but ask whether it still holds
        known = {
            entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")
        }
        if self.etag in known or "*" in known:
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type=media_type)


class Renderings:
    """The newest rendering of each subject; the least recently asked for goes when there are too many."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._kept: OrderedDict[Hashable, tuple[Hashable, Rendering]] = OrderedDict()

    def get(self, subject: Hashable, version: Hashable, render: Callable[[], bytes]) -> Rendering:
        """The rendering of `subject` at `version`, made now if it is not there."""
        kept = self._kept.get(subject)
        if kept is None or kept[0] != version:
            body = render()
            kept = version, Rendering(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
            self._kept[subject] = kept
            if len(self._kept) > self._kept_max:
                self._kept.popitem(last=False)
        self._kept.move_to_end(subject)
        return kept[1]
