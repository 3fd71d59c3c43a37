"""Waiting for a condition that nothing announces, with a deadline."""

import threading
import time
from collections.abc import Callable

__all__ = ["wait_until"]


def wait_until(condition: Callable[[], bool], *, deadline_s: float = 10.0, what: str = "a condition") -> None:
    """Return as soon as it holds. Raises TimeoutError."""
    ends_at = time.monotonic() + deadline_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{what} did not come true within {deadline_s} s")
        pause.wait(0.005)
