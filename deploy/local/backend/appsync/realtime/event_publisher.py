"""Delivers events to subscribers in order, executing their documents on one thread beside the event loop.

So neither a write's answer nor other connections wait while an event is executed.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from deploy.local.backend.appsync.realtime.subscriptions import (
    DELIVERY_VALUES_MAX,
    EventDelivery,
    MutationEvent,
    SubscriptionHub,
)

__all__ = ["EventPublisher"]

WAITING_EVENTS_MAX = 256  # of the events beyond it, subscribers are only told to load the data again


class EventPublisher:
    """Owns one thread; leaving the `with` block ends it and drops the events that still wait."""

    def __init__(self, hub: SubscriptionHub) -> None:
        self._hub = hub
        self._waiting: set[EventDelivery] = set()
        self._executing = ThreadPoolExecutor(1, "events")

    def publish(self, event: MutationEvent) -> None:
        """Does not wait. Call it on the event loop."""
        delivery = self._hub.delivery(event)
        if delivery is None:
            return
        values_max = DELIVERY_VALUES_MAX if len(self._waiting) < WAITING_EVENTS_MAX else 0
        self._waiting.add(delivery)
        loop = asyncio.get_running_loop()
        execution = loop.run_in_executor(self._executing, delivery.execute, values_max)
        execution.add_done_callback(lambda executed: self._deliver(delivery, executed))

    def _deliver(self, delivery: EventDelivery, executed: asyncio.Future[None]) -> None:
        self._waiting.remove(delivery)
        if not executed.cancelled():
            executed.result()
            delivery.deliver()

    def __enter__(self) -> "EventPublisher":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._executing.shutdown(cancel_futures=True)
