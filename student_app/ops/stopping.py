"""Acts on a stop signal at once.

uvicorn ends the lifespan only when every connection has ended, and waits for open streams until its graceful
timeout expires, so the streams must be ended at the signal itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["at_stop_signal"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def at_stop_signal(act: Callable[[], None]) -> Iterator[None]:
    """Within the block, SIGTERM and SIGINT call `act` on the running loop, then their previous handlers.

    Only the main thread can handle signals: on another one, as in a test's server, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
