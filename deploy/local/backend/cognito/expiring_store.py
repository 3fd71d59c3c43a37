"""A bounded memory of things that end by themselves: proofs under way, challenge sessions, enrolments.

It holds nothing that must survive a restart: whoever is in the middle of signing in starts again.
"""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["ExpiringStore"]

T = TypeVar("T")


class ExpiringStore(Generic[T]):
    """Handles to things. When `size_max` is reached, the oldest goes. Safe for use from many threads."""

    def __init__(self, *, lifetime_s: float, size_max: int) -> None:
        self._lifetime_s, self._size_max = lifetime_s, size_max
        self._entries: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._entries_lock = threading.Lock()  # guards _entries

    def put(self, handle: str, thing: T, now_s: float) -> None:
        """Keep it for `lifetime_s` from now; an earlier thing under this handle is replaced."""
        with self._entries_lock:
            self._entries.pop(handle, None)
            self._entries[handle] = (now_s + self._lifetime_s, thing)
            while len(self._entries) > self._size_max or self._is_first_over(now_s):
                self._entries.popitem(last=False)

    def take(self, handle: str, now_s: float) -> T | None:
        """Give it and forget it; None when unknown or over. Of two takers only one gets it."""
        with self._entries_lock:
            ends_at_s, thing = self._entries.pop(handle, (0.0, None))
            return thing if now_s < ends_at_s else None

    def __len__(self) -> int:
        with self._entries_lock:
            return len(self._entries)

    def _is_first_over(self, now_s: float) -> bool:
        return bool(self._entries) and next(iter(self._entries.values()))[0] <= now_s
