"""Pages take turns, and short ones: the live streams are served between them.

Python runs one thread at a time, and a thread that computes gives way only every 5 ms. The event loop gives
way at each message that it sends: with pages running beside it without a pause, a change took 2 to 6 s to
reach a thousand viewers. With one page at a time, which gives way every 0.5 ms, it takes 0.4 s. To wait for a
turn costs pages nothing: together they would not be ready sooner.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

__all__ = ["SWITCH_S", "page_turn", "short_turns"]

SWITCH_S = 0.0005

page_turn = threading.RLock()  # a fragment runs by itself or within its page, which has the turn already


@contextlib.contextmanager
def short_turns() -> Iterator[None]:
    """Threads of this process give way every SWITCH_S seconds while the block runs."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)
