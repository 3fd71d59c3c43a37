"""Word of the server's end as soon as it is asked for.

uvicorn leaves the lifespan only after every connection has ended, and waits for open streams until its
graceful timeout: they must end before that, at the signal itself.
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
    """Within the block SIGTERM and SIGINT call `act` on the running loop, then do what they did before.

    Signals belong to the main thread: on another one, as in a test's server, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in _SIGNALS:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
