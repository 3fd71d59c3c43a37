"""Carries events from the database's writer thread to the server's event loop, in commit order."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from threading import Lock

from deploy.local.backend.appsync.resolvers import MutationEvent

__all__ = ["EventBridge"]


class EventBridge:
    """Events announced while no loop is connected go nowhere: then there are no subscribers either."""

    def __init__(self) -> None:
        self._lock = Lock()  # guards _loop and _publish: a closing loop must not be called
        self._loop: asyncio.AbstractEventLoop | None = None
        self._publish: Callable[[MutationEvent], None] | None = None

    def announce(self, event: MutationEvent) -> None:
        """From any thread; does not wait."""
        with self._lock:
            if self._loop is not None and self._publish is not None:
                self._loop.call_soon_threadsafe(self._publish, event)

    @contextlib.contextmanager
    def connected(self, publish: Callable[[MutationEvent], None]) -> Iterator[None]:
        """While this lasts, events reach `publish` on the running event loop."""
        with self._lock:
            self._loop, self._publish = asyncio.get_running_loop(), publish
        try:
            yield
        finally:
            with self._lock:
                self._loop = self._publish = None
