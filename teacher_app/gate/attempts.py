"""How many attempts somebody may make: some freely, then with waits that double. Bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from shared.model.errors import SignInThrottled
from shared.model.text import name_key

__all__ = ["AttemptLimits", "AttemptRule", "Attempts"]

KEYS_MAX = 20_000  # more than that many names or addresses: the one seen longest ago is forgotten


@dataclass(frozen=True, slots=True)
class AttemptRule:
    """`free` attempts without a wait; then `first_wait_s`, doubling to `longest_wait_s`. All is forgotten
    after `forgotten_after_s` without an attempt; one attempt after every `one_less_every_s`, if given."""

    free: int
    first_wait_s: float
    longest_wait_s: float
    forgotten_after_s: float
    one_less_every_s: float | None = None


@dataclass(slots=True)
class _Count:
    attempts: int
    last_at_s: float
    closed_until_s: float
    lessened_at_s: float


class Attempts:
    """Counts attempts by key. An attempt counts from its start, so that many at once gain nothing."""

    def __init__(self, rule: AttemptRule, now_s: Callable[[], float], keys_max: int = KEYS_MAX) -> None:
        self._rule = rule
        self._now_s = now_s
        self._counts_lock = threading.Lock()  # guards _counts
        self._counts: LRUCache[str, _Count] = LRUCache(keys_max)

    def wait_s(self, key: str) -> float:
        """Seconds until the next attempt is allowed; 0.0 when it is allowed now."""
        with self._counts_lock:
            count = self._present(key)
            return 0.0 if count is None else max(0.0, count.closed_until_s - self._now_s())

    def begin(self, key: str) -> None:
        """Counts one attempt."""
        with self._counts_lock:
            now_s = self._now_s()
            count = self._present(key) or _Count(0, now_s, now_s, now_s)
            self._lessen(count, now_s)
            count.attempts += 1
            count.last_at_s = now_s
            count.closed_until_s = now_s + self._wait_after(count.attempts)
            self._counts[key] = count

    def take_back(self, key: str) -> None:
        """One attempt less: it told nobody anything, as when it succeeded or the backend was away."""
        with self._counts_lock:
            count = self._counts.get(key)
            if count is not None:
                count.attempts -= 1
                count.closed_until_s = count.last_at_s + self._wait_after(count.attempts)
                if count.attempts <= 0:
                    del self._counts[key]

    def forget(self, key: str) -> None:
        """No attempt was ever made."""
        with self._counts_lock:
            self._counts.pop(key, None)

    def _wait_after(self, attempts: int) -> float:
        over = attempts - self._rule.free
        if over < 0:
            return 0.0
        # The exponent is bounded too: 2.0 ** 2000 is an error.
        return min(self._rule.first_wait_s * 2.0 ** min(over, 60), self._rule.longest_wait_s)

    def _lessen(self, count: _Count, now_s: float) -> None:
        every_s = self._rule.one_less_every_s
        if every_s is not None:
            forgotten = min(count.attempts, int((now_s - count.lessened_at_s) / every_s))
            count.attempts -= forgotten
            # Time that found nothing to forget is not saved up for later attempts.
            count.lessened_at_s = now_s if count.attempts == 0 else count.lessened_at_s + forgotten * every_s

    def _present(self, key: str) -> _Count | None:
        count = self._counts.get(key)
        if count is None:
            return None
        quiet_since_s = max(count.last_at_s, count.closed_until_s)
        if self._now_s() - quiet_since_s > self._rule.forgotten_after_s:
            del self._counts[key]
            return None
        return count


class AttemptLimits:
    """Attempts by name and, because names are easily changed, by address as well.

    A school is often one address, so an address has more room than a name, and a success only takes its own
    attempt back: whoever has one right password does not get endless tries at the others. Somebody there is
    always mistyping, without an hour's rest: an address is forgiven one attempt a minute.
    """

    # Sign-in's rules.
    NAME = AttemptRule(free=5, first_wait_s=5.0, longest_wait_s=900.0, forgotten_after_s=3600.0)
    ADDRESS = AttemptRule(
        free=30, first_wait_s=5.0, longest_wait_s=900.0, forgotten_after_s=3600.0, one_less_every_s=60.0
    )

    def __init__(
        self, now_s: Callable[[], float], name: AttemptRule = NAME, address: AttemptRule = ADDRESS
    ) -> None:
        self._by_name = Attempts(name, now_s)
        self._by_address = Attempts(address, now_s)

    def begin(self, name: str, address: str) -> None:
        """Counts an attempt. Raises SignInThrottled with the wait, and then counts nothing."""
        key = _name_key(name)
        wait_s = max(self._by_name.wait_s(key), self._by_address.wait_s(address))
        if wait_s > 0:
            raise SignInThrottled(wait_s)
        self._by_name.begin(key)
        self._by_address.begin(address)

    def succeeded(self, name: str, address: str) -> None:
        """The attempt was right."""
        self._by_name.forget(_name_key(name))
        self._by_address.take_back(address)

    def told_nothing(self, name: str, address: str) -> None:
        """The attempt was never judged."""
        self._by_name.take_back(_name_key(name))
        self._by_address.take_back(address)


def _name_key(name: str) -> str:
    """One key for every way to type a name. Long texts are cut: they are no names, but would be kept."""
    return name_key(name)[:128]
