"""A viewer's page: its stream over a connection that can fail, folded as the board's script folds it."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, cast

from student_app.stream.hub import LiveHub, StreamRefused
from student_app.stream.viewer import Viewer
from tests.simulation.virtual_time import TURN_S
from tests.student_app.world import events_of

__all__ = ["STALE_S", "STALLED_MAX_S", "Page"]

STALE_S = 8.4  # as in board.js: without a word for so long, the page says that it is not live
RETRY_S = 2.0
STALLED_MAX_S = 20.0

# Row id -> version and grade, as they are shown.
Shown = dict[str, tuple[int, str]]


class Page:
    """`hubs` gives the student processes that run now; each connection goes to one of them, at random."""

    def __init__(self, exam_id: str, choose: random.Random, hubs: Callable[[], list[LiveHub]]) -> None:
        self.exam_id = exam_id
        self.rows: Shown | None = None  # None: the page shows no exam
        self.feed_state = "OFFLINE"
        self.load = ""
        self.heard_at_s = float("-inf")
        self.went_back: str | None = None
        self._choose, self._hubs = choose, hubs
        self._loop = asyncio.get_running_loop()
        self._deleted: dict[str, int] = {}
        self._newest: dict[str, int] = {}  # the newest version shown of each row, from this server
        self._last_event_id: str | None = None
        self._server = ""
        self._wire: _Wire | None = None
        self.connect()

    @property
    def says_it_is_live(self) -> bool:
        is_heard = self._loop.time() - self.heard_at_s <= STALE_S and self._wire is not None
        is_behind = self.load == "NO_ROOM" or (self.load == "LOADING" and self.rows is not None)
        return is_heard and self.feed_state == "LIVE" and not is_behind

    def connect(self) -> None:
        self._wire = None
        hubs = self._hubs()
        if hubs:
            hub = self._choose.choice(hubs)
            try:
                viewer = hub.join(self.exam_id, "an address", self._last_event_id)
            except StreamRefused:
                pass
            else:
                self._wire = _Wire(self, viewer, self._choose)
                viewer.connection_made(cast("asyncio.Transport", self._wire))
                return
        self._loop.call_later(RETRY_S, self.connect)

    # What happens to its connection.

    def cut(self) -> None:
        if self._wire is not None:
            self._wire.break_off()

    def stall(self) -> None:
        """It reads nothing for a while."""
        if self._wire is not None:
            self._wire.pause(self._choose.uniform(1, STALLED_MAX_S))

    def reload(self) -> None:
        """As with F5: nothing is kept."""
        self.rows, self._last_event_id, self._newest = None, None, {}
        self._deleted.clear()
        self.cut()

    # As in board.js.

    def on_end(self, wire: "_Wire") -> None:
        if wire is self._wire:
            self._wire = None
            if self._choose.random() < 0.3:
                self._last_event_id = None  # a new EventSource
            self._loop.call_later(RETRY_S, self.connect)

    def on_bytes(self, wire: "_Wire", stream: bytes) -> None:
        if wire is not self._wire:
            return
        for event in events_of(stream):
            self.heard_at_s = self._loop.time()
            if event["id"] is not None:
                self._last_event_id = event["id"]
                server = event["id"].partition("-")[0]
                if server not in {"", self._server}:
                    self._newest = {}  # another server, which may be behind
                    self._server = server
            self._on_event(event["kind"], event["data"])

    def _on_event(self, kind: str, data: Any) -> None:
        match kind:
            case "snapshot":
                self.feed_state, self.load = data["feed"]["state"], ""
                self.rows = {}
                self._deleted.clear()
                for id_, _, grade, version, *_rest in data["rows"]:
                    self._show(id_, version, grade)
            case "change" if self.rows is not None:
                for id_, _, grade, version, *_rest in data["rows"]:
                    old = self.rows.get(id_, (0, ""))[0]
                    if max(old, self._deleted.get(id_, 0)) < version:
                        self._show(id_, version, grade)
                for id_ in data["gone"]:
                    self._deleted[id_] = self.rows.pop(id_, (0, ""))[0] + 1
            case "gone":
                self.rows = None
                self._deleted.clear()
            case "feed":
                self.feed_state, self.load = data["state"], data["load"]

    def _show(self, id_: str, version: int, grade: str) -> None:
        assert self.rows is not None
        if version < self._newest.get(id_, 0):
            self.went_back = f"{id_} from version {self._newest[id_]} to {version}"
        self._newest[id_] = max(version, self._newest.get(id_, 0))
        self.rows[id_] = (version, grade)


class _Wire:
    """The transport of one stream: bytes arrive late, in order, all or none."""

    def __init__(self, page: Page, viewer: Viewer, choose: random.Random) -> None:
        self._page, self._viewer, self._choose = page, viewer, choose
        self._loop = asyncio.get_running_loop()
        self._arrival_s = 0.0
        self._is_broken = False

    def break_off(self) -> None:
        """The page notices at once, the server at some time."""
        self._is_broken = True
        self._page.on_end(self)
        self._loop.call_later(self._choose.choice((0.0, 0.5, 10.0)), self._viewer.connection_lost, None)

    def pause(self, seconds: float) -> None:
        self._viewer.pause_writing()
        self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        if not self._is_broken:
            self._viewer.resume_writing()

    # What a transport has.

    def get_extra_info(self, _name: str) -> None: ...

    def write(self, data: bytes | memoryview) -> None:
        self._later(lambda octets=bytes(data): self._page.on_bytes(self, octets))

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self._later(lambda: self._page.on_end(self))
        self._loop.call_soon(self._viewer.connection_lost, None)

    def _later(self, act: Callable[[], None]) -> None:
        delay_s = self._choose.choice((0.01, 0.01, 0.1, 0.6))
        self._arrival_s = max(self._arrival_s + TURN_S, self._loop.time() + delay_s)
        self._loop.call_at(self._arrival_s, lambda: None if self._is_broken else act())
