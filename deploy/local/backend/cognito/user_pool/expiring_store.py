"""A bounded memory of what expires by itself: password proofs, challenge sessions, enrolments.

Nothing in it must survive a restart: anybody in the middle of signing in starts again.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import TTLCache

__all__ = ["ExpiringStore"]

T = TypeVar("T")


class ExpiringStore(Generic[T]):
    """Values by handle, each taken at most once. When `size_max` is reached, the oldest goes. Thread-safe."""

    def __init__(self, *, lifetime_s: float, size_max: int, now_s: Callable[[], float]) -> None:
        self._values: TTLCache[str, T] = TTLCache(size_max, lifetime_s, timer=now_s)
        self._values_lock = threading.Lock()  # guards _values

    def put(self, handle: str, value: T) -> None:
        """Keep it for `lifetime_s` from now; an earlier value under this handle is replaced."""
        with self._values_lock:
            self._values[handle] = value

    def take(self, handle: str) -> T | None:
        """Return it and forget it; None when it is unknown or has expired. Of two takers only one gets it."""
        with self._values_lock:
            return self._values.pop(handle, None)
