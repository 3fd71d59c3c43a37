"""What the running server lends to Streamlit's scripts: the cache and the feed of this process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from shared.live.cache import ExamCache
from student_app.stream.hub import WatchedFeed

__all__ = ["Serving", "serving", "set_serving"]


@dataclass(frozen=True, slots=True)
class Serving:
    """One server's parts; scripts only read the cache, and ask the feed to watch."""

    cache: ExamCache
    feed: WatchedFeed


_serving: Serving | None = None


@contextlib.contextmanager
def set_serving(parts: Serving) -> Iterator[None]:
    """Lend `parts` to the scripts of this process while the block runs."""
    global _serving  # Streamlit runs scripts without arguments: this is their only door
    before, _serving = _serving, parts
    try:
        yield
    finally:
        _serving = before


def serving() -> Serving:
    """Raises RuntimeError outside a running server."""
    if _serving is None:
        raise RuntimeError("no server runs: start the dashboard by `python -m student_app`")
    return _serving
