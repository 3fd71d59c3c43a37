"""Rate limits for sign-in and codes: some free attempts, then waits that double. Bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cachetools import LRUCache

from shared.model.errors import BackendUnreachable, ExamResultsError, SignInError, SignInThrottled
from shared.model.names import name_key

__all__ = ["AttemptLimits", "AttemptRule", "Attempts", "Visitor"]

KEYS_MAX = 20_000  # names or addresses; beyond it the least recently used one is forgotten


@dataclass(frozen=True, slots=True)
class AttemptRule:
    """`free` attempts without a wait; then waits that double from `first_wait_s` to `longest_wait_s`.

    All attempts are forgotten `forgotten_after_s` after the last one; if `one_forgiven_every_s` is set, one
    attempt is forgiven in each such period.
    """

    free: int
    first_wait_s: float
    longest_wait_s: float
    forgotten_after_s: float
    one_forgiven_every_s: float | None = None


@dataclass(slots=True)
class _Count:
    attempts: int
    last_at_s: float
    blocked_until_s: float
    forgiven_at_s: float


class Attempts:
    """Counts attempts by key, each from its start, so that concurrent attempts gain nothing."""

    def __init__(self, rule: AttemptRule, now_s: Callable[[], float], keys_max: int = KEYS_MAX) -> None:
        self._rule = rule
        self._now_s = now_s
        self._counts_lock = threading.Lock()  # guards _counts
        self._counts: LRUCache[str, _Count] = LRUCache(keys_max)

    def wait_s(self, key: str) -> float:
        """Seconds until the next attempt is allowed; 0.0 if it is allowed now."""
        with self._counts_lock:
            count = self._present(key)
            return 0.0 if count is None else max(0.0, count.blocked_until_s - self._now_s())

    def begin(self, key: str) -> None:
        """Counts one attempt."""
        with self._counts_lock:
            now_s = self._now_s()
            count = self._present(key) or _Count(0, now_s, now_s, now_s)
            self._forgive(count, now_s)
            count.attempts += 1
            count.last_at_s = now_s
            count.blocked_until_s = now_s + self._wait_after(count.attempts)
            self._counts[key] = count

    def withdraw(self, key: str) -> None:
        """Uncount one attempt: one that succeeded, or that revealed nothing because it was never decided."""
        with self._counts_lock:
            count = self._counts.get(key)
            if count is not None:
                count.attempts -= 1
                count.blocked_until_s = count.last_at_s + self._wait_after(count.attempts)
                if count.attempts <= 0:
                    del self._counts[key]

    def forget(self, key: str) -> None:
        """Forget all attempts of `key`."""
        with self._counts_lock:
            self._counts.pop(key, None)

    def _wait_after(self, attempts: int) -> float:
        over = attempts - self._rule.free
        if over < 0:
            return 0.0
        # The exponent is bounded too: 2.0 ** 2000 is an error.
        return min(self._rule.first_wait_s * 2.0 ** min(over, 60), self._rule.longest_wait_s)

    def _forgive(self, count: _Count, now_s: float) -> None:
        every_s = self._rule.one_forgiven_every_s
        if every_s is not None:
            forgiven = min(count.attempts, int((now_s - count.forgiven_at_s) / every_s))
            count.attempts -= forgiven
            # Time in which there was nothing to forgive is not saved up for later attempts.
            count.forgiven_at_s = now_s if count.attempts == 0 else count.forgiven_at_s + forgiven * every_s

    def _present(self, key: str) -> _Count | None:
        count = self._counts.get(key)
        if count is None:
            return None
        quiet_since_s = max(count.last_at_s, count.blocked_until_s)
        if self._now_s() - quiet_since_s > self._rule.forgotten_after_s:
            del self._counts[key]
            return None
        return count


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who makes an attempt. `device` is the id of a browser that is known for the name that is tried."""

    address: str
    device: str | None = None


class AttemptLimits:
    """Attempts counted by name and, because names are easily changed, by address as well; those of a known
    device by the device alone, so that no stranger can block them.

    A school often shares one address, so an address is allowed more than a name, and one attempt of it is
    forgiven every minute, as somebody there is always mistyping. A success withdraws only its own attempt
    from the address: one valid password does not buy endless attempts at the others.
    """

    # Sign-in's rules
    # The longest wait exceeds what the user pool needs to forget its own count of a name's failures (900 s
    # after a lock of 256 s at most), so that a steady guesser does not keep the name locked there.
    NAME = AttemptRule(free=5, first_wait_s=5.0, longest_wait_s=1280.0, forgotten_after_s=3600.0)
    ADDRESS = AttemptRule(
        free=30, first_wait_s=5.0, longest_wait_s=900.0, forgotten_after_s=3600.0, one_forgiven_every_s=60.0
    )

    def __init__(
        self, now_s: Callable[[], float], name: AttemptRule = NAME, address: AttemptRule = ADDRESS
    ) -> None:
        self._by_name = Attempts(name, now_s)
        self._by_address = Attempts(address, now_s)
        self._by_device = Attempts(name, now_s)

    @contextmanager
    def attempt(
        self, name: str, visitor: Visitor, *, undecided: tuple[type[SignInError], ...] = ()
    ) -> Iterator[None]:
        """Counts an attempt, and withdraws it if the user pool did not decide it: if the block raises
        BackendUnreachable, SignInThrottled or one of `undecided`. Raises SignInThrottled with the wait,
        without counting, if the attempt is not allowed now."""
        causes: tuple[type[ExamResultsError], ...] = (BackendUnreachable, SignInThrottled, *undecided)
        counts = self._counts_of(name, visitor)
        wait_s = max(attempts.wait_s(key) for attempts, key in counts)
        if wait_s > 0:
            raise SignInThrottled(wait_s)
        for attempts, key in counts:
            attempts.begin(key)
        try:
            yield
        except causes:
            for attempts, key in counts:
                attempts.withdraw(key)
            raise

    def succeeded(self, name: str, visitor: Visitor) -> None:
        """The last attempt was right."""
        for attempts, key in self._counts_of(name, visitor):
            if attempts is self._by_address:
                attempts.withdraw(key)
            else:
                attempts.forget(key)

    def _counts_of(self, name: str, visitor: Visitor) -> tuple[tuple[Attempts, str], ...]:
        if visitor.device is not None:
            return ((self._by_device, visitor.device),)
        return ((self._by_name, _name_key(name)), (self._by_address, visitor.address))


def _name_key(name: str) -> str:
    """One key for all spellings of a name, truncated: a longer text is no name, but it would be stored."""
    return name_key(name)[:128]
