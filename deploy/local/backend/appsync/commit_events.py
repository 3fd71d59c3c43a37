"""Carries the events of stored changes from the database's writer thread to the server's event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

__all__ = ["CommitEvents", "MutationEvent"]


@dataclass(frozen=True, slots=True)
class MutationEvent:
    """A stored change: the mutation's field, and its answer with the fields that its caller selected."""

    mutation: str
    payload: Mapping[str, object]


class CommitEvents:
    """Delivers events in the order of the commits. Those announced without a receiver are dropped: the server
    then has no subscribers either."""

    def __init__(self) -> None:
        self._lock = Lock()  # guards _loop and _receive: a closing loop must not be called
        self._loop: asyncio.AbstractEventLoop | None = None
        self._receive: Callable[[MutationEvent], None] | None = None

    def announce(self, event: MutationEvent) -> None:
        """From any thread; does not wait."""
        with self._lock:
            if self._loop is not None and self._receive is not None:
                self._loop.call_soon_threadsafe(self._receive, event)

    @contextlib.contextmanager
    def delivered_to(self, receive: Callable[[MutationEvent], None]) -> Iterator[None]:
        """Within this context, `receive` is called with each event on the running event loop."""
        with self._lock:
            self._loop, self._receive = asyncio.get_running_loop(), receive
        try:
            yield
        finally:
            with self._lock:
                self._loop = self._receive = None
