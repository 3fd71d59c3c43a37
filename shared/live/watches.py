"""Which exams' results to hold: those that most people watch, as many as there is room for. Pure data."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

__all__ = ["Watches"]


@dataclass(slots=True)
class _Watch:
    watchers: int
    touched_at_s: float  # when somebody last came or went


class Watches:
    """Counts who watches what. Not locked: its owner is. Times are of one steady clock."""

    def __init__(self, room: int, keep_unwatched_s: float) -> None:
        self._room = room
        self._keep_unwatched_s = keep_unwatched_s
        self._watches: dict[str, _Watch] = {}

    def add(self, exam_id: str, now_s: float) -> None:
        """One more watches this exam."""
        watch = self._watches.setdefault(exam_id, _Watch(0, now_s))
        watch.watchers += 1
        watch.touched_at_s = now_s

    def drop(self, exam_id: str, now_s: float) -> None:
        """One fewer watches this exam. Raises KeyError if nobody did."""
        watch = self._watches[exam_id]
        if watch.watchers == 0:
            raise KeyError(exam_id)
        watch.watchers -= 1
        watch.touched_at_s = now_s

    def watchers(self, exam_id: str) -> int:
        """How many watch this exam."""
        watch = self._watches.get(exam_id)
        return 0 if watch is None else watch.watchers

    def chosen(
        self, loaded: Collection[str], now_s: float, is_absent: Callable[[str], bool] = lambda _exam_id: False
    ) -> list[str]:
        """The exams to hold, most watched first; at most as many as there is room for. Those that are
        absent need none.

        What is loaded stays before what is not with as many watchers: two crowds of one size do not push
        each other out for ever. An exam that nobody watches is kept for a while, as long as nobody needs
        its room.
        """
        self._forget_old(now_s)
        ranked = sorted(
            self._watches.items(),
            key=lambda item: (-item[1].watchers, item[0] not in loaded, -item[1].touched_at_s, item[0]),
        )
        return [exam_id for exam_id, _ in ranked if not is_absent(exam_id)][: self._room]

    def _forget_old(self, now_s: float) -> None:
        self._watches = {
            exam_id: watch
            for exam_id, watch in self._watches.items()
            if watch.watchers or now_s - watch.touched_at_s < self._keep_unwatched_s
        }
