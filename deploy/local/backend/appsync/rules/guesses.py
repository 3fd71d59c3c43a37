"""Slows the guessing of students' codes, by exam and by the caller's address.

Arithmetic: with 30 characters there are 30^10 = 5.9 * 10^14 codes of ten. At an exam of 1,000 results,
guesses at the full rate of EXAM_GUESSES_MAX a minute, day and night from many addresses, find one of them
within a year with a probability of 1 in 900; in a class of 30, 1 in 31,000. Without the limits, at 1,000
guesses a second, it would be 1 in 20.

A code that finds a result does not count. One that finds nothing counts, whether it is wrong or its result is
awaited: nothing tells the two apart. It is counted before it is looked up, so that simultaneous guesses gain
nothing. Beyond the limit every code is refused, the right ones too, until the minute ends; so who guesses on
purpose from several addresses keeps others from their results for as long as it lasts.
"""

import threading
from collections.abc import Callable
from typing import Final

from cachetools import TTLCache

from deploy.local.backend.appsync.errors import ApiError

__all__ = ["ADDRESS_GUESSES_MAX", "EXAM_GUESSES_MAX", "GuessLimits"]

WINDOW_S: Final = 60
EXAM_GUESSES_MAX: Final = 1200  # in a minute, from all addresses
# In a minute, at all exams: a students' dashboard is one address for a school.
ADDRESS_GUESSES_MAX: Final = 600
TARGETS_MAX: Final = 20_000  # exams and addresses that are remembered at once


class GuessLimits:
    """Counts in memory: a restart forgives at most one minute's guesses. Thread-safe."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._counts: TTLCache[tuple[str, str, int], int] = TTLCache(TARGETS_MAX, WINDOW_S, now_s)
        self._counts_lock = threading.Lock()  # guards _counts

    def begin(self, exam_id: str, address: str) -> Callable[[], None]:
        """Counts a guess. What it returns takes that back: the code has found a result.

        Raises ApiError TooManyAttempts, and counts nothing, when there were too many in this minute.
        """
        now_s = self._now_s()
        window = int(now_s // WINDOW_S)
        targets = (
            (("exam", exam_id, window), EXAM_GUESSES_MAX, "for this exam"),
            (("address", address, window), ADDRESS_GUESSES_MAX, "from this address"),
        )
        with self._counts_lock:
            for target, most, where in targets:
                if self._counts.get(target, 0) >= most:
                    raise _too_many(where, int((window + 1) * WINDOW_S - now_s) + 1)
            self._add(targets[0][0], 1)
            self._add(targets[1][0], 1)

        def forgive() -> None:
            with self._counts_lock:
                self._add(targets[0][0], -1)
                self._add(targets[1][0], -1)

        return forgive

    def _add(self, target: tuple[str, str, int], count: int) -> None:
        self._counts[target] = max(0, self._counts.get(target, 0) + count)


def _too_many(where: str, wait_s: int) -> ApiError:
    message = f"Too many codes that find no result were tried {where}. Try again in {wait_s} s."
    return ApiError("TooManyAttempts", message, error_info={"retryAfterSeconds": wait_s})
