"""What Streamlit's scripts get from the running server: the cache and the feed of this process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from shared.live.cache import ExamCache
from student_app.stream.hub import WatchedFeed

__all__ = ["Serving", "serving", "set_serving"]


@dataclass(frozen=True, slots=True)
class Serving:
    """The parts of one server; scripts only read the cache and ask the feed to watch exams."""

    cache: ExamCache
    feed: WatchedFeed


_serving: Serving | None = None


@contextlib.contextmanager
def set_serving(parts: Serving) -> Iterator[None]:
    """Within the block, serving() returns `parts` to the scripts of this process."""
    global _serving  # Streamlit runs scripts without arguments, so a global is the only way in
    before, _serving = _serving, parts
    try:
        yield
    finally:
        _serving = before


def serving() -> Serving:
    """The parts of the running server. Raises RuntimeError outside one."""
    if _serving is None:
        raise RuntimeError("no server runs: start the dashboard by `python -m student_app`")
    return _serving
