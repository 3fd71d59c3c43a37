"""The student's end of the live stream: one connection read event by event, and one that reconnects by itself
like a browser's EventSource, with the rows that its board would show."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import httpx

__all__ = ["DEADLINE_S", "Event", "LiveStream", "Watcher"]

DEADLINE_S = 15.0
AGAIN_S = 0.05  # EventSource waits longer; tests do not


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    event_id: str | None
    data: dict[str, Any]

    @property
    def students(self) -> list[str]:
        return [row[1] for row in self.data["rows"]]


class LiveStream:
    """One connection: `status`, `headers` and, if it was refused, `answer`; events() yields what arrives."""

    def __init__(self, url: str, exam_id: str, last_event_id: str | None = None) -> None:
        self._open = contextlib.ExitStack()
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        # Without certificates, which would take longer to read than everything else here.
        client = self._open.enter_context(httpx.Client(trust_env=False, verify=False, timeout=DEADLINE_S))
        self._response = self._open.enter_context(
            client.stream("GET", f"{url}/live/{exam_id}", headers=headers)
        )
        self.status, self.headers = self._response.status_code, self._response.headers
        self.answer: Any = None
        if self.status != 200:
            self.answer = json.loads(self._response.read())
        self._events = self._read()

    def events(self) -> Iterator[Event]:
        """Every event and heartbeat until the server ends the stream. Raises httpx.TransportError."""
        return self._events

    def next(self, kind: str) -> Event:
        """The next event of this kind; others before it are skipped."""
        return next(event for event in self._events if event.kind == kind)

    def _read(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in self._response.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                if "event" in fields:
                    yield Event(fields["event"], fields.get("id"), json.loads(fields["data"]))
                fields = {}

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class Watcher:
    """Keeps the rows of one exam as the board does; reconnects with the last id whenever the stream ends.

    `rows` is None before the first snapshot and when the exam is gone. `on_event` is called with each event
    on the watcher's thread. close() ends it.
    """

    def __init__(
        self,
        url: str,
        exam_id: str,
        *,
        again_s: float = AGAIN_S,
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._url, self._exam_id = url, exam_id
        self._again_s, self._on_event = again_s, on_event
        self.rows: dict[str, tuple[str, str, int]] | None = None
        self.feed_state = ""
        self.connections = 0
        self._is_over = False
        self._stream: LiveStream | None = None
        self._changed = threading.Condition()  # guards all fields above
        self._thread = threading.Thread(target=self._watch, name="watcher")
        self._thread.start()

    def until(self, is_true: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
        """Waits until `is_true()`. Fails after the deadline."""
        ends_at_s = time.monotonic() + deadline_s
        with self._changed:
            while not is_true():
                left_s = ends_at_s - time.monotonic()
                assert left_s > 0, f"not within {deadline_s} s: {self.feed_state}, {self.rows}"
                self._changed.wait(min(left_s, 0.1))  # some conditions also depend on other objects

    def _watch(self) -> None:
        last_event_id = None
        while not self._is_over:
            with (
                contextlib.suppress(httpx.HTTPError, httpx.StreamError),
                LiveStream(self._url, self._exam_id, last_event_id) as stream,
            ):
                with self._changed:
                    self.connections += 1
                    self._changed.notify_all()
                for event in stream.events():
                    last_event_id = last_event_id if event.event_id is None else event.event_id
                    self._on_event(event)
                    self._apply(event)
                    if self._is_over:
                        return
            threading.Event().wait(self._again_s)

    def _apply(self, event: Event) -> None:
        with self._changed:
            match event.kind:
                case "feed":
                    self.feed_state = event.data["state"]
                case "snapshot":
                    self.feed_state = event.data["feed"]["state"]
                    self.rows = {row[0]: (row[1], row[2], row[3]) for row in event.data["rows"]}
                case "change" if self.rows is not None:
                    for row_id, student, grade, version, *_ in event.data["rows"]:
                        if self.rows.get(row_id, ("", "", 0))[2] < version:
                            self.rows[row_id] = (student, grade, version)
                    for row_id in event.data["gone"]:
                        self.rows.pop(row_id, None)
                case "gone":
                    self.rows = None
            self._changed.notify_all()

    def ask_to_close(self) -> None:
        """As close(), without waiting."""
        self._is_over = True

    def close(self) -> None:
        """Returns within two heartbeats: the stream is read until its next event."""
        self.ask_to_close()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
