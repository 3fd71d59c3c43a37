"""Turns SIGINT and SIGTERM into an exception, so that `with` blocks close what they own in order."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["EndRequested", "interruptible", "uninterrupted"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndRequested(BaseException):
    """The program was asked to end. Not an Exception, so that no `except Exception` swallows it."""


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """The first signal inside raises EndRequested; after it, and after the block, signals are ignored.

    What follows the block is the shutdown, which has its own deadline: a second Ctrl-C must not interrupt it.
    For the main thread only.

    Yields a check to call while waiting: it raises EndRequested if a signal has arrived. Python drops an
    exception that a handler raises inside a finalizer, and the signal would be lost with it.
    """
    received: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        received.append(number)
        raise EndRequested

    def check() -> None:
        if received:
            raise EndRequested

    try:
        for number in _SIGNALS:
            signal.signal(number, on_signal)
        yield check
    finally:
        _ignore_signals()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Postpone a signal that comes inside until after the block, and then handle it as before.

    For the few steps that an exception would leave half done: creating something and recording its owner, or
    acquiring a lock and releasing it. For the main thread only.
    """
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            signal.signal(number, lambda number, _frame: received.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
