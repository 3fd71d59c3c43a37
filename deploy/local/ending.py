"""Turns SIGINT and SIGTERM into one exception, so that `with` blocks end what they own in order."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

__all__ = ["EndRequested", "interruptible"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndRequested(BaseException):
    """Somebody wants the program to end. No `except Exception` on the way may keep it."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """The first signal inside raises EndRequested; after it, and after the block, signals are ignored.

    What follows the block is the end itself: it has its own deadline, and a second Ctrl-C must not stop it
    half-way. For the main thread only.
    """

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise EndRequested

    try:
        for number in _SIGNALS:
            signal.signal(number, on_signal)
        yield
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
