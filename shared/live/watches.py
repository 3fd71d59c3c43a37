"""Which exams' results to hold: those that most people watch, as many as there is room for. Pure data."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection

from cachetools import TTLCache

__all__ = ["Watches"]


class Watches:
    """Counts who watches what, in constant time; only choose() looks at all of them.

    A watched exam, whatever it is, is kept as long as it is watched. Of the unwatched ones,
    the `room` most recent ones are remembered for `keep_unwatched_s`. `time_s` is a steady clock.
    """

    def __init__(self, room: int, keep_unwatched_s: float, time_s: Callable[[], float]) -> None:
        self._room = room
        self._watchers: Counter[str] = Counter()
        self._recent: TTLCache[str, None] = TTLCache(room, keep_unwatched_s, time_s)

    def add(self, exam_id: str) -> None:
        """One more watches this exam."""
        self._watchers[exam_id] += 1

    def drop(self, exam_id: str) -> None:
        """One fewer watches this exam. Raises KeyError if it was not watched."""
        if exam_id not in self._watchers:
            raise KeyError(exam_id)
        self._watchers[exam_id] -= 1
        if self._watchers[exam_id] == 0:
            del self._watchers[exam_id]

    def remember(self, exam_id: str) -> None:
        """Somebody wanted this exam a moment ago."""
        self._recent[exam_id] = None

    def wanted(self) -> list[str]:
        """Every exam that is watched or was wanted a while ago, the most watched first."""
        return [
            *(exam_id for exam_id, _ in self._watchers.most_common()),
            *(exam_id for exam_id in self._recent if exam_id not in self._watchers),
        ]

    def choose(
        self, held: Collection[str], is_published: Callable[[str], bool]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The exams to hold, the most watched ones, as many as there is room for; and those left out.

        Exams that are not published take no room and are in neither. Of two exams with as many watchers the
        one that is `held` already stays: crowds of one size do not push each other out for ever.
        """
        wanted = [exam_id for exam_id in self.wanted() if is_published(exam_id)]
        chosen = frozenset(
            heapq.nlargest(self._room, wanted, key=lambda exam_id: (self._watchers[exam_id], exam_id in held))
        )
        return chosen, frozenset(wanted) - chosen
