"""Viewers of the students' live streams, as browsers are: each keeps its board and connects again."""

import json
import time

from tests.robustness.model.history import History, Sight
from tests.wire.student_streams import Event, Watcher

__all__ = ["Viewer"]

AGAIN_S = 1.0


class Viewer:
    """One viewer of one exam, who notes each result in each of its forms. Owns a thread; close() ends it."""

    def __init__(self, name: str, url: str, exam_id: str, history: History) -> None:
        self.name, self.exam_id = name, exam_id
        self._history = history
        self._last: dict[str, tuple[int, str, str]] = {}
        self._watcher = Watcher(url, exam_id, again_s=AGAIN_S, on_event=self._note)

    @property
    def board(self) -> dict[str, tuple[str, str, int]] | None:
        """Result -> student, grade, version; None while there is no such exam."""
        return None if self._watcher.rows is None else dict(self._watcher.rows)

    @property
    def is_live(self) -> bool:
        """Whether the dashboard last said that it hears of every change."""
        return self._watcher.feed_state == "LIVE"

    @property
    def connections(self) -> int:
        return self._watcher.connections

    def ask_to_close(self) -> None:
        """Ends it without waiting, so that many end together."""
        self._watcher.ask_to_close()

    def close(self) -> None:
        self._watcher.close()

    def _note(self, event: Event) -> None:
        self._history.search(f"viewer {self.name}", [json.dumps(event.data)])
        for row_id, student, grade, version, *_ in event.data.get("rows", ()):
            form = (version, student, grade)
            if self._last.get(row_id) != form:
                self._last[row_id] = form
                self._history.sights.append(
                    Sight(self.name, self.exam_id, row_id, version, student, grade, time.monotonic())
                )
