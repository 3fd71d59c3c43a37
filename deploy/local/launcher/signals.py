"""Turns SIGINT and SIGTERM into one exception, so that `with` blocks end what they own in order."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["EndRequested", "interruptible", "uninterrupted"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndRequested(BaseException):
    """Somebody wants the program to end. No `except Exception` on the way may keep it."""


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """The first signal inside raises EndRequested; after it, and after the block, signals are ignored.

    What follows the block is the end itself: it has its own deadline, and a second Ctrl-C must not stop it
    half-way. For the main thread only.

    Gives a check for whoever waits long: it raises EndRequested if a signal came. Python drops an exception
    that a handler raises while a finalizer runs, and the signal would be lost with it.
    """
    came: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        came.append(number)
        raise EndRequested

    def check() -> None:
        if came:
            raise EndRequested

    try:
        for number in _SIGNALS:
            signal.signal(number, on_signal)
        yield check
    finally:
        _ignore_signals()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """A signal that comes inside is acted on after the block, by whoever acted on it before.

    For the few steps that an exception in their middle would leave half done: making something and noting
    who owns it, or taking a lock and giving it back. For the main thread only.
    """
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            signal.signal(number, lambda number, _frame: came.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
