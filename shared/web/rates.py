"""How often each address may do something: a token bucket for each, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

__all__ = ["AddressRates"]

ADDRESSES_MAX = 20_000  # beyond it, the address that was least recently here starts anew


@dataclass(slots=True)
class _Bucket:
    left: float
    at_s: float


class AddressRates:
    """Each address may act `at_once` times at once, and `per_s` times a second in the long run."""

    def __init__(self, *, at_once: int, per_s: float, now_s: Callable[[], float]) -> None:
        self._at_once, self._per_s, self._now_s = at_once, per_s, now_s
        self._buckets: LRUCache[str, _Bucket] = LRUCache(ADDRESSES_MAX)

    def take(self, address: str) -> bool:
        """Whether the address may act now; if so, it is counted."""
        now_s = self._now_s()
        bucket = self._buckets.setdefault(address, _Bucket(self._at_once, now_s))
        bucket.left = min(self._at_once, bucket.left + (now_s - bucket.at_s) * self._per_s)
        bucket.at_s = now_s
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
