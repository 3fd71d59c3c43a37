"""One exam's stream: which messages its viewers get, and when. No I/O and no clock of its own.

Rules:
- a change goes out at once if none went out within PAUSE_S; later ones within that time are joined to one;
- every viewer gets the same bytes;
- the numbers of a snapshot or a change follow it as a message of their own;
- a viewer who comes back with the last id it saw gets what it missed, if the history still has it, else a
  snapshot; there is no history of an exam that shows codes, since it would reveal the order of entry;
- a viewer for whom too much waits reads too slowly: it is dropped, and comes back by itself.

All of a channel's methods are called on the server's event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from shared.live.cache import ExamCache
from shared.live.status import FeedStatus
from shared.model.exam import Result
from student_app.stream.messages import change_data, server_sent_event, snapshot_object, to_json
from student_app.stream.numbers import Compute, LiveNumbers
from student_app.stream.viewer import LAST_WORD_S, Viewer

__all__ = ["HISTORY_BYTES_MAX", "PAUSE_S", "Channel"]

# Its empty id makes the browser forget the last one: it may be of another process, to which the viewer comes
# back later without the rows that it had there.
GONE = server_sent_event("gone", b"{}", "")
PAUSE_S = 0.25  # four messages a second at most, however fast results arrive
HISTORY_BYTES_MAX = 256 * 1024  # older changes are forgotten: who missed more gets a snapshot


class Channel:
    """Viewers of one exam. `epoch` distinguishes this server's ids from those of another or earlier one."""

    def __init__(
        self,
        exam_id: str,
        cache: ExamCache,
        epoch: str,
        *,
        status: Callable[[], FeedStatus],
        on_drop: Callable[[], None],
        compute: Compute,
        call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
        time_s: Callable[[], float],
        wall_s: Callable[[], float],
    ) -> None:
        self.exam_id = exam_id
        self.viewers: set[Viewer] = set()
        self._untold: set[Viewer] = set()  # those who came before anything was known about the exam
        self._cache, self._epoch, self._status, self._on_drop = cache, epoch, status, on_drop
        self._call_later, self._time_s, self._wall_s = call_later, time_s, wall_s
        self._upserts: dict[str, Result] = {}
        self._removals: dict[str, None] = {}
        self._is_exam_changed = False
        # Of the cache, after the newest change that is pending or sent. Whoever saw an earlier one, on a
        # channel of this exam that has ended since, may have missed what no history has.
        self._version = self._sent_version = self._history_from = cache.version
        self._sent_at_s = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._history: deque[tuple[int, bytes]] = deque()
        self._history_bytes = 0
        self._snapshot: tuple[tuple[int, str, float], bytes] | None = None
        self._numbers = LiveNumbers(
            exam_id, cache, self.send, compute=compute, call_later=call_later, time_s=time_s
        )

    # Viewers.

    def join(self, last_event_id: str | None, greeting: bytes) -> Viewer:
        """A new viewer with its first messages: the greeting, then what it missed, a snapshot, or word that
        there is no such exam."""
        first = self._first_messages(last_event_id)
        viewer = Viewer(greeting + b"".join(first) + self._numbers.message)
        self.viewers.add(viewer)
        if not first:
            self._untold.add(viewer)
        self._numbers.refresh()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """A second call does nothing."""
        self.viewers.discard(viewer)
        self._untold.discard(viewer)

    def send(self, message: bytes) -> None:
        """The same bytes to everybody."""
        self._send_to(self.viewers, message)

    def tell_state(self, feed_message: bytes) -> None:
        """The feed's state to everybody, after what is pending: it says how current all that was sent is."""
        if self._timer is not None:
            self._timer.cancel()
            self._flush()
        self.send(feed_message)

    def _send_to(self, viewers: Iterable[Viewer], message: bytes) -> None:
        slow = [viewer for viewer in viewers if not viewer.send(message)]
        for _ in slow:
            self._on_drop()
        self._end(slow)

    # Changes, notified by the cache.

    def note_rows(self, version: int, upserts: Iterable[Result], removals: Iterable[str]) -> None:
        """Rows changed; the message follows at once or with the next ones."""
        for row in upserts:
            self._upserts[row.id] = row
            self._removals.pop(row.id, None)
        for row_id in removals:
            self._upserts.pop(row_id, None)
            self._removals[row_id] = None
        self._due(version)

    def note_exam(self, version: int) -> None:
        """The exam's own fields changed."""
        self._is_exam_changed = True
        self._due(version)

    def note_loaded(self, version: int) -> None:
        """The results can be read from now on: everybody gets them whole."""
        self._forget_pending(version)
        self._send_snapshot()

    def note_gone(self, version: int) -> None:
        """The exam is no longer published."""
        self._forget_pending(version)
        self._numbers.forget()
        self.send(GONE)
        self._untold.clear()

    def note_absent(self) -> None:
        """The API has no such exam. Who came before that was known may still show what an earlier process
        sent."""
        if self._cache.exam(self.exam_id) is None:
            self._send_to(self._untold, GONE)
            self._untold.clear()

    def note_forgotten(self, version: int, feed_message: bytes) -> None:
        """The results were evicted, or are held back again. Viewers of an exam that is still published learn
        why."""
        self._forget_pending(version)
        self._numbers.forget()
        if self._cache.exam(self.exam_id) is not None:
            self.send(feed_message)
            self._send_snapshot()  # of an exam that is held back: without results

    def close(self) -> None:
        """End every stream."""
        if self._timer is not None:
            self._timer.cancel()
        self._numbers.close()
        self._end(list(self.viewers))

    def _end(self, viewers: Sequence[Viewer]) -> None:
        """Those whose sockets take nothing more are cut off after LAST_WORD_S."""
        self.viewers.difference_update(viewers)
        self._untold.difference_update(viewers)
        for viewer in viewers:
            viewer.end()
        if viewers:
            self._call_later(LAST_WORD_S, lambda: _cut(viewers))

    # Sending.

    def _due(self, version: int) -> None:
        self._version = version
        if self._timer is None:
            pause_s = self._sent_at_s + PAUSE_S - self._time_s()
            if pause_s <= 0:
                self._flush()
            else:
                self._timer = self._call_later(pause_s, self._flush)

    def _flush(self) -> None:
        self._timer = None
        exam = self._cache.exam(self.exam_id)
        if exam is None:
            return  # note_gone() follows
        self._sent_at_s = self._time_s()
        if self._is_exam_changed:
            # Another scale changes the score of every row.
            self._forget_pending(self._version)
            self._send_snapshot()
            return
        change = change_data(exam, self._upserts.values(), self._wall_s(), self._removals)
        message = server_sent_event("change", to_json(change), self._event_id(self._version))
        self._upserts, self._removals = {}, {}
        self._sent_version = self._version
        if exam.audience.has_codes:
            self._history_from = self._version
        else:
            self._remember(self._version, message)
        self.send(message)
        self._numbers.refresh()

    def _send_snapshot(self) -> None:
        snapshot = self._snapshot_message()
        if snapshot is not None:
            self.send(snapshot)
            self._untold.clear()
            self._numbers.refresh()

    def _remember(self, version: int, message: bytes) -> None:
        self._history.append((version, message))
        self._history_bytes += len(message)
        while self._history and self._history_bytes > HISTORY_BYTES_MAX:
            self._history_from, forgotten = self._history.popleft()
            self._history_bytes -= len(forgotten)

    def _forget_pending(self, version: int) -> None:
        """What was on its way is overtaken; nobody can resume from before this moment."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._upserts, self._removals, self._is_exam_changed = {}, {}, False
        self._history.clear()
        self._history_bytes = 0
        self._version = self._sent_version = self._history_from = version

    def _first_messages(self, last_event_id: str | None) -> list[bytes]:
        seen = self._seen_version(last_event_id)
        if seen is not None and self._history_from <= seen <= self._sent_version:
            return [message for version, message in self._history if version > seen]
        snapshot = self._snapshot_message()
        if snapshot is not None:
            return [snapshot]
        if self._cache.is_absent(self.exam_id):
            return [GONE]
        return []

    def _seen_version(self, last_event_id: str | None) -> int | None:
        epoch, _, version = (last_event_id or "").partition("-")
        if epoch != self._epoch or not (version.isascii() and version.isdigit()):
            return None
        return int(version)

    def _snapshot_message(self) -> bytes | None:
        """All rows as of now, None while they are not loaded. Made once for everybody who comes meanwhile.

        It may be newer than what was sent: rows that are pending come once more, and the board, which keeps
        a row's newest version, is not disturbed. Its id is that of what was sent, so that a resumption
        brings them too.
        """
        exam, results, status = (
            self._cache.exam(self.exam_id),
            self._cache.results(self.exam_id),
            self._status(),
        )
        if exam is None or results is None:
            return None
        key = (results.version, f"{exam.version} {self._sent_version} {status.state}", status.since_s)
        if self._snapshot is None or self._snapshot[0] != key:
            data = to_json(snapshot_object(exam, results, status))
            event_id = self._event_id(max(self._sent_version, self._history_from))
            self._snapshot = (key, server_sent_event("snapshot", data, event_id))
        return self._snapshot[1]

    def _event_id(self, version: int) -> str:
        return f"{self._epoch}-{version}"


def _cut(viewers: Sequence[Viewer]) -> None:
    for viewer in viewers:
        viewer.cut()
